"""Bookings from choice to outcome, whoever moves them: us, Cal.com, staff."""
import datetime
import itertools

import icalendar
import journey
import pytest

numbers = itertools.count(8301)
REASON = {"reason": "We are travelling"}


def act(client, operation, booking_id, expect, body=None):
    options = {} if body is None else {"json": body}
    return client.call(operation, path={"booking_id": booking_id}, expect=expect, **options).json


def reschedule(visitor, booking_id, start_at, expect=202):
    return act(visitor.client, "booking_reschedule", booking_id, expect,
               {"start_at": start_at, **REASON})


def wait_moved(visitor, booking_id, start_at):
    def moved():
        booking = visitor.booking(booking_id)
        return booking["state"] == "confirmed" and booking["start_at"] == start_at and booking
    return visitor.world.wait_for(moved, 10, f"the booking to stand at {start_at}")


def in_page(world, uid, what, body=None):
    return world.sim.post(f"/_sim/calcom/bookings/{uid}/{what}", body or {})


def take_at_calcom(world, start_at, event_type):
    """Somebody else gets the time there, and we are not told."""
    world.hook_fault("calcom", "drop", event="BOOKING_CREATED")
    world.sim.post("/_sim/calcom/book", {"event_type_id": event_type, "start": start_at,
                                         "name": "Somebody Else", "email": "else@example.org"})


def event_of(visitor, booking_id):
    reply = visitor.client.call("booking_calendar", path={"booking_id": booking_id}, expect=200)
    return next(iter(icalendar.Calendar.from_ical(reply.body).walk("VEVENT")))


def test_a_free_service_is_confirmed_at_once(world):
    visitor = journey.submit(world, service=journey.FREE, time_zone="America/New_York")
    start_at = journey.free_slot(world, journey.FREE)
    reply = visitor.client.call("booking_create", expect=202, json={
        "intake_submission_id": visitor.intake_id, "start_at": start_at})
    assert reply.json["state"] == "scheduling" and reply.headers["Retry-After"] == "1"
    booking = journey.wait_booking(visitor, reply.json["booking_id"], "confirmed")
    assert booking["start_at"] == start_at
    assert booking["start_local"] == journey.local(start_at, "America/New_York").isoformat()
    assert (booking["time_zone"], booking["care_time_zone"]) == ("America/New_York", "Africa/Lagos")
    assert (booking["price"], booking["payment_id"], booking["invoice_id"],
            booking["hold_expires_at"], booking["alternatives"]) == (None, None, None, None, [])
    assert booking["service"] == {"slug": journey.FREE, "name": "Discovery call"}


def test_calcom_hears_who_comes_and_why(world):
    visitor, booking = journey.confirmed(world)
    theirs, = journey.calcom_bookings(world, visitor.email)
    assert theirs["status"] == "accepted"
    assert journey.parse(theirs["start"]) == journey.parse(booking["start_at"])
    assert theirs["attendees"][0]["timeZone"] == "Europe/London"
    assert theirs["metadata"]["reference"] == visitor.intake["embed"]["reference"]
    assert journey.uids(world, booking["booking_id"]) == {theirs["uid"]: "in_force"}
    assert booking["location"] == theirs["location"]


def test_booking_create_may_name_another_zone(world):
    visitor = journey.submit(world, service=journey.FREE)
    booking = journey.book(visitor, time_zone="Australia/Sydney")
    assert booking["time_zone"] == "Australia/Sydney"
    refused = journey.book(visitor, time_zone="Sydney", expect=400)
    assert refused["errors"][0]["pointer"] == "/time_zone"


def test_a_paid_intake_books_without_paying_again(world):
    visitor = journey.submit(world)
    payment = journey.pay_intake(visitor)
    booking = journey.book(visitor)
    assert booking["state"] == "scheduling"
    booking = journey.wait_booking(visitor, booking["booking_id"], "confirmed")
    assert booking["payment_id"] == payment["payment_id"]
    assert booking["price"] == payment["amount"]
    assert booking["invoice_id"]


