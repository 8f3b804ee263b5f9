"""Checkouts and their outcome: who settles them, what is believed, what is given back."""
import concurrent.futures
import itertools
import urllib.parse

import journey
import pytest
import requests

PAYSTACK = "paystack"
numbers = itertools.count(1)


def silence(world):
    """Paystack's webhooks get lost until the test's end."""
    world.hook_fault(PAYSTACK, "drop", times=-1)


def verify(visitor, payment):
    return visitor.client.call("payment_verify", path={"payment_id": payment["payment_id"]},
                               expect=202)


def come_back(world, payment):
    """The gateway sends the payer's browser to us."""
    return world.guest().call("payment_return", expect=303, query={
        "reference": payment["reference"], "trxref": payment["reference"]})


def pay_code(payment):
    return payment["url"].rsplit("/", 1)[1]


def refunds(world, payment):
    """What the gateway gave back of a payment."""
    found = world.sim.get("/_sim/refunds")["refunds"]
    transaction = next(one for one in world.sim.get("/_sim/transactions")["transactions"]
                       if one["reference"] == payment["reference"])
    return [refund for refund in found if refund["transaction"] == transaction["id"]]


def waiting_booking(world, service=journey.CARE):
    """(visitor, booking, its open payment)"""
    visitor = journey.submit(world, service=service)
    booking = journey.book(visitor)
    return visitor, booking, journey.open_payment(visitor, booking_id=booking["booking_id"])


# Checkouts

@pytest.mark.parametrize("currency", ["NGN", "USD", None])
def test_checkout_answers_at_once_and_opens_at_the_gateway(world, currency):
    visitor = journey.submit(world)
    world.fault("paystack.initialize", "delay", ms=400)
    payment = journey.checkout(visitor, currency)
    assert payment["state"] == "preparing" and payment["access_code"] is None
    assert payment["url"].startswith(world.stack.url + "/v1/pay/")
    currency = currency or "NGN"
    assert payment["amount"] == {"amount": journey.PRICES[currency], "currency": currency}
    payment = journey.wait_payment(visitor, payment["payment_id"], "pending")
    assert payment["access_code"]
    theirs = next(one for one in world.sim.get("/_sim/transactions")["transactions"]
                  if one["reference"] == payment["reference"])
    assert (theirs["requested_amount"], theirs["currency"], theirs["access_code"],
            theirs["customer"]["email"]) == (journey.PRICES[currency], currency,
                                             payment["access_code"], visitor.email)


def test_checkouts_url_leads_to_the_gateway(world):
    visitor = journey.submit(world)
    world.fault("paystack.initialize", "delay", ms=400)
    payment = journey.checkout(visitor)
    path = {"pay_code": pay_code(payment)}
    early = world.guest().call("payment_redirect", path=path, expect=200)
    assert early.headers["Refresh"] == "1" and "One moment" in early.text
    payment = journey.wait_payment(visitor, payment["payment_id"], "pending")
    there = world.guest().call("payment_redirect", path=path, expect=303).headers["Location"]
    assert there == f"{world.sim.url}/paystack-checkout/{payment['access_code']}"
    assert requests.get(there, timeout=10).status_code == 200
    journey.pay(world, payment)
    paid = journey.wait_payment(visitor, payment["payment_id"], "succeeded")
    over = world.guest().call("payment_redirect", path=path, expect=303).headers["Location"]
    assert over == f"http://localhost:3000/checkout/{payment['payment_id']}"
    assert (paid["url"], paid["access_code"], paid["channel"]) == (None, None, "card")


def test_checkouts_url_cannot_be_guessed(world):
    world.guest().call("payment_redirect", path={"pay_code": "A" * 32}, expect=404)
    world.guest().call("payment_redirect", path={"pay_code": "short"}, expect=400)


def test_checkout_again_is_the_same_payment(world):
    visitor = journey.submit(world)
    first = journey.checkout(visitor)
    assert journey.checkout(visitor, "USD")["payment_id"] == first["payment_id"]
    opened = journey.wait_payment(visitor, first["payment_id"], "pending")
    again = journey.checkout(visitor)
    assert (again["payment_id"], again["access_code"]) == \
        (opened["payment_id"], opened["access_code"])


def test_ten_checkouts_at_once_are_one(world):
    visitor = journey.submit(world)

    def attempt(_):
        return visitor.another_window().call("intake_checkout", json={}, expect=202, path={
            "intake_submission_id": visitor.intake_id}).json["payment_id"]
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        assert len(set(pool.map(attempt, range(10)))) == 1
    assert journey.rows_of(world, "payment", visitor.intake_id) == 1


