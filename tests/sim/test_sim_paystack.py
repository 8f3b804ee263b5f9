"""Paystack: shapes, errors, the checkout page, refunds, signatures."""
import hashlib
import json

import pytest

from support.process import wait_for
from sim.world import PAYSTACK_KEY, hmac_hex, missing_keys, sample

HOOKS = "/webhooks/paystack"


def begin(sim, reference="BK-1", **more):
    return sim.paystack("POST", "/transaction/initialize", {
        "email": "ada@example.com", "amount": 500000, "currency": "NGN", "reference": reference,
        "callback_url": "https://care.example/return?x=1", **more})


def act(sim, begun, action, **fields):
    return sim.http.post(begun.json()["data"]["authorization_url"], data={"action": action, **fields},
                         allow_redirects=False, timeout=10)


def paid(sim, reference="BK-1", **fields):
    act(sim, begin(sim, reference), "pay", **fields)
    return sim.paystack("GET", f"/transaction/verify/{reference}").json()["data"]


def test_initialize_and_verify_have_the_published_shapes(sim):
    begun = begin(sim)
    assert begun.status_code == 200
    assert not missing_keys(sample("paystack/bodies/transaction.initialize.200.json"), begun.json())
    act(sim, begun, "pay")
    for path, name in (("/transaction/verify/BK-1", "verify"), ("/transaction?perPage=5", "list")):
        got = sim.paystack("GET", path).json()
        wanted = sample(f"paystack/bodies/transaction.{name}.200.json")
        wanted.pop("meta", None)
        wanted_data = wanted["data"][0] if name == "list" else wanted["data"]
        for loose in ("metadata", "customer", "log"):
            wanted_data[loose] = None
        assert not missing_keys(wanted, got)
    data = sim.paystack("GET", "/transaction/verify/BK-1").json()["data"]
    fetched = sim.paystack("GET", f"/transaction/{data['id']}").json()
    wanted = sample("paystack/bodies/transaction.fetch.200.json")
    wanted["data"]["customer"]["metadata"] = None
    assert not missing_keys(wanted, fetched)


def test_verify_tells_a_fresh_transaction_abandoned_then_success(sim):
    begun = begin(sim, metadata={"booking_id": "b1"})
    fresh = sim.paystack("GET", "/transaction/verify/BK-1").json()["data"]
    assert (fresh["status"], fresh["paid_at"], fresh["authorization"]) == ("abandoned", None, {})
    back = act(sim, begun, "pay")
    assert back.status_code == 303
    assert back.headers["Location"] == "https://care.example/return?x=1&trxref=BK-1&reference=BK-1"
    done = sim.paystack("GET", "/transaction/verify/BK-1").json()["data"]
    assert (done["status"], done["amount"], done["requested_amount"]) == ("success", 500000, 500000)
    assert done["id"] > 2 ** 32 - 2 ** 28 and done["fees"] == 17500
    assert done["metadata"] == {"booking_id": "b1"}
    assert done["authorization"]["reusable"] is True and done["domain"] == "test"


def test_metadata_may_come_as_text_and_is_empty_when_missing(sim):
    begin(sim, "BK-T", metadata=json.dumps({"a": "1"}))
    begin(sim, "BK-N")
    assert sim.paystack("GET", "/transaction/verify/BK-T").json()["data"]["metadata"] == {"a": "1"}
    assert sim.paystack("GET", "/transaction/verify/BK-N").json()["data"]["metadata"] == ""


@pytest.mark.parametrize("change, message, code", [
    ({"email": None}, "Email Address is required", "missing_params"),
    ({"email": "nobody"}, '"email" must be a valid email', "invalid_params"),
    ({"amount": 12.5}, '"amount" must be an integer', "invalid_amount"),
    ({"amount": "12.50"}, '"amount" must be an integer', "invalid_amount"),
    ({"amount": 4999}, "Invalid Amount Sent", "invalid_amount"),
    ({"currency": "EUR"}, "Currency not supported by merchant", None),
    ({"reference": "a b"}, '"reference" contains characters that are not allowed', "invalid_params"),
])
def test_initialize_refuses(sim, change, message, code):
    reply = begin(sim, **{"reference": "BK-R", **change})
    body = reply.json()
    assert (reply.status_code, body["status"], body["message"]) == (400, False, message)
    assert body.get("code") == code


