"""The inbox: signatures over raw bytes, stored once, answered at once, unknown events ignored."""
import itertools
import json

import journey
import pytest

numbers = itertools.count(1)
PROVIDERS = ("paystack", "calcom")


def event(provider, name=None, **more):
    """A body that nobody has sent before."""
    if provider == "paystack":
        return {"event": name or "customer.updated", "data": {"reference": f"T{next(numbers)}",
                                                              **more}}
    return {"triggerEvent": name or "FORM_SUBMITTED", "createdAt": "2026-11-22T09:00:00.000Z",
            "payload": {"uid": f"unknown{next(numbers)}", **more}}


def sign(world, provider, body):
    return (journey.paystack_signature if provider == "paystack"
            else journey.calcom_signature)(world, body)


def stored(world):
    return world.sql("SELECT count(*) AS count FROM inbound_event")[0]["count"]


def row_of(world, provider, body):
    needle = body["data"]["reference"] if provider == "paystack" else body["payload"]["uid"]
    return journey.inbound(world, provider, f'"{needle}"')


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("spoil", ["wrong", "missing", "empty", "another provider's", "truncated",
                                   "of other bytes", "not hex"])
def test_a_wrong_signature_is_401_and_stores_nothing(world, provider, spoil):
    before = stored(world)
    body = json.dumps(event(provider)).encode()
    good = sign(world, provider, body)
    signature = {"wrong": "0" * len(good), "missing": None, "empty": "",
                 "another provider's": sign(world, PROVIDERS[provider == "paystack"], body),
                 "truncated": good[:-1], "of other bytes": sign(world, provider, body + b" "),
                 "not hex": "z" * len(good)}[spoil]
    name = "x-paystack-signature" if provider == "paystack" else "X-Cal-Signature-256"
    headers = {"Content-Type": "application/json"}
    if signature is not None:
        headers[name] = signature
    refused = world.client.call(f"webhook_{provider}", data=body, headers=headers, expect=401)
    assert refused.code == "invalid_signature"
    assert stored(world) == before


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_webhook_badly_signed_by_the_vendor_is_not_stored(world, provider):
    before = stored(world)
    world.hook_fault(provider, "wrong_signature", times=-1)
    if provider == "calcom":
        world.sim.post("/_sim/calcom/ping")
    else:
        visitor = journey.submit(world)
        journey.pay(world, journey.open_payment(visitor))
    world.wait_for(lambda: [hook for hook in world.sim.get(
        f"/_sim/webhooks?vendor={provider}")["webhooks"] if hook["status"] == 401], 10, "a 401")
    assert stored(world) == before


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_same_bytes_again_are_counted(world, provider):
    body = event(provider)
    for _ in range(4):
        journey.deliver(world, provider, body)
    world.quiet()
    row, = row_of(world, provider, body)
    assert (row["deliveries"], row["state"]) == (4, "ignored")
    jobs = world.sql("SELECT 1 FROM job JOIN inbound_event ON subject_id = inbound_event_id "
                     "WHERE position(%s in convert_from(body, 'UTF8')) > 0",
                     json.dumps(body["data" if provider == "paystack" else "payload"]))
    assert len(jobs) == 1


@pytest.mark.parametrize("provider, name", [
    ("paystack", "subscription.create"), ("paystack", "never.heard.of"),
    ("calcom", "OOO_CREATED"), ("calcom", "PING"), ("calcom", "NEVER_HEARD_OF")])
def test_unknown_events_are_taken_and_ignored(world, provider, name):
    body = event(provider, name)
    journey.deliver(world, provider, body)
    world.quiet()
    row, = row_of(world, provider, body)
    assert (row["event_type"], row["state"]) == (name, "ignored")
    assert row["note"]


@pytest.mark.parametrize("provider, body, note", [
    ("paystack", {"event": "charge.success", "data": {"reference": "SOMEBODY-ELSES"}},
     "not a reference of ours"),
    ("paystack", {"event": "charge.success", "data": {"x": "SOMEBODY-ELSES-2"}},
     "it names no reference"),
    ("paystack", {"event": "refund.processed", "data": {"transaction_reference": "SOMEBODY-3"}},
     "not a refund of ours"),
    ("calcom", {"triggerEvent": "BOOKING_CREATED", "payload": {"uid": "SOMEBODY-4"}},
     "Cal.com does not know this booking"),
])
def test_events_of_others_are_ignored(world, provider, body, note):
    journey.deliver(world, provider, body)
    world.quiet()
    needle = json.dumps(body["data" if provider == "paystack" else "payload"])
    row, = journey.inbound(world, provider, needle)
    assert (row["state"], row["note"]) == ("ignored", note)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("body", [b"[1, 2]", b'"text"', b'{"event": 5, "triggerEvent": 5}'])