def test_checkout_of_a_free_service_is_refused(world):
    visitor = journey.submit(world, service=journey.FREE)
    assert journey.checkout(visitor, expect=409)["code"] == "service_free"
    booking = journey.book(visitor)
    assert journey.checkout(visitor, booking_id=booking["booking_id"],
                            expect=409)["code"] == "service_free"


def test_checkout_of_what_is_paid_is_refused(world):
    visitor = journey.submit(world)
    journey.pay_intake(visitor)
    assert journey.checkout(visitor, expect=409)["code"] == "already_paid"
    booking = journey.book(visitor)
    assert journey.checkout(visitor, booking_id=booking["booking_id"],
                            expect=409)["code"] == "already_paid"


@pytest.mark.parametrize("currency", ["GHS", "naira", "ngn"])
def test_checkout_in_a_currency_that_is_not_sold(world, currency):
    visitor = journey.submit(world)
    refused = journey.checkout(visitor, currency, expect=400)
    assert refused["errors"][0]["pointer"] == "/currency"
    assert journey.rows_of(world, "payment", visitor.intake_id) == 0


def test_checkout_of_a_cancelled_booking_is_refused(world):
    visitor = journey.submit(world)
    booking = journey.book(visitor)
    path = {"booking_id": booking["booking_id"]}
    visitor.client.call("booking_cancel", path=path, expect=200)
    assert journey.checkout(visitor, booking_id=booking["booking_id"],
                            expect=409)["code"] == "booking_state"


def test_a_checkout_the_gateway_refuses_has_failed(world):
    visitor = journey.submit(world)
    world.fault("paystack.initialize", "status", status=400, body={
        "status": False, "message": "Currency not supported by merchant",
        "type": "validation_error", "code": "unsupported_currency"})
    payment = journey.checkout(visitor)
    failed = journey.wait_payment(visitor, payment["payment_id"], "failed")
    assert "Currency not supported by merchant" in failed["reason"]
    second = journey.open_payment(visitor)
    assert second["payment_id"] != payment["payment_id"]


@pytest.mark.parametrize("action", ["timeout_after", "malformed"])
def test_a_lost_answer_of_initialize_is_asked_anew(world, action):
    """The gateway takes a reference once: the second try has another."""
    visitor = journey.submit(world)
    world.fault("paystack.initialize", action)
    payment = journey.checkout(visitor)
    world.run_next_attempt("payment_initialize", payment["payment_id"])
    opened = journey.wait_payment(visitor, payment["payment_id"], "pending")
    assert opened["reference"] != payment["reference"]
    theirs = [one["reference"] for one in world.sim.get("/_sim/transactions")["transactions"]
              if one["customer"]["email"] == visitor.email]
    assert theirs == [payment["reference"], opened["reference"]]
    journey.pay(world, opened)
    journey.wait_payment(visitor, payment["payment_id"], "succeeded")


def test_a_webhook_ahead_of_the_gateways_answer(world):
    visitor = journey.submit(world)
    world.fault("paystack.initialize", "delay", ms=1500)
    payment = journey.checkout(visitor)
    def there():
        return payment["reference"] in [
            one["reference"] for one in world.sim.get("/_sim/transactions")["transactions"]]
    world.wait_for(there, 10, "the gateway to know the reference")
    journey.pay(world, payment)
    assert visitor.payment(payment["payment_id"])["state"] in ("preparing", "succeeded")
    paid = journey.wait_payment(visitor, payment["payment_id"], "succeeded")
    world.quiet()
    assert visitor.payment(payment["payment_id"]) == paid


# Who settles

def settled(world, visitor, payment, booking):
    """Once and whole, whoever brought the news."""
    paid = journey.wait_payment(visitor, payment["payment_id"], "succeeded")
    done = journey.wait_booking(visitor, booking["booking_id"], "confirmed")
    world.quiet()
    assert paid["paid_at"] and paid["refunds"] == []
    assert done["payment_id"] == payment["payment_id"]
    assert journey.rows_of(world, "invoice", visitor.intake_id) == 1
    assert len(journey.messages(world, visitor.email, template="payment_received")) == 1
    assert len(journey.messages(world, visitor.email, template="booking_confirmation")) == 1
    assert len(journey.calcom_bookings(world, visitor.email)) == 1
    assert refunds(world, payment) == []


def test_the_webhook_settles_alone(world):
    visitor, booking, payment = waiting_booking(world)
    journey.pay(world, payment)
    settled(world, visitor, payment, booking)
    event, = journey.inbound(world, PAYSTACK, payment["reference"])
    assert (event["event_type"], event["state"], event["note"]) == \
        ("charge.success", "processed", "success")


