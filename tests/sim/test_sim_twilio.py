"""Twilio: shapes, refusals, delivery with signed callbacks, replies and opt-outs."""
import pytest
from support.process import wait_for

from sim.world import TWILIO_SID, TWILIO_TOKEN, form_signature, missing_keys, sample

TO = "+2348012345678"


def test_a_message_from_a_number_is_queued_and_in_the_published_shape(sim):
    sent = sim.sms()
    assert sent.status_code == 201
    body = sent.json()
    assert body["status"] == "queued" and body["num_segments"] == "1" and body["date_sent"] is None
    assert body["sid"].startswith("SM") and len(body["sid"]) == 34
    wanted = sample("twilio/oas-message-examples.json")["create_201"]["createWoService"]["value"]
    assert not missing_keys(wanted, body)
    one = wait_for(lambda: [got for got in [sim.twilio("GET", f"/Messages/{body['sid']}.json").json()]
                            if got["status"] == "delivered"], 5, "delivery")[0]
    assert one["date_sent"].endswith(" +0000") and one["uri"].endswith(f"{body['sid']}.json")


def test_a_message_from_a_service_is_accepted_without_a_sender(sim):
    body = sim.sms(From=None, MessagingServiceSid="MG0123").json()
    assert (body["status"], body["from"], body["num_segments"]) == ("accepted", None, "0")
    assert not missing_keys(sample("twilio/create-response-messaging-service-accepted.json"), body)


@pytest.mark.parametrize("change, code", [
    ({"To": None}, 21604), ({"To": "0801"}, 21211), ({"To": "+15005550001"}, 21211),
    ({"To": "+15005550009"}, 21614), ({"To": "+15005550002"}, 21612),
    ({"To": "+15005550003"}, 21408), ({"To": "+15005550004"}, 21610), ({"From": None}, 21603),
    ({"From": "+15005550001"}, 21212), ({"From": "+15005550007"}, 21606),
    ({"From": "+15005550008"}, 21611), ({"From": "A name too long"}, 21212),
    ({"Body": None}, 21602), ({"Body": ""}, 21602), ({"Body": "x" * 1601}, 21617),
    ({"StatusCallback": "https://under_score.example/x"}, 21609),
    ({"SendAt": "2026-01-01T00:00:00Z"}, 35117),
])
def test_refusals(sim, change, code):
    reply = sim.sms(**change)
    assert (reply.status_code, reply.json()["code"], reply.json()["status"]) == (400, code, 400)
    assert sim.messages() == []


def test_errors_have_the_published_shape_and_keys_are_checked(sim):
    for change, name in (({"Body": None}, "21602"), ({"To": "+15005550009"}, "21614")):
        wanted = sample(f"twilio/error-{name}.json")
        got = sim.sms(**change).json()
        assert {**got, "more_info": ""} == {**wanted, "more_info": ""}
    wrong = sim.twilio("GET", "/Messages.json", token="wrong")
    assert (wrong.status_code, wrong.json()["code"]) == (401, 20003)
    assert sim.twilio("GET", "/Messages.json", sid="AC" + "0" * 32).json()["code"] == 20404
    assert sim.twilio("GET", "/Messages/SM0.json").json()["code"] == 20404
    sim.settings(twilio_rate_per_minute=1)
    sim.sms()
    limited = sim.sms()
    assert (limited.status_code, limited.json()["code"]) == (429, 20429)


@pytest.mark.parametrize("body, segments", [
    ("x" * 160, "1"), ("x" * 161, "2"), ("é" * 160, "1"), ("[" * 80, "1"), ("[" * 81, "2"),
    ("ọ" * 70, "1"), ("ọ" * 71, "2"), ("😀" * 35, "1"), ("😀" * 36, "2"), ("x" * 1600, "11"),
])
def test_segments(sim, body, segments):
    assert sim.sms(Body=body).json()["num_segments"] == segments


def test_callbacks_tell_sent_then_delivered_signed(sim, receiver):
    url = receiver.url + "/sms?m=7f#rc=2"
    sid = sim.sms(StatusCallback=url).json()["sid"]
    first, last = receiver.wait("/sms", 2)
    assert (first.form["MessageStatus"], last.form["MessageStatus"]) == ("sent", "delivered")
    assert last.path == "/sms?m=7f"
    for got in (first, last):
        assert got.form["MessageSid"] == sid and got.form["AccountSid"] == TWILIO_SID
        assert got.headers["X-Twilio-Signature"] == form_signature(TWILIO_TOKEN, url, got.form)
        assert len(got.headers["I-Twilio-Idempotency-Token"]) == 32
    assert sim.messages()[0]["reference"] == "m=7f"


def test_callbacks_of_a_service_begin_with_queued(sim, receiver):
    sim.sms(From=None, MessagingServiceSid="MG0123", StatusCallback=receiver.url + "/sms")
    got = [one.form["MessageStatus"] for one in receiver.wait("/sms", 3)]
    assert got == ["queued", "sent", "delivered"]


