"""Steps of the booking journey that many tests take, as plain functions.

Each takes the world (a module's product and its simulator) or a visitor (somebody with an intake)
and waits for nothing unless its name says so."""
import base64
import datetime
import hashlib
import hmac
import itertools
import json
import urllib.parse
import uuid
import zoneinfo

import requests

CARE = "care-consultation"
FREE = "discovery-call"
CARE_ZONE = "Africa/Lagos"
UTC = datetime.timezone.utc
ANSWERS = {"needs": "Help for my mother\nin Ìbàdàn", "for-whom": "parent", "may-call": True}
PRICES = {"NGN": 2500000, "USD": 2500}
OVER = ("done", "dead", "cancelled")

addresses = itertools.count(1)


class World:
    """The product under test."""

    def __init__(self, stack, client, sql):
        self.stack = stack
        self.sim = stack.sim
        self.client = client
        self.sql = sql
        self.wait_for = stack.wait_for

    def guest(self):
        """Somebody from an address of their own."""
        number = next(addresses)
        return self.client.with_headers(
            X_Forwarded_For=f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")

    def now(self):
        return parse(self.sim.get("/_sim/clock")["now"])

    def move_to(self, moment):
        """Moves business time forward to a moment."""
        seconds = int((moment - self.now()).total_seconds()) + 1
        if seconds > 0:
            self.stack.clock(seconds)

    def fault(self, operation, action, **more):
        """The next call to operation ("paystack.verify") suffers."""
        vendor = operation.split(".")[0]
        return self.sim.post("/_sim/faults", {"vendor": vendor, "operation": operation,
                                              "action": action, "times": 1, **more})

    def hook_fault(self, vendor, action, **more):
        return self.sim.post("/_sim/webhook-faults", {"vendor": vendor, "action": action,
                                                      "times": 1, **more})

    def clear_faults(self):
        for path in ("/_sim/faults", "/_sim/webhook-faults"):
            self.sim.control(path, None, "DELETE")

    def set_sim(self, **settings):
        self.sim.control("/_sim/settings", settings, "PUT")

    def event_type(self, number, **facts):
        self.sim.control(f"/_sim/calcom/event-types/{number}", facts, "PUT")

    def quiet(self, timeout=20):
        """Waits until every webhook has arrived and no job is due or running: what has not happened
        by then will not happen at this hour."""
        def calm():
            if self.sim.get("/_sim/webhooks?from=1000000")["pending"]:
                return False
            return not self.sql("SELECT 1 FROM job WHERE state = 'running' "
                                "OR (state = 'queued' AND run_at <= care_now()) LIMIT 1")
        self.wait_for(calm, timeout, "all jobs to be done")

    def jobs(self, kind, subject_id):
        return self.sql("SELECT job_id, state, attempts, last_error FROM job WHERE kind = %s "
                        "AND subject_id = %s ORDER BY job_id", kind, subject_id)

    def run_next_attempt(self, kind, subject_id):
        """A job that waits for its next attempt need not wait."""
        def moved():
            return self.sql("UPDATE job SET run_at = care_now() WHERE kind = %s AND subject_id = %s"
                            " AND state = 'queued' AND attempts > 0 RETURNING job_id",
                            kind, subject_id)
        self.wait_for(moved, 10, f"{kind} to be put off")
        self.sql("NOTIFY care_job")


class Visitor:
    """Somebody who has sent an intake form."""

    def __init__(self, world, client, intake, contact):
        self.world = world
        self.client = client
        self.intake = intake
        self.intake_id = intake["intake_submission_id"]
        self.service = intake["service"]
        self.email = contact["email"]
        self.phone = contact.get("phone")

    def another_window(self):
        """The same person on a connection of their own, for threads."""
        return self.client.with_headers()

    def booking(self, booking_id):
        return self.client.call("booking_get", path={"booking_id": booking_id}, expect=200).json

    def payment(self, payment_id):
        return self.client.call("payment_get", path={"payment_id": payment_id}, expect=200).json


def parse(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def rfc3339(moment):
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def hours(count):
    return datetime.timedelta(hours=count)


def contact(**changes):
    """Nobody has written to this address before."""
    unique = uuid.uuid4().hex[:12]
    number = next(addresses)
    whole = {"name": "Adébáyọ̀ Ọláńrewájú", "email": f"ade.{unique}@family.example",
             "phone": f"+23480{number:08d}", **changes}
    return {name: value for name, value in whole.items() if value is not None}


def intake_body(service=CARE, **changes):
    """A complete submission; None leaves a field out."""
    whole = {"service": service, "contact": contact(), "time_zone": "Europe/London",
             "answers": ANSWERS if service != FREE else {}, "consent": True, **changes}
    return {name: value for name, value in whole.items() if value is not None}


def submit(world, client=None, **changes):
    """A visitor with an intake; a signed-in client needs no link token."""
    body = intake_body(**changes)
    client = client or world.guest()
    intake = client.call("intake_create", json=body, expect=201).json
    if not client.token:
        client = client.with_headers(X_Link_Token=intake["link_token"])
    return Visitor(world, client, intake, body["contact"])


def availability(world, service=CARE, zone=CARE_ZONE, begin=None, days=40):
    begin = begin or world.now()
    return world.guest().call("availability_get", query={
        "service": service, "from": rfc3339(begin),
        "to": rfc3339(begin + datetime.timedelta(days=days)), "time_zone": zone}, expect=200)


def slots(world, service=CARE, begin=None, days=40):
    """The starts on offer."""
    shown = availability(world, service, begin=begin, days=days).json
    return [slot["start_at"] for day in shown["days"] for slot in day["slots"]]


def free_slot(world, service=CARE, after_h=48, accept=lambda start_at: True):
    """Waits for a start that is on offer, at least after_h from now."""
    begin = world.now() + hours(after_h)

    def found():
        return next(filter(accept, slots(world, service, begin=begin, days=30)), None)
    return world.wait_for(found, 15, f"a free time of {service}")


def free_at_calcom(world):
    """Accepts starts that nobody has at Cal.com: what we offer may be a moment behind."""
    taken = [parse(booking["start"]) for booking in calcom_bookings(world)
             if booking["status"] in ("accepted", "pending")]
    return lambda start_at: all(abs(parse(start_at) - one) >= hours(1) for one in taken)


def hold(visitor, start_at, expect=201):
    return visitor.client.call("slot_hold_create", json={
        "intake_submission_id": visitor.intake_id, "start_at": start_at}, expect=expect)


def book(visitor, start_at=None, expect=202, **more):
    start_at = start_at or free_slot(visitor.world, visitor.service)
    reply = visitor.client.call("booking_create", json={
        "intake_submission_id": visitor.intake_id, "start_at": start_at, **more}, expect=expect)
    return reply.json


def wait_booking(visitor, booking_id, state, timeout=15):
    """The booking once it is in that state."""
    def reached():
        booking = visitor.booking(booking_id)
        return booking["state"] == state and booking
    return visitor.world.wait_for(reached, timeout, f"the booking to be {state}")


def checkout(visitor, currency=None, booking_id=None, expect=202):
    body = {"currency": currency} if currency else {}
    if booking_id:
        return visitor.client.call("booking_checkout", path={"booking_id": booking_id}, json=body,
                                   expect=expect).json
    return visitor.client.call("intake_checkout", path={
        "intake_submission_id": visitor.intake_id}, json=body, expect=expect).json


def wait_payment(visitor, payment_id, state, timeout=15):
    def reached():
        payment = visitor.payment(payment_id)
        return payment["state"] == state and payment
    return visitor.world.wait_for(reached, timeout, f"the payment to be {state}")


def open_payment(visitor, currency=None, booking_id=None):
    """A checkout that the gateway has answered."""
    payment = checkout(visitor, currency, booking_id)
    return wait_payment(visitor, payment["payment_id"], "pending")


def pay(world, payment, **how):
    """The payer pays at the gateway, which tells us by webhook; nobody comes back to us."""
    return world.sim.post(f"/_sim/transactions/{payment['reference']}",
                          {"status": "success", **how})


def pay_on_page(world, payment):
    """As a browser would, with the gateway's page; gives the URL it sends the browser to."""
    reply = requests.post(f"{world.sim.url}/paystack-checkout/{payment['access_code']}",
                          data={"action": "pay"}, allow_redirects=False, timeout=10)
    assert reply.status_code == 303, reply.text
    return reply.headers["Location"]


def pay_intake(visitor, currency=None):
    """The intake's payment, succeeded."""
    payment = open_payment(visitor, currency)
    pay(visitor.world, payment)
    return wait_payment(visitor, payment["payment_id"], "succeeded")


def confirmed(world, service=FREE, start_at=None, client=None, **changes):
    """(visitor, booking): confirmed, and paid unless the service is free."""
    visitor = submit(world, client, service=service, **changes)
    if service != FREE:
        pay_intake(visitor)
    booking = book(visitor, start_at)
    return visitor, wait_booking(visitor, booking["booking_id"], "confirmed")


def messages(world, to, channel="email", template=None):
    """What the providers took for an address or a number, oldest first."""
    query = urllib.parse.urlencode({"to": to, "channel": channel})
    found = world.sim.get(f"/_sim/messages?{query}")["messages"]
    return [message for message in found if template is None or template in (message["tags"] or [])]


def wait_messages(world, to, channel="email", template=None, count=1):
    return world.wait_for(
        lambda: (lambda found: len(found) >= count and found)(
            messages(world, to, channel, template)),
        15, f"{count} {channel} {template or ''} to {to}")


def planned(world, booking_id, template=None):
    """Our own rows of what we mean to say, oldest first."""
    return world.sql("SELECT template_key, channel, state, planned_at, rule, error FROM message "
                     "WHERE booking_id = %s AND (%s::text IS NULL OR template_key = %s) "
                     "ORDER BY message_id", booking_id, template, template)


def attachment(message, name):
    """The bytes of an attachment."""
    found = [part for part in message["attachments"] if part["name"].endswith(name)]
    assert len(found) == 1, [part["name"] for part in message["attachments"]]
    return base64.b64decode(found[0]["content_base64"])


def calcom_bookings(world, email=None):
    """What stands in Cal.com, oldest first."""
    found = world.sim.get("/_sim/bookings")["bookings"]
    return [booking for booking in found
            if email is None or booking["attendees"][0]["email"] == email]


def uids(world, booking_id):
    """Every Cal.com uid the booking ever had, as {uid: state}."""
    return {row["uid"]: row["state"] for row in
            world.sql("SELECT uid, state FROM calcom_booking WHERE booking_id = %s "
                      "ORDER BY created_at", booking_id)}


def uid_of(world, booking_id):
    return world.sql("SELECT calcom_uid FROM booking WHERE booking_id = %s",
                     booking_id)[0]["calcom_uid"]


def rows_of(world, table, intake_id):
    """How many rows of a table an intake has left behind."""
    return world.sql(f"SELECT count(*) AS count FROM {table} WHERE intake_submission_id = %s",
                     intake_id)[0]["count"]


def paystack_signature(world, body):
    key = world.stack.settings["CARE_PAYSTACK_SECRET_KEY"].encode()
    return hmac.new(key, body, hashlib.sha512).hexdigest()


def calcom_signature(world, body):
    key = world.stack.settings["CARE_CALCOM_WEBHOOK_SECRET"].encode()
    return hmac.new(key, body, hashlib.sha256).hexdigest()


def deliver(world, provider, body, signature=None, expect=200):
    """A webhook as the provider would send it."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    if provider == "paystack":
        headers = {"x-paystack-signature": signature or paystack_signature(world, body)}
    else:
        headers = {"X-Cal-Signature-256": signature or calcom_signature(world, body)}
    return world.client.call(f"webhook_{provider}", data=body, expect=expect, headers={
        "Content-Type": "application/json", **headers})


def inbound(world, provider, needle):
    """The inbox's rows whose body holds a text."""
    return world.sql("SELECT event_type, state, note, deliveries FROM inbound_event "
                     "WHERE provider = %s AND position(%s in convert_from(body, 'UTF8')) > 0 "
                     "ORDER BY received_at", provider, needle)


def local(start_at, zone):
    return parse(start_at).astimezone(zoneinfo.ZoneInfo(zone))