def test_what_is_signed_but_unreadable_is_kept(world, provider, body):
    body = body + b" " * next(numbers)
    journey.deliver(world, provider, body)
    world.quiet()
    row = world.sql("SELECT event_type, state FROM inbound_event WHERE provider = %s "
                    "AND body = %s", provider, body)
    assert [(one["event_type"], one["state"]) for one in row] == [("unreadable", "ignored")]


def test_the_bytes_are_kept_as_they_came(world):
    body = ('{"event" :\t"customer.updated" ,"data":{"reference":"Ìtọ́jú-%d"}}'
            % next(numbers)).encode()
    journey.deliver(world, "paystack", body)
    row, = world.sql("SELECT headers FROM inbound_event WHERE body = %s", body)
    assert row["headers"]["content-type"] == "application/json"
    assert "x-paystack-signature" not in row["headers"]


def test_a_large_webhook_is_taken_and_a_huge_one_is_not(world):
    journey.deliver(world, "calcom", event("calcom", padding="x" * 900000))
    before = stored(world)
    journey.deliver(world, "calcom", event("calcom", padding="x" * 1100000), expect=413)
    assert stored(world) == before


def test_fields_unheard_of_do_no_harm(world):
    world.hook_fault("paystack", "extra_fields", times=-1)
    world.hook_fault("calcom", "extra_fields", times=-1)
    visitor, booking = journey.confirmed(world, journey.CARE)
    uid = journey.uid_of(world, booking["booking_id"])
    world.sim.post(f"/_sim/calcom/bookings/{uid}/cancel", {})
    journey.wait_booking(visitor, booking["booking_id"], "cancelled")


@pytest.mark.parametrize("generation", ["G1", "G2"])
def test_both_generations_of_calcom_are_understood(world, generation):
    world.set_sim(calcom_generation=generation)
    try:
        visitor, booking = journey.confirmed(world)
        new = journey.free_slot(world, journey.FREE, after_h=96)
        uid = journey.uid_of(world, booking["booking_id"])
        uid = world.sim.post(f"/_sim/calcom/bookings/{uid}/reschedule",
                             {"start": new})["data"]["uid"]
        world.wait_for(lambda: visitor.booking(booking["booking_id"])["start_at"] == new, 10, "it")
        world.sim.post(f"/_sim/calcom/bookings/{uid}/cancel", {"reason": "ill"})
        cancelled = journey.wait_booking(visitor, booking["booking_id"], "cancelled")
        assert cancelled["reason"] == "ill"
    finally:
        world.set_sim(calcom_generation="G1")


def test_a_webhook_is_answered_before_it_is_processed(world):
    """Paystack waits a few seconds and then calls it a failure; nobody waits for providers here."""
    world.sim.post("/_sim/faults", {"operation": "calcom.get", "action": "delay", "ms": 2000,
                                    "times": 1})
    visitor, booking = journey.confirmed(world)
    uid = journey.uid_of(world, booking["booking_id"])
    body = {"triggerEvent": "BOOKING_CREATED", "payload": {"uid": uid, "n": next(numbers)}}
    assert journey.deliver(world, "calcom", body).seconds < 1


def test_inbound_event_list_is_for_admins_and_shows_no_bodies(world, admin, staff, family):
    journey.deliver(world, "paystack", event("paystack"))
    journey.deliver(world, "calcom", event("calcom"))
    world.quiet()
    for provider in PROVIDERS:
        page = admin.call("inbound_event_list", query={"provider": provider, "limit": 2},
                          expect=200).json
        assert {row["provider"] for row in page["data"]} == {provider}
        assert page["has_more"] is True
        rest = admin.call("inbound_event_list", expect=200, query={
            "provider": provider, "starting_after": page["data"][1]["inbound_event_id"]}).json
        ids = [row["inbound_event_id"] for row in page["data"] + rest["data"]]
        assert len(ids) == len(set(ids))
        assert ids == sorted(ids, reverse=True)
    staff.call("inbound_event_list", expect=403)
    family.call("inbound_event_list", expect=403)
    world.guest().call("inbound_event_list", expect=401)


def test_the_old_paystack_key_is_believed_while_keys_rotate(world, stack):
    """Signed with a key that was never ours it is not; see settings for the one that was."""
    body = json.dumps(event("paystack")).encode()
    old = journey.hmac.new(stack.settings["CARE_PAYSTACK_SECRET_KEY_OLD"].encode(), body,
                           "sha512").hexdigest()
    journey.deliver(world, "paystack", body, signature=old)


@pytest.fixture(scope="module")
def settings():
    return {"CARE_TRUSTED_PROXIES": "127.0.0.1",
            "CARE_PAYSTACK_SECRET_KEY_OLD": "sk_test_" + "0" * 40}
