"""Reminders: planned with a rule, sent when their hour comes, moved and dropped with the booking."""
import datetime
import itertools

import journey
import pytest

numbers = itertools.count(1)
LAGOS_HOUR = {"preferred": 9, "moved_later": 17, "window_quiet": 9}


def reminders(visitor, booking):
    return visitor.client.call("booking_reminders", path={"booking_id": booking["booking_id"]},
                               expect=200).json["data"]


def at_hour(hour):
    """Accepts starts at that hour in Lagos."""
    return lambda start_at: journey.local(start_at, journey.CARE_ZONE).strftime(
        "%H:%M") == f"{hour:02d}:00"


def confirmed_at(world, hour, zone, service=journey.CARE, **changes):
    visitor = journey.submit(world, service=service, time_zone=zone, **changes)
    if service != journey.FREE:
        journey.pay_intake(visitor)
    booking = journey.book(visitor, journey.free_slot(world, service, accept=at_hour(hour)))
    return visitor, journey.wait_booking(visitor, booking["booking_id"], "confirmed")


def before(booking, reminder):
    """Hours between a reminder and the start."""
    gap = journey.parse(booking["start_at"]) - journey.parse(reminder["send_at"])
    return gap.total_seconds() / 3600


@pytest.mark.parametrize("zone, hour, rule, hours", [
    # 12 h before 09:00 in Lagos it is noon on Pitcairn, which keeps UTC-8 all year.
    ("Pacific/Pitcairn", 9, "preferred", 12),
    # 12 h before 17:00 it is 05:00 in Lagos; the night ends at 07:00.
    ("Africa/Lagos", 17, "moved_later", 10),
    # From 21:00 to 03:00 the client sleeps; 21:00 is where the night begins.
    ("Africa/Lagos", 9, "window_quiet", 12),
])
def test_reminders_are_planned_by_the_clients_day(world, zone, hour, rule, hours):
    visitor, booking = confirmed_at(world, hour, zone)
    planned = reminders(visitor, booking)
    assert sorted(one["channel"] for one in planned) == ["email", "sms"]
    for one in planned:
        assert (one["rule"], before(booking, one), one["state"], one["sent_at"]) == \
            (rule, hours, "planned", None)
        assert one["explanation"]
        assert one["send_at_client"] == journey.local(one["send_at"], zone).isoformat()
        assert one["send_at_care"] == journey.local(one["send_at"], journey.CARE_ZONE).isoformat()


def test_a_clients_own_quiet_hours_count(world, family):
    """Somebody who works at night and sleeps from 10:00 to 18:00."""
    world.sql("UPDATE app_user SET quiet_from_min = 600, quiet_until_min = 1080 "
              "WHERE email = 'ada@demo.example'")
    try:
        visitor = journey.submit(world, family, time_zone="Pacific/Pitcairn")
        journey.pay_intake(visitor)
        booking = journey.book(visitor, journey.free_slot(world, accept=at_hour(9)))
        booking = journey.wait_booking(visitor, booking["booking_id"], "confirmed")
        # 12 h before is noon there, 6 h before is 18:00: awake again.
        assert {(one["rule"], before(booking, one)) for one in reminders(visitor, booking)} == \
            {("moved_later", 6)}
    finally:
        world.sql("UPDATE app_user SET quiet_from_min = 1260, quiet_until_min = 420 "
                  "WHERE email = 'ada@demo.example'")


def test_reminders_are_sent_when_their_hour_comes(world):
    visitor, booking = journey.confirmed(world)
    send_at = journey.parse(reminders(visitor, booking)[0]["send_at"])
    world.move_to(send_at - datetime.timedelta(seconds=60))
    world.quiet()
    assert {one["state"] for one in reminders(visitor, booking)} == {"planned"}
    assert not journey.messages(world, visitor.email, template="booking_reminder")
    world.move_to(send_at)
    world.wait_for(lambda: {one["state"] for one in reminders(visitor, booking)} == {"sent"}, 10,
                   "both to be sent")
    mail, = journey.wait_messages(world, visitor.email, template="booking_reminder")
    texts = journey.wait_messages(world, visitor.phone, "sms", count=2)
    there = journey.local(booking["start_at"], "Europe/London").strftime("%H:%M")
    assert there in mail["text"] and there in texts[1]["body"]
    for one in reminders(visitor, booking):
        late = journey.parse(one["sent_at"]) - send_at
        assert datetime.timedelta() <= late < datetime.timedelta(seconds=30)
    world.quiet()
    assert len(journey.messages(world, visitor.email, template="booking_reminder")) == 1
    assert len(journey.messages(world, visitor.phone, "sms")) == 2


def test_reminders_are_planned_again_when_the_booking_moves(world):
    visitor, booking = journey.confirmed(world)
    old = reminders(visitor, booking)
    new = journey.free_slot(world, journey.FREE, after_h=120)
    visitor.client.call("booking_reschedule", path={"booking_id": booking["booking_id"]},
                        json={"start_at": new}, expect=202)
    def moved():
        shown = visitor.booking(booking["booking_id"])
        return shown["start_at"] == new and shown
    booking = world.wait_for(moved, 10, "the booking to move")
    after = reminders(visitor, booking)
    assert sorted(one["state"] for one in after) == ["cancelled"] * 2 + ["planned"] * 2
    fresh = [one for one in after if one["state"] == "planned"]
    assert all(6 <= before(booking, one) <= 12 for one in fresh)
    assert sorted(one["send_at"] for one in after if one["state"] == "cancelled") == \
        sorted(one["send_at"] for one in old)
    world.move_to(journey.parse(old[0]["send_at"]) + datetime.timedelta(minutes=1))
    world.quiet()
    assert not journey.messages(world, visitor.email, template="booking_reminder")
    world.move_to(journey.parse(fresh[0]["send_at"]))
    journey.wait_messages(world, visitor.email, template="booking_reminder")