def test_the_callback_settles_alone(world):
    visitor, booking, payment = waiting_booking(world)
    silence(world)
    back = journey.pay_on_page(world, payment)
    assert back.startswith(world.stack.url + "/v1/checkout-return?")
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))
    assert query == {"reference": payment["reference"], "trxref": payment["reference"]}
    there = come_back(world, payment).headers["Location"]
    assert there == f"http://localhost:3000/checkout/{payment['payment_id']}"
    settled(world, visitor, payment, booking)


def test_the_callback_proves_nothing(world):
    visitor, booking, payment = waiting_booking(world)
    come_back(world, payment)
    world.quiet()
    assert visitor.payment(payment["payment_id"])["state"] == "pending"
    assert visitor.booking(booking["booking_id"])["state"] == "pending_payment"
    world.guest().call("payment_return", query={"reference": "CARE-unknown"}, expect=404)


def test_the_payer_may_ask_us_to_verify(world):
    visitor, booking, payment = waiting_booking(world)
    silence(world)
    journey.pay(world, payment)
    assert verify(visitor, payment).json["payment_id"] == payment["payment_id"]
    settled(world, visitor, payment, booking)


def test_the_sweeper_settles_alone(world):
    visitor, booking, payment = waiting_booking(world)
    silence(world)
    journey.pay(world, payment)
    world.quiet()
    assert visitor.payment(payment["payment_id"])["state"] == "pending"
    world.stack.clock(121)
    settled(world, visitor, payment, booking)


def test_the_end_of_the_hold_looks_a_last_time(world):
    visitor, booking, payment = waiting_booking(world)
    silence(world)
    journey.pay(world, payment)
    world.sql("DELETE FROM job WHERE kind = 'payment_verify' AND subject_id = %s",
              payment["payment_id"])
    world.move_to(journey.parse(booking["hold_expires_at"]))
    settled(world, visitor, payment, booking)


def test_all_of_them_together_settle_once(world):
    visitor, booking, payment = waiting_booking(world)
    world.hook_fault(PAYSTACK, "duplicate", copies=4)
    journey.pay(world, payment)
    askers = [lambda: verify(visitor, payment), lambda: come_back(world, payment),
              lambda: world.stack.clock(121)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda ask: ask(), askers))
    settled(world, visitor, payment, booking)
    event, = journey.inbound(world, PAYSTACK, payment["reference"])
    assert event["deliveries"] == 5


def test_the_gateway_being_down_delays_the_news(world):
    visitor, booking, payment = waiting_booking(world)
    world.fault("paystack.verify", "status", status=502, body="<html>Bad Gateway</html>")
    journey.pay(world, payment)
    event, = world.wait_for(lambda: world.sql(
        "SELECT inbound_event_id FROM inbound_event "
        "WHERE position(%s in convert_from(body, 'UTF8')) > 0", payment["reference"]), 5, "it")
    world.run_next_attempt("paystack_event", event["inbound_event_id"])
    settled(world, visitor, payment, booking)


def test_a_declined_card_may_try_again(world):
    visitor, booking, payment = waiting_booking(world)
    journey.pay(world, payment, status="failed")
    verify(visitor, payment)
    failed = journey.wait_payment(visitor, payment["payment_id"], "failed")
    assert failed["reason"] == "Declined"
    assert visitor.booking(booking["booking_id"])["state"] == "pending_payment"
    second = journey.open_payment(visitor, booking_id=booking["booking_id"])
    assert second["payment_id"] != payment["payment_id"]
    journey.pay(world, second)
    settled(world, visitor, second, booking)


def test_a_transfer_under_way_is_waited_for(world):
    visitor, booking, payment = waiting_booking(world)
    journey.pay(world, payment, status="ongoing")
    verify(visitor, payment)
    world.quiet()
    assert visitor.payment(payment["payment_id"])["state"] == "pending"
    journey.pay(world, payment)
    settled(world, visitor, payment, booking)


# What is believed

def test_a_payer_who_bears_the_fees_has_paid(world):
    visitor, booking, payment = waiting_booking(world)
    journey.pay(world, payment, amount=2500000 + 47500, fees=47500)
    settled(world, visitor, payment, booking)
    invoice = visitor.client.call("invoice_get", path={"invoice_id": visitor.booking(
        booking["booking_id"])["invoice_id"]}, expect=200).json
    assert invoice["total"] == {"amount": 2500000, "currency": "NGN"}


