"""kill -9 of worker, API and Redis (with its data) in the middle of booking journeys: nothing is lost and
nothing happens twice. Every round prints its seed; the same seed is the same plan."""
import collections
import datetime
import os
import random
import uuid

import pytest
import requests

KILLS = int(os.environ.get("CARE_KILLS", "50"))
JOURNEYS = max(10, KILLS // 2)
SEED = int(os.environ.get("CARE_SEED", random.randrange(1 << 30)))


class Visitor:
    """One family's journey. Each call is repeated with its key until it is answered, as a browser would."""

    def __init__(self, stack, wait_for, slot):
        self.url, self.wait_for, self.slot = stack.url, wait_for, slot
        self.email = f"{uuid.uuid4().hex}@kills.example"
        self.headers = {}

    def send(self, method, path, body=None):
        headers = {**self.headers, "Idempotency-Key": uuid.uuid4().hex} if method == "POST" \
            else self.headers

        def answered():
            try:
                reply = requests.request(method, self.url + path, json=body, headers=headers,
                                         timeout=5, allow_redirects=False)
            except requests.RequestException:
                return None
            return None if reply.status_code in (409, 502, 503) and \
                reply.json()["code"] in ("idempotency_in_flight", "unavailable", "overloaded",
                                         "serialization_failure") else reply
        reply = self.wait_for(answered, 30, f"{method} {path}")
        assert reply.status_code < 400, reply.text
        return reply

    def submit(self):
        intake = self.send("POST", "/v1/intake-submissions", {
            "service": "care-consultation", "time_zone": "Europe/London", "consent": True,
            "contact": {"name": "Ada Obi", "email": self.email, "phone": "+2348031234567"},
            "answers": {"needs": "help", "for-whom": "parent", "may-call": True}}).json()
        self.intake = intake["intake_submission_id"]
        self.headers = {"X-Link-Token": intake["link_token"]}

    def book(self):
        self.booking = self.send("POST", "/v1/bookings", {
            "intake_submission_id": self.intake, "start_at": self.slot}).json()["booking_id"]

    def checkout(self):
        self.payment = self.send("POST", f"/v1/bookings/{self.booking}/checkout", {}).json()["payment_id"]

    def pay(self, sim):
        def ready():
            payment = self.send("GET", f"/v1/payments/{self.payment}").json()
            return payment["access_code"]
        code = self.wait_for(ready, 60, "an access code")
        requests.post(f"{sim.url}/paystack-checkout/{code}", data={"action": "pay"}, timeout=10,
                      allow_redirects=False)

    def state(self):
        return self.send("GET", f"/v1/bookings/{self.booking}").json()["state"]


def slots(client, count):
    start = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=2)
    reply = client.get("/v1/availability", query={
        "service": "care-consultation", "from": start.strftime("%Y-%m-%dT00:00:00Z"),
        "to": (start + datetime.timedelta(days=30)).strftime("%Y-%m-%dT00:00:00Z"),
        "time_zone": "UTC"}, expect=200)
    # Every second half hour: a consultation of 45 minutes takes two of them.
    return [slot["start_at"] for day in reply.json["days"] for slot in day["slots"][::2]][:count]


def kill_one(stack, sql, redis, rng):
    name = rng.choice(["worker", "worker", "redis", "api"])
    if name == "redis":
        redis.flushall()
    stack.kill(name)
    if name == "worker":
        # A dead worker's leases, as they would run out by themselves after a minute.
        sql("UPDATE job SET lease_until = now() - interval '1 s' WHERE state = 'running'")
    stack.start(name)
    return name