@pytest.mark.parametrize("side", ["ours", "Cal.com's"])
def test_reminders_are_dropped_when_the_booking_is_cancelled(world, side):
    visitor, booking = journey.confirmed(world)
    send_at = journey.parse(reminders(visitor, booking)[0]["send_at"])
    if side == "ours":
        visitor.client.call("booking_cancel", path={"booking_id": booking["booking_id"]},
                            expect=200)
    else:
        uid = journey.uid_of(world, booking["booking_id"])
        world.sim.post(f"/_sim/calcom/bookings/{uid}/cancel", {})
        journey.wait_booking(visitor, booking["booking_id"], "cancelled")
    assert {one["state"] for one in reminders(visitor, booking)} == {"cancelled"}
    world.move_to(send_at)
    world.quiet()
    assert not journey.messages(world, visitor.email, template="booking_reminder")


def test_a_reminder_job_of_a_lost_booking_says_nothing(world):
    """Even if the row was forgotten: the booking's state is asked when the hour comes."""
    visitor, booking = journey.confirmed(world)
    send_at = journey.parse(reminders(visitor, booking)[0]["send_at"])
    world.sql("UPDATE booking SET state = 'cancelled' WHERE booking_id = %s",
              booking["booking_id"])
    world.move_to(send_at)
    world.quiet()
    assert {one["state"] for one in reminders(visitor, booking)} == {"cancelled"}
    assert not journey.messages(world, visitor.email, template="booking_reminder")


def test_a_worker_that_comes_too_late_does_not_remind(world):
    """A reminder after the start would only confuse."""
    visitor, booking = journey.confirmed(world)
    world.stack.process("worker").stop_clean()
    world.move_to(journey.parse(booking["start_at"]) + datetime.timedelta(minutes=5))
    world.stack.start("worker")
    world.wait_for(lambda: {one["state"] for one in reminders(visitor, booking)} == {"cancelled"},
                   15, "the reminders to be dropped")
    assert not journey.messages(world, visitor.email, template="booking_reminder")


def test_without_a_phone_there_is_one_reminder(world):
    visitor, booking = journey.confirmed(world, contact=journey.contact(phone=None))
    assert [one["channel"] for one in reminders(visitor, booking)] == ["email"]


def morning(world):
    """Moves to half past seven in Lagos: the day's times are still to come."""
    now = world.now().astimezone(datetime.timezone(datetime.timedelta(hours=1)))
    then = (now + datetime.timedelta(days=1)).replace(hour=7, minute=30, second=0, microsecond=0)
    world.move_to(then)


def soon(world, at_least_h, at_most_h):
    begin = world.now()
    return journey.free_slot(world, journey.FREE, after_h=at_least_h, accept=lambda start_at: (
        journey.parse(start_at) - begin) < journey.hours(at_most_h))


def test_booked_late_is_reminded_at_once(world):
    morning(world)
    visitor = journey.submit(world, service=journey.FREE)
    booking = journey.book(visitor, soon(world, 3, 5.5))
    booking = journey.wait_booking(visitor, booking["booking_id"], "confirmed")
    journey.wait_messages(world, visitor.email, template="booking_reminder")
    journey.wait_messages(world, visitor.phone, "sms", count=2)
    assert {one["rule"] for one in reminders(visitor, booking)} == {"booked_late"}
    world.quiet()
    assert len(journey.messages(world, visitor.email, template="booking_reminder")) == 1


def test_booked_inside_the_window_waits_for_the_clients_morning(world):
    """07:30 in Lagos is the middle of the night in New York."""
    morning(world)
    visitor = journey.submit(world, service=journey.FREE, time_zone="America/New_York")
    booking = journey.book(visitor, soon(world, 9, 10.5))
    booking = journey.wait_booking(visitor, booking["booking_id"], "confirmed")
    for one in reminders(visitor, booking):
        assert one["rule"] in ("booked_inside", "window_quiet")
        assert 6 <= before(booking, one) <= 10.5
        if one["rule"] == "booked_inside":
            assert 7 <= journey.parse(one["send_at_client"]).hour < 21


def test_reminders_of_a_service_across_a_change_of_clocks(world):
    """Twelve elapsed hours, shown on both sides' clocks."""
    world.move_to(datetime.datetime(2027, 3, 10, 6, tzinfo=journey.UTC))
    world.sql("NOTIFY care_job")
    accept = lambda start_at: start_at.startswith("2027-03-14T") and at_hour(16)(start_at)
    visitor = journey.submit(world, service=journey.FREE, time_zone="America/New_York")
    booking = journey.book(visitor, journey.free_slot(world, journey.FREE, accept=accept))
    booking = journey.wait_booking(visitor, booking["booking_id"], "confirmed")
    one = reminders(visitor, booking)[0]
    # 15:00Z is 11:00 EDT; 03:00Z was 22:00 EST, in the night; 07:00 EDT is 4 h before: too late.
    assert one["rule"] == "window_quiet"
    assert one["send_at"] in ("2027-03-14T03:00:00Z", "2027-03-14T09:00:00Z")
    assert one["send_at_client"] == journey.local(one["send_at"], "America/New_York").isoformat()