def test_a_booking_may_be_paid_later(world):
    visitor = journey.submit(world)
    booking = journey.book(visitor)
    assert booking["state"] == "pending_payment"
    minutes = (journey.parse(booking["hold_expires_at"]) - world.now()).total_seconds() / 60
    assert 19 < minutes <= 20
    assert not journey.calcom_bookings(world, visitor.email)
    payment = journey.open_payment(visitor, booking_id=booking["booking_id"])
    assert payment["booking_id"] == booking["booking_id"]
    journey.pay(world, payment)
    booking = journey.wait_booking(visitor, booking["booking_id"], "confirmed")
    assert booking["payment_id"] == payment["payment_id"]
    assert booking["hold_expires_at"] is None
    assert booking["invoice_id"]


def test_one_intake_has_one_booking(world):
    visitor, _ = journey.confirmed(world)
    assert journey.book(visitor, expect=409)["code"] == "booking_exists"


def test_a_time_that_calcom_gave_away_is_said_with_others(world):
    visitor = journey.submit(world)
    payment = journey.pay_intake(visitor)
    start_at = journey.free_slot(world)
    take_at_calcom(world, start_at, 4711)
    booking = journey.book(visitor, start_at)
    lost = journey.wait_booking(visitor, booking["booking_id"], "slot_taken")
    assert lost["reason"]
    assert journey.wait_messages(world, visitor.email, template="slot_taken")
    def fresh():
        others = visitor.booking(booking["booking_id"])["alternatives"]
        return others and start_at not in [other["start_at"] for other in others] and others
    others = world.wait_for(fresh, 10, "fresh alternatives")
    for other in others:
        assert other["start_local"] == journey.local(
            other["start_at"], "Europe/London").isoformat()
    second = journey.book(visitor, others[-1]["start_at"])
    second = journey.wait_booking(visitor, second["booking_id"], "confirmed")
    assert second["booking_id"] != booking["booking_id"]
    assert second["payment_id"] == payment["payment_id"]
    assert journey.rows_of(world, "payment", visitor.intake_id) == 1
    assert len(journey.calcom_bookings(world, visitor.email)) == 1


def test_booking_reschedule_moves_everything(world):
    visitor, booking = journey.confirmed(world)
    booking_id, old = booking["booking_id"], booking["start_at"]
    before = event_of(visitor, booking_id)
    new = journey.free_slot(world, journey.FREE, after_h=96)
    moving = reschedule(visitor, booking_id, new)
    assert (moving["state"], moving["requested_start_at"], moving["start_at"]) == \
        ("rescheduling", new, old)
    moved = wait_moved(visitor, booking_id, new)
    assert moved["requested_start_at"] is None
    assert list(journey.uids(world, booking_id).values()) == ["superseded", "in_force"]
    first, second = journey.calcom_bookings(world, visitor.email)
    assert (first["status"], second["status"]) == ("cancelled", "accepted")
    assert journey.uid_of(world, booking_id) == second["uid"]
    after = event_of(visitor, booking_id)
    assert after["UID"] == before["UID"] and after["SEQUENCE"] > before["SEQUENCE"]
    assert after["DTSTART"].dt == journey.parse(new)
    world.wait_for(lambda: old in journey.slots(world, journey.FREE), 5, "the old time to be free")
    assert new not in journey.slots(world, journey.FREE)
    assert journey.wait_messages(world, visitor.email, template="booking_rescheduled")
    world.quiet()
    assert len(journey.messages(world, visitor.email, template="booking_rescheduled")) == 1
    assert len(journey.messages(world, visitor.email, template="booking_confirmation")) == 1


def test_booking_reschedule_twice_keeps_every_uid(world):
    visitor, booking = journey.confirmed(world)
    for after_h in (72, 120):
        new = journey.free_slot(world, journey.FREE, after_h=after_h)
        reschedule(visitor, booking["booking_id"], new)
        wait_moved(visitor, booking["booking_id"], new)
    world.quiet()
    assert list(journey.uids(world, booking["booking_id"]).values()) == \
        ["superseded", "superseded", "in_force"]