def test_errors_equal_the_published_bodies(sim):
    begin(sim)
    for got, status, name in (
            (begin(sim), 400, "derived/error.400.duplicate_reference.json"),
            (sim.paystack("GET", "/transaction/verify/x", key="sk_no"), 401,
             "derived/error.401.invalid_key.json"),
            (begin(sim, "BK-2", currency="EUR"), 400, "error.currency-not-supported.json"),
            (begin(sim, "BK-3", email=""), 400, "error.validation.email-required.json"),
            (sim.paystack("GET", "/customer/nobody@example.com"), 404,
             "recorded.customers.fetch_customer_failure.json"),
            (sim.paystack("POST", "/customer", {"email": "x"}), 400,
             "recorded.customers.create_customer_failure.json")):
        assert got.status_code == status
        assert got.json() == sample(f"paystack/{name}")


def test_unknown_reference_has_a_configurable_status_and_unknown_paths_no_body(sim):
    missing = sim.paystack("GET", "/transaction/verify/none")
    assert (missing.status_code, missing.json()["code"]) == (400, "transaction_not_found")
    sim.settings(paystack_not_found_status=404)
    assert sim.paystack("GET", "/transaction/verify/none").status_code == 404
    unknown = sim.paystack("GET", "/nothing/here")
    assert (unknown.status_code, unknown.content) == (404, b"")


def test_checkout_page_works_without_scripts(sim):
    begun = begin(sim)
    page = sim.http.get(begun.json()["data"]["authorization_url"], timeout=10)
    assert page.status_code == 200 and "text/html" in page.headers["Content-Type"]
    assert "NGN 5000.00" in page.text and "<script" not in page.text
    for action in ("pay", "decline", "cancel"):
        assert f'value="{action}"' in page.text
    assert sim.http.get(f"{sim.url}/paystack-checkout/none", timeout=10).status_code == 404


def test_decline_can_be_tried_again_and_cancel_goes_where_it_was_told(sim, receiver):
    begun = begin(sim, metadata={"cancel_action": "https://care.example/cancelled"})
    declined = act(sim, begun, "decline")
    assert declined.status_code == 200 and "declined" in declined.text
    data = sim.paystack("GET", "/transaction/verify/BK-1").json()["data"]
    assert (data["status"], data["gateway_response"], data["log"]["errors"]) == (
        "failed", "Declined", 1)
    cancelled = act(sim, begun, "cancel")
    assert cancelled.headers["Location"] == "https://care.example/cancelled"
    assert act(sim, begun, "abandon").status_code == 200
    act(sim, begun, "pay")
    data = sim.paystack("GET", "/transaction/verify/BK-1").json()["data"]
    assert (data["status"], data["log"]["attempts"]) == ("success", 2)
    receiver.wait(HOOKS)
    act(sim, begun, "pay")
    assert len(sim.webhooks(event="charge.success")) == 1


def test_overrides_let_a_payment_differ_from_what_was_asked(sim):
    data = paid(sim, amount=510000, fees=10000, currency="USD")
    assert (data["amount"], data["requested_amount"], data["fees"], data["currency"]) == (
        510000, 500000, 10000, "USD")


def test_a_late_payment_is_ongoing_until_the_clock_has_moved(sim, receiver):
    act(sim, begin(sim), "pay_late", late_ms=3600000)
    assert sim.paystack("GET", "/transaction/verify/BK-1").json()["data"]["status"] == "ongoing"
    sim.advance(3601)
    assert sim.paystack("GET", "/transaction/verify/BK-1").json()["data"]["status"] == "success"
    assert receiver.wait(HOOKS)[0].json["event"] == "charge.success"


def test_charge_success_is_signed_over_its_bytes_and_leaves_at_once(sim, receiver):
    paid(sim)
    got = receiver.wait(HOOKS)[0]
    assert got.headers["x-paystack-signature"] == hmac_hex(PAYSTACK_KEY, got.body, hashlib.sha512)
    assert got.headers["User-Agent"] == "Paystack/2.0"
    assert got.headers["Content-Type"] == "application/json"
    assert got.json["event"] == "charge.success"
    assert got.json["data"]["reference"] == "BK-1" and got.json["data"]["metadata"] == 0
    wanted = sample("paystack/derived/webhook.charge.success.captured-2023-plan.json")
    for loose in ("plan", "metadata"):
        wanted["data"][loose] = None
    for new in ("receiver_bank_account_number", "receiver_bank"):
        wanted["data"]["authorization"].pop(new)
    assert not missing_keys(wanted, got.json)
    assert got.body == json.dumps(got.json, separators=(",", ":"), ensure_ascii=False).encode()