def reviewed(world, visitor, payment, booking, reason):
    """A person must look; nothing else happens, however often we ask."""
    review = journey.wait_payment(visitor, payment["payment_id"], "review")
    assert review["reason"] == reason
    verify(visitor, payment)
    journey.deliver(world, PAYSTACK, {"event": "charge.success", "data": {
        "reference": payment["reference"], "status": "success", "again": next(numbers)}})
    world.quiet()
    assert visitor.payment(payment["payment_id"])["state"] == "review"
    assert visitor.booking(booking["booking_id"])["state"] == "pending_payment"
    assert journey.rows_of(world, "invoice", visitor.intake_id) == 0
    assert not journey.messages(world, visitor.email)
    assert not journey.calcom_bookings(world, visitor.email)
    assert journey.checkout(visitor, expect=409)["code"] == "already_paid"


@pytest.mark.parametrize("paid, reason", [
    ({"amount": 2499999}, "less was paid than asked for"),
    ({"amount": 1}, "less was paid than asked for"),
    ({"currency": "GHS"}, "paid in another currency"),
])
def test_a_payment_that_does_not_fit_is_reviewed(world, paid, reason):
    visitor, booking, payment = waiting_booking(world)
    journey.pay(world, payment, **paid)
    reviewed(world, visitor, payment, booking, reason)


@pytest.mark.parametrize("lie, reason", [
    ({"requested_amount": 100}, "another amount was asked for"),
    ({"domain": "live"}, "paid in the gateway's other mode"),
])
def test_an_answer_that_does_not_fit_is_reviewed(world, lie, reason):
    """The gateway's answer to verify, with one fact changed."""
    visitor, booking, payment = waiting_booking(world)
    silence(world)
    journey.pay(world, payment)
    facts = next(one for one in world.sim.get("/_sim/transactions")["transactions"]
                 if one["reference"] == payment["reference"])
    world.fault("paystack.verify", "status", status=200, body={
        "status": True, "message": "Verification successful", "data": {**facts, **lie}})
    verify(visitor, payment)
    reviewed(world, visitor, payment, booking, reason)


def test_an_answer_about_another_payment_is_no_answer(world):
    """The gateway is asked again, and what counts is what it says of ours."""
    visitor, booking, payment = waiting_booking(world)
    other, _, paid = waiting_booking(world)
    silence(world)
    journey.pay(world, paid)
    facts = next(one for one in world.sim.get("/_sim/transactions")["transactions"]
                 if one["reference"] == paid["reference"])
    world.fault("paystack.verify", "status", status=200, times=None, body={
        "status": True, "message": "Verification successful", "data": facts})
    verify(visitor, payment)
    world.wait_for(lambda: any("another reference" in (job["last_error"] or "") for job in
                               world.jobs("payment_verify", payment["payment_id"])), 10,
                   "the answer to be refused")
    assert visitor.payment(payment["payment_id"])["state"] == "pending"
    assert visitor.booking(booking["booking_id"])["state"] == "pending_payment"
    assert other.payment(paid["payment_id"])["state"] == "pending"


def test_a_webhook_alone_is_not_believed(world):
    """Well signed, but the gateway says that nobody has paid."""
    visitor, booking, payment = waiting_booking(world)
    journey.deliver(world, PAYSTACK, {"event": "charge.success", "data": {
        "reference": payment["reference"], "status": "success", "amount": 2500000,
        "currency": "NGN"}})
    world.quiet()
    assert visitor.payment(payment["payment_id"])["state"] == "pending"
    assert visitor.booking(booking["booking_id"])["state"] == "pending_payment"


# Too late, or twice

def let_lapse(visitor, booking):
    visitor.world.move_to(journey.parse(booking["hold_expires_at"]))
    return journey.wait_booking(visitor, booking["booking_id"], "expired")


def test_an_unpaid_hold_is_released(world):
    visitor, booking, payment = waiting_booking(world)
    lapsed = let_lapse(visitor, booking)
    assert lapsed["reason"] == "not paid in time" and lapsed["hold_expires_at"] is None
    assert booking["start_at"] in journey.slots(world)
    assert journey.wait_messages(world, visitor.email, template="hold_expired")
    assert visitor.payment(payment["payment_id"])["state"] == "pending"


def test_a_late_payment_is_honoured_while_the_time_is_free(world):
    visitor, booking, payment = waiting_booking(world)
    let_lapse(visitor, booking)
    journey.pay(world, payment)
    settled(world, visitor, payment, booking)
    assert visitor.booking(booking["booking_id"])["start_at"] == booking["start_at"]