def test_booking_reschedule_by_less_than_its_length(world, admin):
    visitor, booking = journey.confirmed(world, journey.CARE)
    new = journey.rfc3339(journey.parse(booking["start_at"]) + datetime.timedelta(minutes=30))
    world.sql("INSERT INTO availability_slot SELECT service_id, %s::timestamptz FROM service "
              "WHERE slug = %s ON CONFLICT DO NOTHING", new, journey.CARE)
    reschedule(visitor, booking["booking_id"], new)
    wait_moved(visitor, booking["booking_id"], new)
    held = world.sql("SELECT lower(during) AS start_at, upper(during) AS end_at FROM slot_hold "
                     "WHERE booking_id = %s AND released_at IS NULL", booking["booking_id"])
    assert [row["start_at"] for row in held] == [journey.parse(new)]
    assert held[0]["end_at"] - held[0]["start_at"] == datetime.timedelta(minutes=45)


def test_booking_reschedule_to_a_time_calcom_gave_away_stays(world):
    visitor, booking = journey.confirmed(world)
    booking_id = booking["booking_id"]
    new = journey.free_slot(world, journey.FREE, after_h=96)
    take_at_calcom(world, new, 4713)
    reschedule(visitor, booking_id, new)
    stayed = wait_moved(visitor, booking_id, booking["start_at"])
    assert "slot_taken" in stayed["reason"]
    assert stayed["requested_start_at"] is None
    assert len(journey.uids(world, booking_id)) == 1
    world.quiet()
    held = world.sql("SELECT lower(during) AS start_at FROM slot_hold WHERE booking_id = %s "
                     "AND released_at IS NULL", booking_id)
    assert [row["start_at"] for row in held] == [journey.parse(booking["start_at"])]
    assert not journey.messages(world, visitor.email, template="booking_rescheduled")


def test_booking_reschedule_refuses_what_makes_no_sense(world):
    visitor, booking = journey.confirmed(world)
    booking_id = booking["booking_id"]
    same = reschedule(visitor, booking_id, booking["start_at"], expect=409)
    assert (same["code"], same["errors"][0]["pointer"]) == ("conflict", "/start_at")
    past = journey.rfc3339(world.now() - journey.hours(1))
    assert reschedule(visitor, booking_id, past, expect=409)["code"] == "slot_in_past"
    held = journey.free_slot(world, journey.FREE)
    journey.hold(journey.submit(world, service=journey.FREE), held)
    assert reschedule(visitor, booking_id, held, expect=409)["code"] == "slot_taken"
    assert visitor.booking(booking_id)["state"] == "confirmed"
    waiting = journey.submit(world)
    unpaid = journey.book(waiting)
    new = journey.free_slot(world)
    refused = reschedule(waiting, unpaid["booking_id"], new, expect=409)
    assert refused["code"] == "booking_state"


def test_booking_cancel_tells_everybody(world):
    visitor, booking = journey.confirmed(world)
    booking_id = booking["booking_id"]
    cancelled = act(visitor.client, "booking_cancel", booking_id, 200, REASON)
    assert (cancelled["state"], cancelled["reason"]) == ("cancelled", REASON["reason"])
    world.wait_for(lambda: journey.calcom_bookings(world, visitor.email)[0]["status"]
                   == "cancelled", 10, "Cal.com to know")
    world.wait_for(lambda: list(journey.uids(world, booking_id).values()) == ["ended"], 10,
                   "the uid to end")
    mail, = journey.wait_messages(world, visitor.email, template="booking_cancelled")
    assert REASON["reason"] in mail["text"]
    world.wait_for(lambda: booking["start_at"] in journey.slots(world, journey.FREE), 5,
                   "the time to be free")
    world.quiet()
    assert visitor.booking(booking_id)["state"] == "cancelled"
    assert len(journey.messages(world, visitor.email, template="booking_cancelled")) == 1
    assert event_of(visitor, booking_id)["STATUS"] == "CANCELLED"
    assert act(visitor.client, "booking_cancel", booking_id, 409)["code"] == "booking_state"