def test_refund_walks_and_tells_each_step(sim, receiver):
    sim.settings(paystack_refund_step_ms=3600000)
    data = paid(sim)
    made = sim.paystack("POST", "/refund", {"transaction": "BK-1", "amount": 200000,
                                            "merchant_note": "ours-7"})
    assert made.status_code == 200
    assert not missing_keys(sample("paystack/bodies/refund.create.200.json"), made.json())
    refund = made.json()["data"]
    assert (refund["status"], refund["amount"], refund["transaction"]["id"]) == (
        "pending", 200000, data["id"])
    sim.advance(3601)
    sim.advance(3601)
    listed = sim.paystack("GET", f"/refund?transaction={data['id']}").json()
    assert [(one["id"], one["status"], one["transaction"]) for one in listed["data"]] == [
        (refund["id"], "processed", data["id"])]
    assert sim.paystack("GET", f"/refund/{refund['id']}").json()["data"]["merchant_note"] == "ours-7"
    events = {one.json["event"]: one.json["data"] for one in receiver.wait(HOOKS, 4)}
    assert set(events) == {"charge.success", "refund.pending", "refund.processing",
                           "refund.processed"}
    done = events["refund.processed"]
    assert (done["amount"], done["id"], done["merchant_note"]) == (
        "200000", str(refund["id"]), "ours-7")
    assert done["transaction_reference"] == "BK-1"
    assert sim.paystack("GET", "/transaction/verify/BK-1").json()["data"]["status"] == "success"


def test_refunds_may_not_exceed_the_payment(sim):
    paid(sim)
    over = sim.paystack("POST", "/refund", {"transaction": "BK-1", "amount": 500001})
    assert over.status_code == 400
    sim.settings(paystack_refund_step_ms=0)
    assert sim.paystack("POST", "/refund", {"transaction": "BK-1", "amount": "200000"}).ok
    assert sim.paystack("POST", "/refund", {"transaction": "BK-1"}).json()["data"]["amount"] == 300000
    again = sim.paystack("POST", "/refund", {"transaction": "BK-1"})
    assert again.status_code == 400
    assert again.json() == sample("paystack/derived/error.400.transaction_reversed.json")
    wait_for(lambda: sim.paystack("GET", "/transaction/verify/BK-1").json()["data"]["status"]
             == "reversed", 5, "the whole refund")
    begin(sim, "BK-U")
    assert sim.paystack("POST", "/refund", {"transaction": "BK-U"}).status_code == 400
    assert sim.paystack("POST", "/refund", {"transaction": "none"}).status_code == 404


@pytest.mark.parametrize("outcome", ["failed", "needs-attention"])
def test_refund_outcomes_through_a_setting(sim, receiver, outcome):
    sim.settings(paystack_refund_outcome=outcome, paystack_refund_step_ms=0)
    paid(sim)
    refund = sim.paystack("POST", "/refund", {"transaction": "BK-1"}).json()["data"]
    events = [one.json for one in receiver.wait(HOOKS, 4)]
    last = next(one for one in events if one["event"] == f"refund.{outcome}")
    assert isinstance(last["data"]["amount"], int if outcome == "failed" else str)
    retry = sim.paystack("POST", f"/refund/retry_with_customer_details/{refund['id']}", {})
    if outcome == "failed":
        assert retry.status_code == 422
        assert retry.json() == sample("paystack/bodies/refund.retry.422.json")
    else:
        assert retry.json()["data"]["status"] == "processing"


