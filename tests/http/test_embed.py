"""Booked inside Cal.com's embed: the same end as through our API."""
import datetime
import itertools

import journey
import pytest

numbers = itertools.count(1)


def carry(visitor, where):
    """How the embed brings our reference along."""
    embed = visitor.intake["embed"]
    carried = {"metadata": {"metadata": {embed["metadata_key"]: embed["reference"]}},
               "hidden field": {"responses": {embed["hidden_field"]: embed["reference"]}}}
    if where == "both":
        return {**carried["metadata"], **carried["hidden field"]}
    return carried[where]


def book_in_embed(visitor, where="both", expect_booking=True, **changes):
    """Our booking of it, or None."""
    world = visitor.world
    embed = visitor.intake["embed"]
    start_at = changes.pop("start", None) or journey.free_slot(
        world, visitor.service, accept=journey.free_at_calcom(world))
    world.sim.post("/_sim/calcom/book", {
        "event_type_id": int(embed["calcom_event_type_id"]), "start": start_at,
        "name": "Ada Obi", "email": visitor.email, "time_zone": "Europe/London",
        **carry(visitor, where), **changes})
    if expect_booking:
        return world.wait_for(lambda: ours(visitor), 10, "a booking of ours")
    world.quiet()
    return ours(visitor)


def ours(visitor):
    rows = visitor.world.sql("SELECT booking_id FROM booking WHERE intake_submission_id = %s "
                             "ORDER BY booking_id DESC LIMIT 1", visitor.intake_id)
    return visitor.booking(rows[0]["booking_id"]) if rows else None


def note_of(world, needle):
    """What the inbox says of the last event about it."""
    return journey.inbound(world, "calcom", needle)[-1]["note"]


@pytest.mark.parametrize("where", ["metadata", "hidden field", "both"])
def test_booked_in_the_embed(world, where):
    visitor = journey.submit(world, service=journey.FREE)
    booking = book_in_embed(visitor, where)
    booking = journey.wait_booking(visitor, booking["booking_id"], "confirmed")
    theirs, = journey.calcom_bookings(world, visitor.email)
    assert booking["start_at"] == journey.rfc3339(journey.parse(theirs["start"]))
    assert journey.uids(world, booking["booking_id"]) == {theirs["uid"]: "in_force"}
    assert booking["start_at"] not in journey.slots(world, journey.FREE)
    journey.wait_messages(world, visitor.email, template="booking_confirmation")
    journey.wait_messages(world, visitor.phone, "sms")
    world.quiet()
    assert len(journey.messages(world, visitor.email, template="booking_confirmation")) == 1


def test_both_ways_end_in_the_same_state(world):
    """All but what is each booking's own."""
    own = ("booking_id", "intake_submission_id", "start_at", "end_at", "start_local", "location",
           "payment_id", "invoice_id", "created_at", "updated_at")
    paid = journey.submit(world)
    journey.pay_intake(paid)
    embedded = book_in_embed(paid)
    embedded = journey.wait_booking(paid, embedded["booking_id"], "confirmed")
    _, through_us = journey.confirmed(world, journey.CARE)
    assert {name: value for name, value in embedded.items() if name not in own} == \
        {name: value for name, value in through_us.items() if name not in own}
    for booking in (embedded, through_us):
        assert booking["payment_id"] and booking["invoice_id"]
    for booking in (embedded, through_us):
        world.quiet()
        assert sorted((row["template_key"], row["channel"], row["state"])
                      for row in journey.planned(world, booking["booking_id"])) == [
            ("booking_confirmation", "email", "sent"), ("booking_confirmation", "sms", "sent"),
            ("booking_reminder", "email", "planned"), ("booking_reminder", "sms", "planned")]


def test_booked_in_the_embed_and_paid_afterwards(world):
    visitor = journey.submit(world)
    booking = book_in_embed(visitor)
    assert booking["state"] == "pending_payment" and booking["hold_expires_at"]
    assert booking["price"] == {"amount": 2500000, "currency": "NGN"}
    world.quiet()
    assert not journey.messages(world, visitor.email)
    payment = journey.open_payment(visitor, booking_id=booking["booking_id"])
    journey.pay(world, payment)
    journey.wait_booking(visitor, booking["booking_id"], "confirmed")
    world.quiet()
    assert len(journey.calcom_bookings(world, visitor.email)) == 1
    assert len(journey.messages(world, visitor.email, template="booking_confirmation")) == 1


def test_booked_in_the_embed_and_never_paid(world):
    visitor = journey.submit(world)
    booking = book_in_embed(visitor)
    world.move_to(journey.parse(booking["hold_expires_at"]))
    journey.wait_booking(visitor, booking["booking_id"], "expired")
    world.wait_for(lambda: journey.calcom_bookings(world, visitor.email)[0]["status"]
                   == "cancelled", 10, "Cal.com to know")
    assert journey.wait_messages(world, visitor.email, template="hold_expired")
    world.wait_for(lambda: booking["start_at"] in journey.slots(world), 5, "the time to be free")
    world.quiet()
    assert visitor.booking(booking["booking_id"])["state"] == "expired"


def test_what_was_never_paid_is_not_confirmed_by_the_poller(world):
    """Cal.com still has it, because it could not be told."""
    visitor = journey.submit(world)
    booking = book_in_embed(visitor)
    world.fault("calcom.cancel", "status", status=503, times=None)
    world.move_to(journey.parse(booking["hold_expires_at"]))
    journey.wait_booking(visitor, booking["booking_id"], "expired")
    world.stack.clock(600)
    world.quiet()
    assert visitor.booking(booking["booking_id"])["state"] == "expired"
    assert journey.calcom_bookings(world, visitor.email)[0]["status"] == "accepted"
    world.clear_faults()
    world.run_next_attempt("booking_cancel", booking["booking_id"])
    world.wait_for(lambda: journey.calcom_bookings(world, visitor.email)[0]["status"]
                   == "cancelled", 10, "Cal.com to know")
    world.quiet()
    assert visitor.booking(booking["booking_id"])["state"] == "expired"
    assert not journey.messages(world, visitor.email, template="booking_confirmation")