def test_after_a_cancellation_the_intake_may_book_again(world):
    visitor, booking = journey.confirmed(world)
    act(visitor.client, "booking_cancel", booking["booking_id"], 200)
    second = journey.book(visitor)
    journey.wait_booking(visitor, second["booking_id"], "confirmed")


def test_booking_cancel_before_paying_is_no_news(world):
    visitor = journey.submit(world)
    booking = journey.book(visitor)
    act(visitor.client, "booking_cancel", booking["booking_id"], 200)
    assert booking["start_at"] in journey.slots(world)
    world.quiet()
    assert not journey.messages(world, visitor.email)


def test_booking_cancel_while_calcom_is_asked(world):
    """It has the booking, and has not answered yet."""
    world.hook_fault("calcom", "drop", event="BOOKING_CREATED")
    world.fault("calcom.book", "delay", ms=1500)
    visitor = journey.submit(world, service=journey.FREE)
    booking = journey.book(visitor)
    world.wait_for(lambda: journey.calcom_bookings(world, visitor.email), 10, "Cal.com to book")
    assert act(visitor.client, "booking_cancel", booking["booking_id"], 200)["state"] == "cancelled"
    def gone():
        theirs = journey.calcom_bookings(world, visitor.email)
        return theirs and theirs[0]["status"] == "cancelled"
    world.wait_for(gone, 10, "Cal.com's booking to be cancelled")
    world.quiet()
    assert visitor.booking(booking["booking_id"])["state"] == "cancelled"
    assert not journey.messages(world, visitor.email, template="booking_confirmation")


@pytest.mark.parametrize("action", ["timeout_after", "malformed"])
def test_a_lost_answer_of_calcom_books_once(world, action):
    world.fault("calcom.book", action)
    visitor = journey.submit(world, service=journey.FREE)
    booking = journey.book(visitor)
    world.run_next_attempt("booking_schedule", booking["booking_id"])
    journey.wait_booking(visitor, booking["booking_id"], "confirmed")
    assert len(journey.calcom_bookings(world, visitor.email)) == 1


def test_calcom_being_down_delays_a_booking(world):
    world.fault("calcom.book", "status", status=503, times=2)
    visitor = journey.submit(world, service=journey.FREE)
    booking = journey.book(visitor)
    world.run_next_attempt("booking_schedule", booking["booking_id"])
    world.run_next_attempt("booking_schedule", booking["booking_id"])
    journey.wait_booking(visitor, booking["booking_id"], "confirmed")


def test_moved_in_calcoms_pages(world):
    visitor, booking = journey.confirmed(world)
    new = journey.free_slot(world, journey.FREE, after_h=96)
    in_page(world, journey.uid_of(world, booking["booking_id"]), "reschedule", {"start": new})
    moved = wait_moved(visitor, booking["booking_id"], new)
    assert moved["booking_id"] == booking["booking_id"]
    assert list(journey.uids(world, booking["booking_id"]).values()) == ["superseded", "in_force"]
    mail, = journey.wait_messages(world, visitor.email, template="booking_rescheduled")
    assert "consultation.ics" in [part["name"] for part in mail["attachments"]]
    world.quiet()
    assert len(journey.messages(world, visitor.email, template="booking_rescheduled")) == 1


def test_cancelled_in_calcoms_pages(world):
    visitor, booking = journey.confirmed(world)
    uid = journey.uid_of(world, booking["booking_id"])
    in_page(world, uid, "cancel", {"reason": "The nurse is ill"})
    cancelled = journey.wait_booking(visitor, booking["booking_id"], "cancelled")
    assert cancelled["reason"] == "The nurse is ill"
    mail, = journey.wait_messages(world, visitor.email, template="booking_cancelled")
    assert "The nurse is ill" in mail["text"]
    world.quiet()
    assert journey.uids(world, booking["booking_id"]) == {uid: "ended"}
    assert not world.jobs("booking_cancel", booking["booking_id"])