def test_refund_moved_by_hand_and_without_ids(sim, receiver):
    sim.settings(paystack_refund_outcome="pending", paystack_refund_webhook_ids=False)
    paid(sim)
    refund = sim.paystack("POST", "/refund", {"transaction": "BK-1"}).json()["data"]
    sim.control("POST", f"refunds/{refund['id']}", {"status": "processed"})
    events = {one.json["event"]: one.json for one in receiver.wait(HOOKS, 3)}
    wanted = sample("paystack/webhook.refund.processed.json")
    assert not missing_keys(wanted, events["refund.processed"])
    assert "id" not in events["refund.processed"]["data"]
    assert sim.control("GET", "refunds")["refunds"][0]["status"] == "processed"


def test_a_stored_card_can_be_charged(sim):
    card = paid(sim)["authorization"]["authorization_code"]
    body = {"email": "ada@example.com", "amount": 100000, "authorization_code": card,
            "reference": "BK-C"}
    charged = sim.paystack("POST", "/transaction/charge_authorization", body).json()
    wanted = sample("paystack/bodies/transaction.charge_authorization.200.json")
    wanted["data"]["customer"]["metadata"] = None
    assert not missing_keys(wanted, charged)
    assert charged["data"]["status"] == "success"
    sim.settings(paystack_charge_outcome="failed")
    failed = sim.paystack("POST", "/transaction/charge_authorization", {**body, "reference": "C2"})
    assert (failed.status_code, failed.json()["data"]["status"]) == (200, "failed")
    sim.settings(paystack_charge_outcome="paused")
    paused = sim.paystack("POST", "/transaction/charge_authorization", {**body, "reference": "C3"})
    assert paused.json()["data"]["paused"] is True and "status" not in paused.json()["data"]
    wrong = sim.paystack("POST", "/transaction/charge_authorization",
                         {**body, "reference": "C4", "email": "other@example.com"})
    assert wrong.status_code == 400


def test_lists_have_both_metas_and_filters(sim):
    for number in range(5):
        begin(sim, f"BK-{number}")
    paid(sim, "BK-P")
    page = sim.paystack("GET", "/transaction?perPage=4&page=2").json()
    assert set(page["meta"]) == set(sample("paystack/meta.offset.json")["meta"])
    assert [one["reference"] for one in page["data"]] == ["BK-1", "BK-0"]
    first = sim.paystack("GET", "/transaction?use_cursor=true&perPage=4").json()
    assert set(first["meta"]) == {"next", "previous", "perPage"}
    rest = sim.paystack("GET", "/transaction", params={"use_cursor": "true", "perPage": 4,
                                                       "next": first["meta"]["next"]}).json()
    assert [one["reference"] for one in rest["data"]] == ["BK-1", "BK-0"]
    assert rest["meta"]["next"] is None
    found = sim.paystack("GET", "/transaction?status=success").json()["data"]
    assert [one["reference"] for one in found] == ["BK-P"]
    assert sim.paystack("GET", "/transaction?to=2020-01-01").json()["data"] == []


def test_customers_are_one_for_each_email(sim):
    made = sim.paystack("POST", "/customer", {"email": "Ada@example.com", "first_name": "Ada"})
    assert not missing_keys(sample("paystack/recorded.customers.create_customer_success.json"),
                            made.json())
    paid(sim)
    fetched = sim.paystack("GET", "/customer/ada@example.com").json()
    assert fetched["data"]["customer_code"] == made.json()["data"]["customer_code"]
    assert fetched["data"]["authorizations"][0]["last4"] == "4081"
    assert not missing_keys(sample("paystack/recorded.customers.fetch_customer_success.json"),
                            fetched)
    assert len(sim.paystack("GET", "/customer").json()["data"]) == 1


def test_rate_limit_tells_when_to_come_back(sim):
    sim.settings(paystack_rate_per_minute=2)
    replies = [sim.paystack("GET", "/transaction") for _ in range(3)]
    assert [one.status_code for one in replies] == [200, 200, 429]
    assert replies[2].json() == sample("paystack/derived/error.429.rate_limited.json")
    assert 0 < int(replies[2].headers["x-ratelimit-reset"]) <= 60


def test_transactions_can_be_paid_through_the_controls(sim, receiver):
    begin(sim)
    sim.control("POST", "transactions/BK-1", {"status": "success", "amount": 490000})
    assert receiver.wait(HOOKS)[0].json["data"]["amount"] == 490000
    assert sim.control("GET", "transactions")["transactions"][0]["status"] == "success"
