"""lib/provider against care-sim: what is done is done once, whatever happens to the answer."""
import itertools
import json
import os
import subprocess
import time

import pytest

from support.stack import Simulator, make_keys, open_url, program

DAY_S = 24 * 3600
EFFECT_THEN_SILENCE = {"action": "timeout_after", "ms": 20, "times": 1}
EFFECT_THEN_HALF = {"action": "malformed", "times": 1}
SILENCE = {"action": "timeout_before", "ms": 20, "times": 1}
RESET = {"action": "drop", "times": 1}
# After each of these only the provider knows whether it happened.
DOUBTS = [EFFECT_THEN_SILENCE, EFFECT_THEN_HALF, SILENCE, RESET,
          {"action": "status", "status": 502, "body": "<html>502</html>", "times": 1},
          {"action": "status", "status": 503, "body": "<html>", "effect": True, "times": 1},
          {"action": "status", "status": 302, "body": "", "times": 1},
          {"action": "status", "status": 200, "body": "<html>hello</html>", "times": 1}]
HAPPENED = (EFFECT_THEN_SILENCE, EFFECT_THEN_HALF, DOUBTS[5])
BAD_BODIES = ["", "null", "[]", "{}", "[" * 100000, '{"status":true,"status":true}', "{\"status\":tru",
              '{"status":true,"data":{"amount":1e999}}', '{"status":"success","data":NaN}', "\ufeff{}",
              '{"status":true,"data":"' + "x" * 2000000 + '"}']
COUNTER = itertools.count(int(time.time()) % 100000)


