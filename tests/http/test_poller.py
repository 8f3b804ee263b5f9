"""Cal.com sends each webhook at most once: what is lost is healed within ten minutes, and said."""
import journey
import pytest


def lose(world):
    """Cal.com's webhooks get lost until the test's end; those on their way arrive before."""
    world.quiet()
    world.hook_fault("calcom", "drop", times=-1)


def heals(world, booking_id):
    return world.sql("SELECT what FROM calcom_heal WHERE booking_id = %s ORDER BY healed_at",
                     booking_id)


def healed(world, booking_id):
    """Ten minutes pass; what the poller says it healed."""
    world.stack.clock(600)
    return [row["what"] for row in world.wait_for(lambda: heals(world, booking_id), 10,
                                                  "the poller to heal")]


def in_page(world, booking, what, body=None):
    uid = journey.uid_of(world, booking["booking_id"])
    return world.sim.post(f"/_sim/calcom/bookings/{uid}/{what}", body or {})


def test_a_lost_cancellation_is_healed(world):
    visitor, booking = journey.confirmed(world)
    lose(world)
    in_page(world, booking, "cancel", {"reason": "The nurse is ill"})
    assert healed(world, booking["booking_id"]) == ["confirmed -> cancelled"]
    assert visitor.booking(booking["booking_id"])["reason"] == "The nurse is ill"
    journey.wait_messages(world, visitor.email, template="booking_cancelled")


def test_a_lost_move_is_healed(world):
    visitor, booking = journey.confirmed(world)
    new = journey.free_slot(world, journey.FREE, after_h=96)
    lose(world)
    in_page(world, booking, "reschedule", {"start": new})
    assert len(healed(world, booking["booking_id"])) == 1
    moved = visitor.booking(booking["booking_id"])
    assert (moved["state"], moved["start_at"]) == ("confirmed", new)
    assert list(journey.uids(world, booking["booking_id"]).values()) == ["superseded", "in_force"]
    assert journey.wait_messages(world, visitor.email, template="booking_rescheduled")


def test_a_booking_made_in_the_embed_is_found(world):
    visitor = journey.submit(world, service=journey.FREE)
    start_at = journey.free_slot(world, journey.FREE)
    lose(world)
    embed = visitor.intake["embed"]
    world.sim.post("/_sim/calcom/book", {
        "event_type_id": 4713, "start": start_at, "name": "Ada", "email": visitor.email,
        "metadata": {embed["metadata_key"]: embed["reference"]}})
    world.stack.clock(600)
    row = world.wait_for(lambda: world.sql(
        "SELECT booking_id FROM booking WHERE intake_submission_id = %s", visitor.intake_id), 10,
        "the booking")[0]
    journey.wait_booking(visitor, row["booking_id"], "confirmed")
    assert world.wait_for(lambda: heals(world, row["booking_id"]), 5, "it to be said")


@pytest.mark.parametrize("where", ["move", "move twice", "move and cancel"])
def test_several_losses_of_one_booking_are_healed_together(world, where):
    visitor, booking = journey.confirmed(world)
    lose(world)
    starts = [journey.free_slot(world, journey.FREE, after_h=after) for after in (96, 144)]
    uid = in_page(world, booking, "reschedule", {"start": starts[0]})["data"]["uid"]
    wanted = {"state": "confirmed", "start_at": starts[0]}
    if where == "move twice":
        world.sim.post(f"/_sim/calcom/bookings/{uid}/reschedule", {"start": starts[1]})
        wanted["start_at"] = starts[1]
    elif where == "move and cancel":
        world.sim.post(f"/_sim/calcom/bookings/{uid}/cancel", {})
        wanted = {"state": "cancelled"}
    assert healed(world, booking["booking_id"])
    shown = visitor.booking(booking["booking_id"])
    assert {name: shown[name] for name in wanted} == wanted


def test_a_lost_no_show_is_healed(world):
    visitor, booking = journey.confirmed(world)
    world.move_to(journey.parse(booking["start_at"]))
    lose(world)
    in_page(world, booking, "no-show", {"absent": True})
    assert healed(world, booking["booking_id"])
    assert visitor.booking(booking["booking_id"])["state"] == "no_show"


def test_nothing_lost_is_nothing_healed(world):
    visitor, booking = journey.confirmed(world)
    new = journey.free_slot(world, journey.FREE, after_h=96)
    in_page(world, booking, "reschedule", {"start": new})
    world.wait_for(lambda: visitor.booking(booking["booking_id"])["start_at"] == new, 10, "it")
    world.quiet()
    polls = len(world.sql("SELECT 1 FROM job WHERE kind = 'calcom_poll' AND state = 'done'"))
    world.stack.clock(600)
    world.wait_for(lambda: len(world.sql(
        "SELECT 1 FROM job WHERE kind = 'calcom_poll' AND state = 'done'")) > polls, 10, "a poll")
    assert not heals(world, booking["booking_id"])


def test_what_was_healed_is_not_healed_again(world):
    visitor, booking = journey.confirmed(world)
    lose(world)
    in_page(world, booking, "cancel")
    assert len(healed(world, booking["booking_id"])) == 1
    world.stack.clock(600)
    world.quiet()
    assert len(heals(world, booking["booking_id"])) == 1
    assert len(journey.messages(world, visitor.email, template="booking_cancelled")) == 1


def test_a_poll_that_fails_forgets_nothing(world):
    visitor, booking = journey.confirmed(world)
    lose(world)
    in_page(world, booking, "cancel")
    fault = world.sim.post("/_sim/faults", {"operation": "calcom.list", "action": "status",
                                            "status": 500})
    world.stack.clock(1200)
    world.quiet()
    assert fault and not heals(world, booking["booking_id"])
    world.clear_faults()
    assert healed(world, booking["booking_id"]) == ["confirmed -> cancelled"]
    assert visitor.booking(booking["booking_id"])["state"] == "cancelled"
