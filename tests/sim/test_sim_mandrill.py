"""Mailchimp Transactional: sending, what is refused, searching, events in signed batches."""
import base64
import json

import pytest
from support.process import wait_for

from sim.world import MANDRILL_WEBHOOK_KEY, form_signature, missing_keys, sample

HOOKS = "/webhooks/mailchimp"


def events(receiver, count=1):
    """The events told so far, once there are count."""
    return wait_for(lambda: [all_of for all_of in [
        [event for one in receiver.all(HOOKS) for event in json.loads(one.form["mandrill_events"])]]
        if len(all_of) >= count], 5, f"{count} events", every=0.005)[0]


def test_a_send_is_kept_with_all_it_holds(sim):
    pdf = base64.b64encode(b"%PDF-1.7 invoice").decode()
    sent = sim.mail("ada@example.com", html="<p>Hello</p>", tags=["invoice"],
                    metadata={"message_id": "m-1"},
                    attachments=[{"type": "application/pdf", "name": "INV-1.pdf", "content": pdf}])
    assert sent.status_code == 200
    answer = sent.json()
    assert set(answer[0]) == set(sample("mandrill/oas-field-examples.json")["/messages/send"]
                                 ["response_200"][0])
    assert (answer[0]["status"], answer[0]["queued_reason"]) == ("queued", "attachments")
    kept = sim.messages(channel="email", to="Ada@example.com")[0]
    assert kept["attachments"] == [{"name": "INV-1.pdf", "type": "application/pdf", "size": 16,
                                    "content_base64": pdf}]
    assert (kept["subject"], kept["text"], kept["html"], kept["tags"], kept["reference"]) == (
        "Hello", "Hello there", "<p>Hello</p>", ["invoice"], "m-1")
    assert kept["provider_id"] == answer[0]["_id"] and kept["metadata"] == {"message_id": "m-1"}


def test_each_recipient_has_a_verdict_of_its_own(sim):
    answer = sim.mail("ada@example.com", "x@reject.example", "y@invalid.example", "no address").json()
    assert [(one["status"], one["reject_reason"]) for one in answer] == [
        ("sent", None), ("rejected", "hard-bounce"), ("invalid", "invalid"), ("invalid", "invalid")]
    assert len(sim.messages()) == 1
    many = sim.mail(*[f"p{number}@example.com" for number in range(11)]).json()
    assert {(one["status"], one["queued_reason"]) for one in many} == {
        ("queued", "multiple-recipients")}
    unsigned = sim.mail("ada@example.com", from_email="a@unsigned.example").json()
    assert unsigned[0]["reject_reason"] == "unsigned"


@pytest.mark.parametrize("change, name, code", [
    ({"to": []}, "ValidationError", -2), ({"from_email": None}, "ValidationError", -2),
    ({"tags": ["_secret"]}, "Invalid_Tag_Name", 9),
])
def test_refusals_are_500(sim, change, name, code):
    reply = sim.mail("ada@example.com", **change)
    assert reply.status_code == 500
    assert (reply.json()["status"], reply.json()["name"], reply.json()["code"]) == ("error", name, code)


def test_subaccounts_and_keys(sim):
    unknown = sim.mail("ada@example.com", subaccount="customer-123")
    assert unknown.status_code == 500
    assert unknown.json() == sample("mandrill/error-unknown-subaccount.json")
    sim.settings(mandrill_subaccounts="a,customer-123")
    assert sim.mail("ada@example.com", subaccount="customer-123").ok
    wrong = sim.mandrill("/users/ping2.json", key="no")
    assert (wrong.status_code, wrong.json()["name"]) == (401, "Invalid_Key")
    sim.settings(mandrill_key_error_status=500)
    assert sim.mandrill("/users/ping2", key="no").status_code == 500
    assert sim.mandrill("/users/ping2.json").json() == {"PING": "PONG!"}
    assert sim.mandrill("/users/ping.json").json() == "PONG!"