class Probe:
    """tests/unit/provider_probe.c: a line asked, a line answered."""

    def __init__(self, settings):
        self.settings = settings
        self.process = self.start(settings)

    @staticmethod
    def start(settings):
        return subprocess.Popen([program("provider_probe")], env={**os.environ, **settings},
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, name, /, **arguments):
        self.process.stdin.write(json.dumps({"call": name, **arguments}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line.strip(), f"the probe died of {name}"
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=20) == 0, "the sanitizers speak at the end"


@pytest.fixture(scope="module")
def simulator(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("providers"))
    settings = make_keys(folder)
    simulator = Simulator(folder, settings, "http://127.0.0.1:9")
    try:
        simulator.start()
        simulator.settings = {**settings, **simulator.provider_settings(),
                              "CARE_TWILIO_FROM": "+15005550006",
                              "CARE_EMAIL_FROM": "care@care.example"}
        yield simulator
        assert simulator.process.stop() == 0
    finally:
        if simulator.process.is_running():
            simulator.process.kill()


@pytest.fixture(scope="module")
def probe(simulator):
    probe = Probe(simulator.settings)
    yield probe
    probe.close()


@pytest.fixture
def fault(simulator):
    def add(operation, what):
        vendor = operation.split(".")[0]
        simulator.post("/_sim/faults", {"vendor": vendor, "operation": operation, **what})
    yield add
    open_url(simulator.url + "/_sim/faults", method="DELETE")


def reference():
    return f"BK-{next(COUNTER)}"


def ok(answer):
    assert answer["outcome"] == "ok", answer
    return answer["facts"]


# Paystack

def checkout(probe, name, **more):
    return probe("paystack.initialize", reference=name, email="ada@example.com",
                 amount_minor=500000, currency="NGN", callback_url="http://127.0.0.1/back", **more)


def paid(simulator, probe):
    """A paid transaction's reference and id."""
    name = reference()
    ok(checkout(probe, name))
    simulator.post(f"/_sim/transactions/{name}", {"status": "success"})
    return name, ok(probe("paystack.verify", reference=name))["transaction_id"]


def refund(probe, name, note, amount=100000):
    return probe("paystack.refund", reference=name, amount_minor=amount, currency="NGN",
                 merchant_note=note)


def refunds_of(simulator, note):
    return [row for row in simulator.get("/_sim/refunds")["refunds"] if row["merchant_note"] == note]


def test_a_payment_is_opened_paid_and_verified(simulator, probe):
    name = reference()
    opened = ok(checkout(probe, name, cancel_url="http://127.0.0.1/cancel"))
    assert opened["authorization_url"].startswith(simulator.url) and opened["access_code"]
    assert ok(probe("paystack.verify", reference=name))["status"] == "abandoned"
    simulator.post(f"/_sim/transactions/{name}", {"status": "success"})
    facts = ok(probe("paystack.verify", reference=name))
    assert (facts["status"], facts["amount_minor"], facts["requested_amount_minor"]) == (
        "success", 500000, 500000)
    assert (facts["currency"], facts["domain"], facts["reference"]) == ("NGN", "test", name)
    assert facts["paid_at"] and int(facts["transaction_id"]) > 0


def test_a_reference_is_used_once(probe):
    name = reference()
    ok(checkout(probe, name))
    again = checkout(probe, name)
    assert (again["outcome"], again["error"]["code"]) == ("refused", "duplicate_reference")


@pytest.mark.parametrize("status", [400, 404])
def test_an_unknown_reference_is_not_found(simulator, probe, status):
    simulator.control("/_sim/settings", {"paystack_not_found_status": status}, "PUT")
    assert probe("paystack.verify", reference="BK-none")["outcome"] == "not_found"
    assert probe("paystack.verify", reference="../refund")["outcome"] == "not_found"


def test_a_wrong_key_is_our_fault(simulator):
    probe = Probe({**simulator.settings, "CARE_PAYSTACK_SECRET_KEY": "sk_test_wrong",
                   "CARE_CALCOM_API_KEY": "cal_wrong", "CARE_MANDRILL_API_KEY": "md-wrong",
                   "CARE_TWILIO_AUTH_TOKEN": "wrong"})
    assert checkout(probe, reference())["outcome"] == "config"
    assert changed(probe)["outcome"] == "config"
    assert mail(probe, "m1")["outcome"] == "config"
    assert text(probe, "m1")["outcome"] == "config"
    probe.close()


@pytest.mark.parametrize("what", DOUBTS, ids=str)
def test_a_checkout_in_doubt_is_settled_by_verify(probe, fault, what):
    name = reference()
    fault("paystack.initialize", what)
    assert checkout(probe, name)["outcome"] == "unknown"
    found = probe("paystack.verify", reference=name)["outcome"]
    assert found == ("ok" if what in HAPPENED else "not_found")


@pytest.mark.parametrize("what", DOUBTS, ids=str)
def test_a_refund_in_doubt_is_found_by_its_note(simulator, probe, fault, what):
    name, transaction = paid(simulator, probe)
    note = f"refund-{name}"
    fault("paystack.refund", what)
    assert refund(probe, name, note)["outcome"] == "unknown"
    found = probe("paystack.refund_find", transaction_id=transaction, note=note)
    assert found["outcome"] == ("ok" if what in HAPPENED else "not_found")
    assert len(refunds_of(simulator, note)) == (1 if what in HAPPENED else 0)


def test_a_refund_is_made_once_and_no_more_than_was_paid(simulator, probe):
    name, transaction = paid(simulator, probe)
    facts = ok(refund(probe, name, "first", 500000))
    assert (facts["amount_minor"], facts["currency"], facts["merchant_note"]) == (
        500000, "NGN", "first")
    assert ok(probe("paystack.refund_find", transaction_id=transaction,
                    note="first"))["refund_id"] == facts["refund_id"]
    assert refund(probe, name, "second", 500000)["outcome"] == "refused"
    assert probe("paystack.refund_find", transaction_id=transaction,
                 note="second")["outcome"] == "not_found"


def test_a_rate_limit_did_nothing_and_says_when(probe, fault):
    name = reference()
    fault("paystack.initialize", {"action": "rate_limit", "times": 1})
    limited = checkout(probe, name)
    assert limited["outcome"] == "busy" and limited["error"]["retry_after_s"] > 0
    ok(checkout(probe, name))


@pytest.mark.parametrize("body", BAD_BODIES, ids=lambda body: repr(body[:40]))
def test_a_bad_body_is_never_a_success(probe, fault, body):
    for vendor in ("paystack", "calcom", "twilio", "mandrill"):
        fault(vendor + ".", {"action": "status", "status": 200, "body": body, "operation": "*"})
    assert probe("paystack.verify", reference="BK-none")["outcome"] == "unknown"
    assert checkout(probe, reference())["outcome"] == "unknown"
    assert probe("calcom.get", uid="none")["outcome"] == "unknown"
    assert book(probe, int(time.time()) + DAY_S, "r")["outcome"] == "unknown"
    assert text(probe, "m1")["outcome"] == "unknown"
    assert mail(probe, "m1")["outcome"] == "unknown"


# Cal.com

def free(probe, event_type="1"):
    begin = int(time.time()) + DAY_S
    slots = ok(probe("calcom.slots", event_type_id=event_type, from_s=begin,
                     until_s=begin + 14 * DAY_S))
    assert slots == sorted(set(slots)) and all(begin <= at < begin + 14 * DAY_S for at in slots)
    return slots


def book(probe, at, name, event_type="1"):
    return probe("calcom.book", event_type_id=event_type, start_at_s=at, name="Ada Obi",
                 email="ada@example.com", phone="+2348012345678", time_zone="Africa/Lagos",
                 reference=name)


def find(probe, at, name):
    return probe("calcom.find", email="ada@example.com", start_at_s=at, reference=name)


def changed(probe):
    return probe("calcom.changed", updated_after="2020-01-01T00:00:00Z", skip=0)


def bookings_of(simulator, name):
    return [row for row in simulator.get("/_sim/bookings")["bookings"]
            if row["metadata"].get("reference") == name]


def test_a_slot_is_booked_moved_and_cancelled(simulator, probe):
    slots, name = free(probe), reference()
    booked = ok(book(probe, slots[0], name))
    assert (booked["start_at_s"], booked["reference"], booked["status"]) == (
        slots[0], name, "accepted")
    assert booked["end_at_s"] > slots[0] and booked["attendee_email"] == "ada@example.com"
    assert bookings_of(simulator, name)[0]["bookingFieldsResponses"]["intake-ref"] == name
    assert slots[0] not in free(probe)
    moved = ok(probe("calcom.reschedule", uid=booked["uid"], start_at_s=slots[5], reason="late"))
    assert moved["uid"] != booked["uid"] and moved["rescheduled_from_uid"] == booked["uid"]
    assert moved["reference"] == name
    assert ok(probe("calcom.get", uid=booked["uid"]))["rescheduled_to_uid"] == moved["uid"]
    assert probe("calcom.reschedule", uid=booked["uid"], start_at_s=slots[6],
                 reason=None)["outcome"] == "refused"
    assert probe("calcom.cancel", uid=moved["uid"], reason="better")["outcome"] == "ok"
    assert probe("calcom.cancel", uid=moved["uid"], reason=None)["outcome"] == "ok"
    gone = ok(probe("calcom.get", uid=moved["uid"]))
    assert (gone["status"], gone["cancellation_reason"]) == ("cancelled", "better")


def test_a_taken_slot_is_refused_by_name(probe):
    at = free(probe)[10]
    ok(book(probe, at, reference()))
    taken = book(probe, at, reference())
    assert (taken["outcome"], taken["error"]["code"]) == ("refused", "slot_taken")
    past = book(probe, int(time.time()) // 3600 * 3600 - DAY_S, reference())
    assert (past["outcome"], past["error"]["code"]) == ("refused", "slot_taken")


def test_what_calcom_does_not_know_is_not_found(probe):
    assert probe("calcom.get", uid="none")["outcome"] == "not_found"
    assert probe("calcom.cancel", uid="none", reason=None)["outcome"] == "not_found"
    assert book(probe, int(time.time()), "r", "no-number")["outcome"] == "config"


@pytest.mark.parametrize("what", DOUBTS, ids=str)
def test_a_booking_in_doubt_is_found_by_its_reference(simulator, probe, fault, what):
    at, name = free(probe)[20], reference()
    fault("calcom.book", what)
    assert book(probe, at, name)["outcome"] == "unknown"
    found = find(probe, at, name)
    assert found["outcome"] == ("ok" if what in HAPPENED else "not_found")
    assert len(bookings_of(simulator, name)) == (1 if what in HAPPENED else 0)
    assert find(probe, at, "another")["outcome"] == "not_found"
    assert find(probe, at + 60, name)["outcome"] == "not_found"


@pytest.mark.parametrize("what", [EFFECT_THEN_SILENCE, EFFECT_THEN_HALF], ids=str)
def test_a_move_in_doubt_is_told_by_the_old_booking(probe, fault, what):
    slots, name = free(probe), reference()
    booked = ok(book(probe, slots[25], name))
    fault("calcom.reschedule", what)
    assert probe("calcom.reschedule", uid=booked["uid"], start_at_s=slots[30],
                 reason=None)["outcome"] == "unknown"
    old = ok(probe("calcom.get", uid=booked["uid"]))
    new = ok(probe("calcom.get", uid=old["rescheduled_to_uid"]))
    assert (new["start_at_s"], new["status"]) == (slots[30], "accepted")


def test_changes_are_listed_oldest_first(probe):
    page = ok(changed(probe))
    updated = [row["updated_at_ms"] for row in page["bookings"]]
    assert updated == sorted(updated) and updated[0] > 0
    assert page["has_more"] is False


def test_calcoms_rate_limit_did_nothing(probe, fault):
    fault("calcom.slots", {"action": "rate_limit", "times": 1})
    limited = probe("calcom.slots", event_type_id="1", from_s=int(time.time()),
                    until_s=int(time.time()) + DAY_S)
    assert limited["outcome"] == "busy" and limited["error"]["retry_after_s"] > 0


# Twilio

def text(probe, name, to="+2348012345678", call="twilio.send", **more):
    return probe(call, message_id=name, to=to, body=f"Your visit {name}: 9 o'clock & ₦500 + 1%",
                 status_callback="http://127.0.0.1:9/v1/webhooks/twilio", validity_s=3600,
                 since_s=int(time.time()) - 5, **more)


def texts_of(simulator, name):
    return [row for row in simulator.get("/_sim/messages?channel=sms")["messages"]
            if f"Your visit {name}:" in row["body"]]


def test_a_text_arrives_as_written(simulator, probe):
    name = reference()
    sent = ok(text(probe, name))
    assert sent["sid"].startswith("SM") and sent["status"] == "queued"
    row, = texts_of(simulator, name)
    assert row["body"] == f"Your visit {name}: 9 o'clock & ₦500 + 1%"
    assert row["reference"] == f"m={name}"


@pytest.mark.parametrize("to, code, outcome", [
    ("+15005550001", "21211", "refused"), ("+15005550002", "21612", "refused"),
    ("+15005550003", "21408", "config"), ("+15005550004", "21610", "refused"),
    ("+15005550009", "21614", "refused"), ("nobody", "21211", "refused")])
def test_a_refused_number_is_told_by_its_code(probe, to, code, outcome):
    refused = text(probe, reference(), to)
    assert (refused["outcome"], refused["error"]["code"]) == (outcome, code)
    assert to not in refused["error"]["message"]


@pytest.mark.parametrize("what", DOUBTS, ids=str)
def test_a_text_in_doubt_is_found_in_the_list(simulator, probe, fault, what):
    name = reference()
    fault("twilio.send", what)
    assert text(probe, name)["outcome"] == "unknown"
    found = text(probe, name, call="twilio.find")
    assert found["outcome"] == ("ok" if what in HAPPENED else "not_found")
    assert len(texts_of(simulator, name)) == (1 if what in HAPPENED else 0)


def test_twilios_rate_limit_did_nothing(simulator, probe, fault):
    name = reference()
    fault("twilio.send", {"action": "rate_limit", "times": 1})
    assert text(probe, name)["outcome"] == "busy"
    assert not texts_of(simulator, name)


# Mandrill

def mail(probe, name, to="ada@example.com", **more):
    return probe("mandrill.send", message_id=name, to_email=to, to_name="Ada Obi",
                 subject=f"Visit {name} *|NAME|*", text="Ẹ káàbọ̀", html="<p>Ẹ káàbọ̀</p>",
                 tag="booking_confirmed", **more)


def mails_of(simulator, name):
    return [row for row in simulator.get("/_sim/messages?channel=email")["messages"]
            if row["subject"].startswith(f"Visit {name} ")]


def mail_found(probe, name):
    return probe("mandrill.find", message_id=name, since_s=int(time.time()) - 60)


def test_a_mail_arrives_as_written(simulator, probe):
    name = reference()
    assert ok(mail(probe, name))["status"] == "sent"
    row, = mails_of(simulator, name)
    assert row["subject"] == f"Visit {name} *|NAME|*"
    assert ok(mail(probe, name + "-file", attachment="BEGIN:VCALENDAR"))["provider_id"]


def test_a_refused_recipient_is_told_by_the_reason(probe):
    refused = mail(probe, reference(), "ada@reject.example")
    assert (refused["outcome"], refused["error"]["code"]) == ("refused", "hard-bounce")
    refused = mail(probe, reference(), "ada@invalid.example")
    assert (refused["outcome"], refused["error"]["code"]) == ("refused", "invalid")


def test_an_unsigned_sender_is_our_fault(simulator):
    probe = Probe({**simulator.settings, "CARE_EMAIL_FROM": "care@unsigned.example"})
    refused = mail(probe, reference())
    assert (refused["outcome"], refused["error"]["code"]) == ("config", "unsigned")
    probe.close()


@pytest.mark.parametrize("what", DOUBTS, ids=str)
def test_a_mail_in_doubt_is_found_by_its_metadata(simulator, probe, fault, what):
    name = reference()
    fault("mandrill.send", what)
    assert mail(probe, name)["outcome"] == "unknown"
    found = mail_found(probe, name)
    assert found["outcome"] == ("ok" if what in HAPPENED else "not_found")
    assert len(mails_of(simulator, name)) == (1 if what in HAPPENED else 0)


# All of them

def test_nobody_listening_means_nothing_happened(simulator):
    away = "http://127.0.0.1:9"
    probe = Probe({**simulator.settings, "CARE_PAYSTACK_BASE_URL": away,
                   "CARE_CALCOM_BASE_URL": away, "CARE_TWILIO_BASE_URL": away,
                   "CARE_MANDRILL_BASE_URL": away})
    assert checkout(probe, reference())["outcome"] == "busy"
    assert book(probe, int(time.time()), "r")["outcome"] == "busy"
    assert text(probe, "m1")["outcome"] == "busy"
    assert mail(probe, "m1")["outcome"] == "busy"
    probe.close()


def test_a_drip_is_cut_at_the_deadline(probe, fault):
    fault("paystack.verify", {"action": "slow_drip", "ms": 500, "bytes": 1, "times": 1})
    begun = time.monotonic()
    name = reference()
    ok(checkout(probe, name))
    assert probe("paystack.verify", reference=name)["outcome"] == "unknown"
    assert 9 < time.monotonic() - begun < 13