def test_moved_in_the_embed_while_unpaid(world):
    visitor = journey.submit(world)
    booking = book_in_embed(visitor)
    new = journey.free_slot(world, after_h=96)
    world.sim.post(f"/_sim/calcom/bookings/{journey.uid_of(world, booking['booking_id'])}"
                   "/reschedule", {"start": new})
    world.wait_for(lambda: visitor.booking(booking["booking_id"])["start_at"] == new, 10,
                   "the booking to move")
    moved = visitor.booking(booking["booking_id"])
    assert moved["state"] == "pending_payment"
    assert moved["hold_expires_at"] == booking["hold_expires_at"]


def test_a_holder_may_book_the_held_time_in_the_embed(world):
    visitor = journey.submit(world, service=journey.FREE)
    start_at = journey.free_slot(world, journey.FREE)
    journey.hold(visitor, start_at)
    booking = book_in_embed(visitor, start=start_at)
    journey.wait_booking(visitor, booking["booking_id"], "confirmed")


def test_somebody_elses_address_does_not_take_an_intake(world):
    visitor = journey.submit(world, service=journey.FREE)
    email = f"thief{next(numbers)}@example.org"
    assert book_in_embed(visitor, email=email, expect_booking=False) is None
    assert note_of(world, email) == "the booker's address is not the intake's"


def test_an_address_is_the_same_in_capitals(world):
    visitor = journey.submit(world, service=journey.FREE)
    booking = book_in_embed(visitor, email=visitor.email.upper())
    journey.wait_booking(visitor, booking["booking_id"], "confirmed")


def test_another_event_type_does_not_take_an_intake(world):
    """A paid intake's reference must not buy the nurse's visit."""
    visitor = journey.submit(world)
    start_at = journey.free_slot(world, "nursing-assessment")
    assert book_in_embed(visitor, event_type_id=4712, start=start_at,
                         expect_booking=False) is None
    assert note_of(world, visitor.email) == "the event type is not the intake's service"


@pytest.mark.parametrize("reference", ["bk_", "nonsense", None])
def test_a_forged_reference_is_nobodys(world, reference):
    visitor = journey.submit(world, service=journey.FREE)
    genuine = visitor.intake["embed"]["reference"]
    forged = reference or genuine[:-1] + ("A" if genuine[-1] != "A" else "B")
    assert book_in_embed(visitor, metadata={"reference": forged}, responses={},
                         expect_booking=False) is None
    assert note_of(world, visitor.email) == "not a booking of ours"


def test_an_intake_books_once_whichever_way(world):
    visitor, booking = journey.confirmed(world)
    second = book_in_embed(visitor, start=journey.free_slot(world, journey.FREE, after_h=96),
                           expect_booking=False)
    assert second["booking_id"] == booking["booking_id"]
    assert journey.rows_of(world, "booking", visitor.intake_id) == 1


def test_cancelled_in_the_embed_before_we_heard_of_it(world):
    """Whatever the order, the booking was there and is over."""
    visitor = journey.submit(world, service=journey.FREE)
    start_at = journey.free_slot(world, journey.FREE, accept=journey.free_at_calcom(world))
    world.hook_fault("calcom", "drop", event="BOOKING_CREATED")
    world.sim.post("/_sim/calcom/book", {
        "event_type_id": 4713, "start": start_at, "name": "Ada Obi", "email": visitor.email,
        **carry(visitor, "both")})
    uid = journey.calcom_bookings(world, visitor.email)[0]["uid"]
    world.sim.post(f"/_sim/calcom/bookings/{uid}/cancel", {"reason": "ill"})
    booking = world.wait_for(lambda: ours(visitor), 10, "a booking of ours")
    assert booking["state"] == "cancelled"
    assert journey.uids(world, booking["booking_id"]) == {uid: "ended"}
    world.wait_for(lambda: start_at in journey.slots(world, journey.FREE), 5,
                   "the time to be free")


def test_moved_in_the_embed_before_we_heard_of_it(world):
    """Every uid is kept."""
    visitor = journey.submit(world, service=journey.FREE)
    accept = journey.free_at_calcom(world)
    start_at = journey.free_slot(world, journey.FREE, accept=accept)
    new = journey.free_slot(world, journey.FREE, after_h=120, accept=accept)
    world.hook_fault("calcom", "drop", event="BOOKING_CREATED")
    first = world.sim.post("/_sim/calcom/book", {
        "event_type_id": 4713, "start": start_at, "name": "Ada Obi", "email": visitor.email,
        **carry(visitor, "both")})["data"]["uid"]
    second = world.sim.post(f"/_sim/calcom/bookings/{first}/reschedule",
                            {"start": new})["data"]["uid"]
    booking = world.wait_for(lambda: ours(visitor), 10, "a booking of ours")
    booking = journey.wait_booking(visitor, booking["booking_id"], "confirmed")
    assert booking["start_at"] == new
    assert journey.uids(world, booking["booking_id"]) == {first: "superseded", second: "in_force"}


def test_half_an_hour_of_the_embed_is_kept_by_its_own_length(world):
    """Cal.com's end counts."""
    visitor = journey.submit(world, service=journey.FREE)
    booking = book_in_embed(visitor)
    assert journey.parse(booking["end_at"]) - journey.parse(booking["start_at"]) == \
        datetime.timedelta(minutes=15)