@pytest.fixture(scope="module")
def campaign(stack, client, sim, sql, redis, wait_for):
    print(f"CARE_SEED={SEED} CARE_KILLS={KILLS}")
    rng = random.Random(SEED)
    wait_for(lambda: len(slots(client, JOURNEYS)) == JOURNEYS, 30, "enough free times")
    visitors = [Visitor(stack, wait_for, slot) for slot in slots(client, JOURNEYS)]
    steps = [(visitor, step) for visitor in visitors
             for step in ("submit", "book", "checkout", "pay")]
    # Journeys run side by side: a visitor's steps stay in order, the visitors' are mixed.
    order = {visitor: rng.random() for visitor in visitors}
    steps.sort(key=lambda entry: (("submit", "book", "checkout", "pay").index(entry[1])
                                  + 3 * order[entry[0]]))
    killed = collections.Counter()
    for at, (visitor, step) in enumerate(steps):
        getattr(visitor, step)(*((sim,) if step == "pay" else ()))
        while sum(killed.values()) * len(steps) < (at + 1) * KILLS:
            killed[kill_one(stack, sql, redis, rng)] += 1
    for visitor in visitors:
        wait_for(lambda v=visitor: v.state() == "confirmed", 120, f"{visitor.booking} confirmed")
    wait_for(lambda: not sql("SELECT kind FROM job WHERE state IN ('queued', 'running')"
                             " AND run_at <= care_now() + interval '10 minutes' AND kind NOT IN"
                             " ('availability_refresh', 'calcom_poll', 'maintenance',"
                             " 'payment_verify', 'hold_release')"), 180, "the queue to drain")
    print(f"killed {dict(killed)}")
    return visitors, killed


def test_the_kills_took_place(campaign):
    assert sum(campaign[1].values()) == KILLS
    assert {"worker", "redis", "api"} <= set(campaign[1])


def test_every_visitor_is_charged_once(campaign, sim):
    paid = collections.Counter(t["customer"]["email"] for t in sim.get("/_sim/transactions")["transactions"]
                               if t["status"] == "success")
    assert {v.email: paid[v.email] for v in campaign[0]} == {v.email: 1 for v in campaign[0]}
    assert sim.get("/_sim/refunds")["refunds"] == []


def test_every_visitor_has_one_booking_at_calcom(campaign, sim):
    held = collections.Counter(b["attendees"][0]["email"] for b in sim.get("/_sim/bookings")["bookings"]
                               if b["status"].lower() == "accepted")
    assert {v.email: held[v.email] for v in campaign[0]} == {v.email: 1 for v in campaign[0]}


def test_every_message_is_sent_once(campaign, sim, sql):
    sent = collections.Counter((m["to"], m["metadata"]["message_id"])
                               for m in sim.get("/_sim/messages?channel=email")["messages"])
    assert set(sent.values()) == {1}
    for visitor in campaign[0]:
        rows = sql("SELECT template_key, channel, state FROM message WHERE recipient = %s"
                   " AND template_key <> 'booking_reminder'", visitor.email)
        assert sorted((r["template_key"], r["state"]) for r in rows) == \
            [("booking_confirmation", "sent"), ("payment_received", "sent")]
        assert sum(to == visitor.email for to, _ in sent) == 2
    texts = sql("SELECT state FROM message WHERE channel = 'sms' AND template_key = 'booking_confirmation'")
    assert [row["state"] for row in texts] == ["sent"] * JOURNEYS
    assert len(sim.get("/_sim/messages?channel=sms")["messages"]) == JOURNEYS


def test_invoice_numbers_have_no_gap(campaign, sql):
    numbers = sorted(int(row["number"].rsplit("-", 1)[1]) for row in sql("SELECT number FROM invoice"))
    assert numbers == list(range(1, JOURNEYS + 1))


def test_no_job_is_dead_and_no_time_is_taken_twice(campaign, sql):
    assert sql("SELECT kind, last_error FROM job WHERE state = 'dead'") == []
    assert sql("SELECT a.slot_hold_id FROM slot_hold AS a JOIN slot_hold AS b"
               " ON a.calendar_key = b.calendar_key AND a.slot_hold_id < b.slot_hold_id"
               " AND a.during && b.during WHERE a.released_at IS NULL AND b.released_at IS NULL") == []