def test_search_finds_by_metadata_and_info_by_id(sim):
    for number in range(3):
        sim.mail("ada@example.com", metadata={"outbox_id": f"o-{number}", "kind": "k"})
    found = sim.mandrill("/messages/search.json", query="u_outbox_id:o-1").json()
    assert [one["metadata"]["outbox_id"] for one in found] == ["o-1"]
    assert sim.mandrill("/messages/search.json", query='u_outbox_id:"o-1"').json() == found
    assert len(sim.mandrill("/messages/search.json", query="u_kind:k", limit=2).json()) == 2
    assert len(sim.mandrill("/messages/search.json", query="email:ada@example.com").json()) == 3
    assert sim.mandrill("/messages/search.json", query="u_outbox_id:none").json() == []
    assert sim.mandrill("/messages/search.json", query="u_kind:k", date_from="2999-01-01").json() == []
    one = sim.mandrill("/messages/info.json", id=found[0]["_id"]).json()
    assert (one["state"], one["email"]) == ("sent", "ada@example.com")
    missing = sim.mandrill("/messages/info.json", id="none")
    assert (missing.status_code, missing.json()["name"]) == (500, "Unknown_Message")
    sim.settings(mandrill_search_lag_ms=3600000)
    assert sim.mandrill("/messages/search.json", query="u_kind:k").json() == []


def test_events_come_in_signed_batches(sim, receiver):
    for number in range(3):
        sim.mail(f"p{number}@example.com", metadata={"outbox_id": f"o/{number}"}, tags=["t"])
    told = events(receiver, 3)
    got = receiver.all(HOOKS)[0]
    assert got.headers["X-Mandrill-Signature"] == form_signature(
        MANDRILL_WEBHOOK_KEY, receiver.url + HOOKS, got.form)
    assert got.headers["User-Agent"] == "Mandrill-Webhook/1.0"
    assert "o\\/0" in got.form["mandrill_events"]
    assert [(one["event"], one["msg"]["metadata"]["outbox_id"]) for one in told] == [
        ("send", f"o/{number}") for number in range(3)]
    wanted = sample("mandrill/events-hard-bounce-etc.json")[0]
    wanted["msg"]["metadata"] = None
    assert not missing_keys(wanted, told[0])


def test_bounces_reach_the_deny_list(sim, receiver):
    assert sim.mail("ada@bounce.example").json()[0]["status"] == "sent"
    told = events(receiver, 2)
    assert [one["event"] for one in told] == ["send", "hard_bounce"]
    wanted = sample("mandrill/events-hard-bounce-etc.json")[2]
    wanted["msg"]["metadata"] = None
    assert not missing_keys(wanted, told[1])
    again = sim.mail("ada@bounce.example").json()[0]
    assert (again["status"], again["reject_reason"]) == ("rejected", "hard-bounce")
    listed = sim.mandrill("/rejects/list.json", email="ada@bounce.example").json()
    assert listed[0]["reason"] == "hard-bounce"
    assert sim.mandrill("/rejects/delete.json", email="ada@bounce.example").json()["deleted"] is True
    assert sim.mail("ada@bounce.example").json()[0]["status"] == "sent"
    sim.mandrill("/rejects/add.json", email="bob@example.com")
    assert sim.mail("bob@example.com").json()[0]["reject_reason"] == "custom"


def test_events_can_be_made_by_hand_and_batches_are_retried(sim, receiver):
    sim.settings(webhook_retry_scale=0.0001, mandrill_batch_ms=0)
    identifier = sim.mail("ada@example.com").json()[0]["_id"]
    events(receiver)
    receiver.answers = [500]
    sim.control("POST", "mandrill/events", {"id": identifier, "event": "spam"})
    told = events(receiver, 3)
    assert [one["event"] for one in told] == ["send", "spam", "spam"]
    assert sim.mail("ada@example.com").json()[0]["reject_reason"] == "spam"


def test_later_mail_is_scheduled(sim):
    body = {"message": {"from_email": "a@b.example", "to": [{"email": "ada@example.com"}]},
            "send_at": "2999-01-01 00:00:00"}
    assert sim.mandrill("/messages/send.json", **body).json()[0]["status"] == "scheduled"