def given_back(world, visitor, payment):
    """Refunded whole, once, and explained."""
    back = journey.wait_payment(visitor, payment["payment_id"], "refunded")
    world.wait_for(lambda: [refund["state"] for refund in visitor.payment(
        payment["payment_id"])["refunds"]] == ["processed"], 10, "the refund to be processed")
    mail, = journey.wait_messages(world, visitor.email, template="payment_refunded")
    world.quiet()
    back = visitor.payment(payment["payment_id"])
    assert [refund["amount"] for refund in back["refunds"]] == [back["amount"]]
    theirs, = refunds(world, payment)
    assert theirs["amount"] == back["amount"]["amount"]
    assert len(journey.messages(world, visitor.email, template="payment_refunded")) == 1
    assert back["refunds"][0]["reason"] in mail["text"]
    return back


def test_a_late_payment_for_a_time_that_is_gone_is_given_back(world):
    visitor, booking, payment = waiting_booking(world)
    let_lapse(visitor, booking)
    journey.hold(journey.submit(world), booking["start_at"])
    journey.pay(world, payment)
    given_back(world, visitor, payment)
    assert visitor.booking(booking["booking_id"])["state"] == "expired"
    assert not journey.calcom_bookings(world, visitor.email)


def test_a_late_payment_for_a_time_that_calcom_gave_away_is_given_back(world):
    visitor, booking, payment = waiting_booking(world)
    let_lapse(visitor, booking)
    world.hook_fault("calcom", "drop")
    world.sim.post("/_sim/calcom/book", {
        "event_type_id": 4711, "start": booking["start_at"], "name": "Somebody Else",
        "email": "else@example.org"})
    journey.pay(world, payment)
    given_back(world, visitor, payment)
    assert visitor.booking(booking["booking_id"])["state"] in ("slot_taken", "expired")


def two_open_payments(world):
    """The first card was declined, and its page is still open in another window."""
    visitor, booking, first = waiting_booking(world)
    journey.pay(world, first, status="failed")
    verify(visitor, first)
    journey.wait_payment(visitor, first["payment_id"], "failed")
    return visitor, booking, first, journey.open_payment(visitor, booking_id=booking["booking_id"])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_was_paid_twice_is_given_back_once(world, order):
    visitor, booking, *payments = two_open_payments(world)
    kept, extra = payments[order[0]], payments[order[1]]
    journey.pay(world, kept)
    journey.wait_payment(visitor, kept["payment_id"], "succeeded")
    journey.pay(world, extra)
    given_back(world, visitor, extra)
    assert visitor.booking(booking["booking_id"])["payment_id"] == kept["payment_id"]
    assert refunds(world, kept) == []
    assert journey.rows_of(world, "invoice", visitor.intake_id) == 1


def test_what_was_paid_twice_at_the_same_moment(world):
    visitor, booking, first, second = two_open_payments(world)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda payment: journey.pay(world, payment), (first, second)))
    journey.wait_booking(visitor, booking["booking_id"], "confirmed")
    world.wait_for(lambda: sorted(visitor.payment(payment["payment_id"])["state"]
                                  for payment in (first, second)) == ["refunded", "succeeded"],
                   10, "one of them to be given back")
    world.quiet()
    assert len(refunds(world, first)) + len(refunds(world, second)) == 1


@pytest.mark.parametrize("action", ["timeout_after", "malformed", "timeout_before"])
def test_a_lost_answer_of_a_refund_gives_back_once(world, action):
    visitor, _, kept, extra = two_open_payments(world)
    journey.pay(world, kept)
    journey.wait_payment(visitor, kept["payment_id"], "succeeded")
    world.fault("paystack.refund", action)
    journey.pay(world, extra)
    refund_id = world.wait_for(lambda: world.sql(
        "SELECT refund_id FROM refund WHERE payment_id = %s", extra["payment_id"]), 10,
        "a refund")[0]["refund_id"]
    world.run_next_attempt("refund_create", refund_id)
    given_back(world, visitor, extra)


@pytest.mark.parametrize("outcome, state", [("failed", "failed"),
                                            ("needs-attention", "needs_attention")])
def test_a_refund_that_does_not_arrive_is_seen(world, outcome, state):
    world.set_sim(paystack_refund_outcome=outcome)
    try:
        visitor, _, kept, extra = two_open_payments(world)
        journey.pay(world, kept)
        journey.wait_payment(visitor, kept["payment_id"], "succeeded")
        journey.pay(world, extra)
        world.wait_for(lambda: [refund["state"] for refund in visitor.payment(
            extra["payment_id"])["refunds"]] == [state], 10, f"the refund to be {state}")
    finally:
        world.set_sim(paystack_refund_outcome="processed")
    assert len(refunds(world, extra)) == 1