def test_outcomes_of_a_number(sim, receiver):
    sim.control("POST", "twilio/outcomes", {"to": TO, "status": "undelivered", "error_code": 30003})
    sid = sim.sms(StatusCallback=receiver.url + "/sms").json()["sid"]
    last = receiver.wait("/sms", 2)[1].form
    assert (last["MessageStatus"], last["ErrorCode"]) == ("undelivered", "30003")
    assert sim.twilio("GET", f"/Messages/{sid}.json").json()["error_code"] == 30003
    sim.control("POST", "twilio/callback", {"sid": sid, "status": "sent"})
    assert receiver.wait("/sms", 3)[2].form["MessageStatus"] == "sent"


def test_callbacks_are_retried_as_the_fragment_says(sim, receiver):
    sim.settings(webhook_retry_scale=0.0005)
    receiver.answers = [500, 500, 500, 500]
    sim.sms(StatusCallback=receiver.url + "/plain")
    receiver.wait("/plain", 2)
    sim.sms(StatusCallback=receiver.url + "/eager#rc=2&rp=5xx")
    eager = receiver.wait("/eager", 3)
    tokens = [one.headers["I-Twilio-Idempotency-Token"] for one in eager
              if one.form["MessageStatus"] == "sent"]
    assert len(tokens) >= 2 and len(set(tokens)) == 1
    assert len(receiver.all("/plain")) == 2


def test_the_list_filters_by_recipient_and_day(sim):
    sim.sms(Body="first")
    sim.sms(Body="second")
    sim.sms(To="+2348099999999", Body="other")
    listed = sim.twilio("GET", "/Messages.json", params={"To": TO}).json()
    assert [one["body"] for one in listed["messages"]] == ["second", "first"]
    today = sim.control("GET", "clock")["now"][:10]
    assert len(sim.twilio("GET", "/Messages.json", params={"DateSent>": today}).json()["messages"]) == 3
    assert sim.twilio("GET", "/Messages.json", params={"DateSent<": "2020-01-01"}).json()["messages"] == []
    page = sim.twilio("GET", "/Messages.json", params={"PageSize": 1, "To": TO}).json()
    assert [one["body"] for one in page["messages"]] == ["second"]
    rest = sim.twilio("GET", page["next_page_uri"].split(TWILIO_SID)[1]).json()
    assert [one["body"] for one in rest["messages"]] == ["first"] and rest["next_page_uri"] is None


def test_stop_is_remembered_until_start_and_told_signed(sim, receiver):
    sender = "+15005550006"
    assert sim.sms().status_code == 201
    sim.control("POST", "twilio/inbound", {"from": TO, "to": sender, "body": " stop "})
    got = receiver.wait("/webhooks/twilio")[0]
    assert (got.form["Body"], got.form["From"], got.form["SmsStatus"]) == (" stop ", TO, "received")
    assert got.headers["X-Twilio-Signature"] == form_signature(
        TWILIO_TOKEN, receiver.url + "/webhooks/twilio", got.form)
    refused = sim.sms()
    assert (refused.status_code, refused.json()["code"]) == (400, 21610)
    assert sim.sms(From="+15005550099").status_code == 201
    sim.control("POST", "twilio/inbound", {"from": TO, "to": sender, "body": "START"})
    assert sim.sms().status_code == 201
    sim.control("POST", "twilio/inbound", {"from": TO, "to": sender, "body": "please stop it"})
    assert sim.sms().status_code == 201


def test_a_service_tells_the_type_of_opt_out(sim, receiver):
    sim.settings(twilio_inbound_url=receiver.url + "/in")
    sim.control("POST", "twilio/inbound", {"from": TO, "to": "+15005550006", "body": "STOP",
                                           "messaging_service_sid": "MG0123"})
    assert receiver.wait("/in")[0].form["OptOutType"] == "STOP"
    assert sim.sms(From=None, MessagingServiceSid="MG0123").json()["code"] == 21610


def test_scheduled_messages_wait_for_the_clock_and_can_be_cancelled(sim):
    at = sim.control("POST", "clock", {"set": "2030-01-01T00:00:00Z"})
    assert at["now"].startswith("2030-01-01T00:00:0")
    fields = {"From": None, "MessagingServiceSid": "MG0123", "ScheduleType": "fixed",
              "SendAt": "2030-01-01T01:00:00Z"}
    kept, cancelled = sim.sms(**fields).json(), sim.sms(**fields).json()
    assert kept["status"] == "scheduled"
    sim.twilio("POST", f"/Messages/{cancelled['sid']}.json", data={"Status": "canceled"})
    sim.advance(3601)
    wait_for(lambda: sim.twilio("GET", f"/Messages/{kept['sid']}.json").json()["status"]
             == "delivered", 5, "delivery")
    assert sim.twilio("GET", f"/Messages/{cancelled['sid']}.json").json()["status"] == "canceled"
    assert sim.sms(**{**fields, "SendAt": "2030-01-01T01:01:00Z"}).json()["code"] == 35114
    sim.twilio("POST", f"/Messages/{kept['sid']}.json", data={"Body": ""})
    assert sim.twilio("GET", f"/Messages/{kept['sid']}.json").json()["body"] == ""
    assert sim.twilio("DELETE", f"/Messages/{kept['sid']}.json").status_code == 204
    assert sim.twilio("GET", f"/Messages/{kept['sid']}.json").status_code == 404
