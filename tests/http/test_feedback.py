"""After the consultation: thanks, a rating, and one follow-up for who did not answer."""
import datetime
import urllib.parse

import journey
import pytest

TWO_DAYS = datetime.timedelta(hours=48)


def held(world, staff, outcome="completed", client=None):
    """(visitor, booking) of a consultation that took place, or did not."""
    visitor, booking = journey.confirmed(world, client=client)
    world.move_to(journey.parse(booking["end_at"]))
    staff.call("booking_outcome", path={"booking_id": booking["booking_id"]},
               json={"outcome": outcome}, expect=200)
    return visitor, booking


def rate(client, booking, rating=5, expect=201, **more):
    return client.call("booking_feedback", path={"booking_id": booking["booking_id"]},
                       json={"rating": rating, **more}, expect=expect)


def wait_two_days(world):
    world.move_to(world.now() + TWO_DAYS)
    world.quiet()


def follow_ups(world, visitor):
    return journey.messages(world, visitor.email, template="feedback_follow_up")


def test_the_client_is_thanked_and_asked(world, staff):
    visitor, booking = held(world, staff)
    mail, = journey.wait_messages(world, visitor.email, template="booking_thank_you")
    link = next(word for word in mail["text"].split() if "/feedback/" in word)
    parts = urllib.parse.urlsplit(link)
    assert parts.path == f"/feedback/{booking['booking_id']}"
    asked = world.guest().with_headers(X_Link_Token=parts.fragment.removeprefix("token="))
    given = rate(asked, booking, 4, comment="Ẹ ṣé gan-an").json
    assert (given["rating"], given["comment"]) == (4, "Ẹ ṣé gan-an")
    assert visitor.booking(booking["booking_id"])["feedback"] == 4
    world.quiet()
    assert len(journey.messages(world, visitor.email, template="booking_thank_you")) == 1


def test_feedback_is_given_once(world, staff):
    visitor, booking = held(world, staff)
    rate(visitor.client, booking)
    assert rate(visitor.client, booking, 1, expect=409).code == "feedback_given"
    assert visitor.booking(booking["booking_id"])["feedback"] == 5


def test_feedback_of_a_signed_in_client(world, staff, family, other_family):
    _, booking = held(world, staff, client=family)
    rate(other_family, booking, expect=404)
    rate(journey.submit(world).client, booking, expect=404)
    rate(staff, booking, expect=403)
    rate(world.guest(), booking, expect=401)
    rate(family, booking)


@pytest.mark.parametrize("body, pointer", [
    ({"rating": 0}, "/rating"), ({"rating": 6}, "/rating"), ({"rating": 4.5}, "/rating"),
    ({"rating": "5"}, "/rating"), ({}, "/rating"), ({"rating": 5, "comment": "x" * 2001}, "/comment"),
    ({"rating": 5, "stars": 5}, "/stars"),
])
def test_feedback_points_at_what_is_wrong(world, staff, body, pointer):
    visitor = journey.submit(world)
    refused = visitor.client.call("booking_feedback", json=body, expect=400, path={
        "booking_id": "019328c8-0000-7000-8000-000000000050"})
    assert refused.pointers == [pointer]


def test_feedback_before_the_consultation_is_refused(world):
    visitor, booking = journey.confirmed(world)
    assert rate(visitor.client, booking, expect=409).code == "booking_state"


def test_feedback_right_after_the_end_needs_nobody(world):
    """Before staff said how it went."""
    visitor, booking = journey.confirmed(world)
    world.move_to(journey.parse(booking["end_at"]))
    rate(visitor.client, booking)


def test_who_does_not_answer_is_asked_once_more(world, staff):
    visitor, _ = held(world, staff)
    journey.wait_messages(world, visitor.email, template="booking_thank_you")
    world.move_to(world.now() + TWO_DAYS - datetime.timedelta(minutes=2))
    world.quiet()
    assert not follow_ups(world, visitor)
    world.stack.clock(121)
    mail, = journey.wait_messages(world, visitor.email, template="feedback_follow_up")
    assert "/feedback/" in mail["text"]
    world.stack.clock(30 * 86400)
    world.quiet()
    assert len(follow_ups(world, visitor)) == 1


def test_an_answer_cancels_the_follow_up(world, staff):
    visitor, booking = held(world, staff)
    world.quiet()
    rate(visitor.client, booking, 2)
    wait_two_days(world)
    assert not follow_ups(world, visitor)
    states = {row["state"] for row in
              journey.planned(world, booking["booking_id"], "feedback_follow_up")}
    assert states == {"cancelled"}


def test_a_no_show_is_neither_thanked_nor_followed_up(world, staff):
    visitor, booking = held(world, staff, "no_show")
    wait_two_days(world)
    assert not journey.messages(world, visitor.email, template="booking_thank_you")
    assert not follow_ups(world, visitor)
    assert rate(visitor.client, booking, expect=409).code == "booking_state"


def test_a_completed_that_was_a_no_show_after_all(world, staff):
    visitor, booking = held(world, staff)
    world.quiet()
    staff.call("booking_outcome", path={"booking_id": booking["booking_id"]},
               json={"outcome": "no_show"}, expect=200)
    wait_two_days(world)
    assert not follow_ups(world, visitor)


def test_a_cancelled_booking_is_neither_thanked_nor_followed_up(world):
    visitor, booking = journey.confirmed(world)
    visitor.client.call("booking_cancel", path={"booking_id": booking["booking_id"]}, expect=200)
    world.move_to(journey.parse(booking["end_at"]) + journey.hours(1))
    wait_two_days(world)
    assert not journey.messages(world, visitor.email, template="booking_thank_you")
    assert not follow_ups(world, visitor)
    assert rate(visitor.client, booking, expect=409).code == "booking_state"


def test_a_consultation_nobody_spoke_of_is_thanked_once(world, staff):
    """Half an hour after the end it counts as held; staff agreeing later changes nothing."""
    visitor, booking = journey.confirmed(world)
    world.move_to(journey.parse(booking["end_at"]) + datetime.timedelta(minutes=30))
    journey.wait_messages(world, visitor.email, template="booking_thank_you")
    staff.call("booking_outcome", path={"booking_id": booking["booking_id"]},
               json={"outcome": "completed"}, expect=200)
    world.quiet()
    assert len(journey.messages(world, visitor.email, template="booking_thank_you")) == 1