def test_the_host_asks_for_another_time(world):
    visitor, booking = journey.confirmed(world)
    in_page(world, journey.uid_of(world, booking["booking_id"]), "cancel",
            {"request_reschedule": True})
    cancelled = journey.wait_booking(visitor, booking["booking_id"], "cancelled")
    assert "another time" in cancelled["reason"]


def test_moved_by_us_then_cancelled_by_them(world):
    visitor, booking = journey.confirmed(world)
    new = journey.free_slot(world, journey.FREE, after_h=96)
    reschedule(visitor, booking["booking_id"], new)
    wait_moved(visitor, booking["booking_id"], new)
    in_page(world, journey.uid_of(world, booking["booking_id"]), "cancel")
    journey.wait_booking(visitor, booking["booking_id"], "cancelled")
    world.quiet()
    assert list(journey.uids(world, booking["booking_id"]).values()) == ["superseded", "ended"]


@pytest.fixture(scope="module")
def asking(world, admin):
    """A free service whose host wants to confirm each booking: its slug."""
    number = next(numbers)
    slug = f"service-{number}"
    world.event_type(number, length=30, requires_confirmation=True)
    admin.call("service_create", expect=201, json={
        "slug": slug, "name": "By request", "duration_minutes": 30,
        "calcom_event_type_id": str(number)})
    admin.call("intake_form_put", path={"slug": slug}, json={"fields": []}, expect=200)
    world.sql("INSERT INTO job (kind, dedupe_key, attempts_max) "
              "VALUES ('availability_refresh', uuid_v7()::text, 3)")
    world.sql("NOTIFY care_job")
    return slug


def request(world, slug):
    visitor = journey.submit(world, service=slug, answers={})
    booking = journey.book(visitor)
    return visitor, journey.wait_booking(visitor, booking["booking_id"], "requested")


def test_a_request_waits_for_the_host(world, asking):
    visitor, booking = request(world, asking)
    world.quiet()
    assert visitor.booking(booking["booking_id"])["state"] == "requested"
    assert not journey.messages(world, visitor.email, template="booking_confirmation")
    assert not journey.planned(world, booking["booking_id"], "booking_reminder")


def test_booking_confirm_accepts_a_request(world, asking, staff):
    visitor, booking = request(world, asking)
    booking_id = booking["booking_id"]
    act(staff, "booking_confirm", booking_id, 202)
    journey.wait_booking(visitor, booking_id, "confirmed")
    assert journey.calcom_bookings(world, visitor.email)[0]["status"] == "accepted"
    journey.wait_messages(world, visitor.email, template="booking_confirmation")
    world.quiet()
    assert len(journey.messages(world, visitor.email, template="booking_confirmation")) == 1
    assert journey.planned(world, booking_id, "booking_reminder")
    assert act(staff, "booking_confirm", booking_id, 409)["code"] == "booking_state"
    assert act(staff, "booking_decline", booking_id, 409)["code"] == "booking_state"


def test_booking_decline_refuses_a_request(world, asking, staff):
    visitor, booking = request(world, asking)
    act(staff, "booking_decline", booking["booking_id"], 202, {"reason": "No nurse that day"})
    declined = journey.wait_booking(visitor, booking["booking_id"], "declined")
    assert declined["reason"] == "No nurse that day"
    assert journey.calcom_bookings(world, visitor.email)[0]["status"] == "rejected"
    mail, = journey.wait_messages(world, visitor.email, template="booking_cancelled")
    assert "No nurse that day" in mail["text"]
    world.wait_for(lambda: booking["start_at"] in journey.slots(world, asking), 5,
                   "the time to be free")
    second = journey.book(visitor)
    journey.wait_booking(visitor, second["booking_id"], "requested")


@pytest.mark.parametrize("what, state", [("confirm", "confirmed"), ("decline", "declined")])
def test_the_host_decides_in_calcoms_pages(world, asking, what, state):
    visitor, booking = request(world, asking)
    in_page(world, journey.uid_of(world, booking["booking_id"]), what)
    journey.wait_booking(visitor, booking["booking_id"], state)


def test_a_request_may_be_cancelled(world, asking):
    visitor, booking = request(world, asking)
    act(visitor.client, "booking_cancel", booking["booking_id"], 200)
    world.wait_for(lambda: journey.calcom_bookings(world, visitor.email)[0]["status"]
                   == "cancelled", 10, "Cal.com to know")


def test_deciding_is_for_staff(world, asking, family):
    visitor, booking = request(world, asking)
    for operation in ("booking_confirm", "booking_decline"):
        for client, status in ((visitor.client, 403), (family, 403), (world.guest(), 401)):
            act(client, operation, booking["booking_id"], status)
    assert visitor.booking(booking["booking_id"])["state"] == "requested"


def test_booking_calendar_wants_a_booking_with_a_time(world):
    visitor, booking = journey.confirmed(world)
    event = event_of(visitor, booking["booking_id"])
    assert event["DTSTART"].dt == journey.parse(booking["start_at"])
    assert event["DTEND"].dt == journey.parse(booking["end_at"])
    assert event["STATUS"] == "CONFIRMED"
    waiting = journey.submit(world)
    unpaid = journey.book(waiting)
    refused = act(waiting.client, "booking_calendar", unpaid["booking_id"], 409)
    assert refused["code"] == "booking_state"


def test_booking_list_filters_and_pages(world, staff):
    since = journey.rfc3339(world.now())
    made = [journey.book(journey.submit(world))["booking_id"] for _ in range(3)]
    first = staff.call("booking_list", query={"limit": 2, "state": "pending_payment"}).json
    assert [row["booking_id"] for row in first["data"]] == made[:0:-1]
    assert first["has_more"] is True
    rest = staff.call("booking_list", expect=200, query={
        "state": "pending_payment", "updated_since": since, "starting_after": made[1]}).json
    assert made[0] in [row["booking_id"] for row in rest["data"]]
    assert made[1] not in [row["booking_id"] for row in rest["data"]]
    later = journey.rfc3339(world.now() + journey.hours(1))
    assert staff.call("booking_list", query={"updated_since": later}).json == \
        {"data": [], "has_more": False}
    refused = staff.call("booking_list", query={"state": "lost"}, expect=400)
    assert refused.pointers == ["query/state"]


def test_booking_outcome_comes_after_the_start(world, staff, family):
    visitor, booking = journey.confirmed(world)
    booking_id = booking["booking_id"]
    early = act(staff, "booking_outcome", booking_id, 409, {"outcome": "completed"})
    assert early["code"] == "booking_state"
    world.move_to(journey.parse(booking["start_at"]))
    act(visitor.client, "booking_outcome", booking_id, 403, {"outcome": "completed"})
    act(family, "booking_outcome", booking_id, 403, {"outcome": "completed"})
    ended = act(staff, "booking_outcome", booking_id, 200, {"outcome": "no_show"})
    assert ended["state"] == "no_show"
    assert act(staff, "booking_outcome", booking_id, 200,
               {"outcome": "completed"})["state"] == "completed"


def test_booking_cancel_after_the_start_is_for_staff(world, staff):
    visitor, booking = journey.confirmed(world)
    world.move_to(journey.parse(booking["start_at"]))
    act(visitor.client, "booking_cancel", booking["booking_id"], 409)
    assert act(staff, "booking_cancel", booking["booking_id"], 200)["state"] == "cancelled"


def test_no_show_in_calcoms_pages(world):
    visitor, booking = journey.confirmed(world)
    world.move_to(journey.parse(booking["start_at"]))
    in_page(world, journey.uid_of(world, booking["booking_id"]), "no-show", {"absent": True})
    journey.wait_booking(visitor, booking["booking_id"], "no_show")


def test_a_consultation_nobody_spoke_of_counts_as_held(world):
    visitor, booking = journey.confirmed(world)
    world.move_to(journey.parse(booking["end_at"]) + datetime.timedelta(minutes=29))
    world.quiet()
    assert visitor.booking(booking["booking_id"])["state"] == "confirmed"
    world.move_to(journey.parse(booking["end_at"]) + datetime.timedelta(minutes=30))
    journey.wait_booking(visitor, booking["booking_id"], "completed")
