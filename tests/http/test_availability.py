"""Free times as visitors see them, and holding one."""
import concurrent.futures
import datetime
import itertools

import journey
import pytest

numbers = itertools.count(8201)


def new_service(world, admin, **changes):
    """A free service with a calendar of its own at Cal.com: its slug."""
    number = next(numbers)
    slug = f"service-{number}"
    admin.call("service_create", expect=201, json={
        "slug": slug, "name": "A service", "duration_minutes": 45,
        "calcom_event_type_id": str(number), **changes})
    admin.call("intake_form_put", path={"slug": slug}, json={"fields": []}, expect=200)
    refresh(world)
    return slug


def refresh(world):
    """What the worker does every minute."""
    world.sql("INSERT INTO job (kind, dedupe_key, attempts_max) "
              "VALUES ('availability_refresh', uuid_v7()::text, 3)")
    world.sql("NOTIFY care_job")
    world.quiet()


def offered(world, start_at, service=journey.CARE):
    return start_at in journey.slots(world, service)


def test_availability_get_groups_by_the_visitors_day(world):
    """Lagos opens at 08:00: the day before on Pitcairn, which keeps UTC-8 all year."""
    journey.free_slot(world)
    shown = journey.availability(world, zone="Pacific/Pitcairn", days=10).json
    assert (shown["service"], shown["time_zone"], shown["duration_minutes"]) == \
        (journey.CARE, "Pacific/Pitcairn", 45)
    check_days(shown, "Pacific/Pitcairn")
    hours = {journey.parse(slot["start_local"]).hour
             for day in shown["days"] for slot in day["slots"]}
    assert 23 in hours


def check_days(shown, zone):
    dates = [day["date"] for day in shown["days"]]
    assert dates == sorted(set(dates))
    for day in shown["days"]:
        starts = [slot["start_at"] for slot in day["slots"]]
        assert starts == sorted(set(starts)) and starts
        for slot in day["slots"]:
            assert slot["start_local"] == journey.local(slot["start_at"], zone).isoformat()
            assert slot["start_local"][:10] == day["date"]


def test_availability_get_shows_what_calcom_offers(world):
    start_at = journey.free_slot(world)
    begin = journey.parse(start_at)
    reply = journey.requests.get(
        f"{world.sim.url}/calcom/v2/slots", timeout=10,
        headers={"cal-api-version": "2024-09-04",
                 "Authorization": f"Bearer {world.stack.settings['CARE_CALCOM_API_KEY']}"},
        params={"eventTypeId": "4711", "start": journey.rfc3339(begin),
                "end": journey.rfc3339(begin + datetime.timedelta(days=5))})
    theirs = {journey.rfc3339(journey.parse(slot["start"]))
              for day in reply.json()["data"].values() for slot in day}
    ours = set(journey.slots(world, begin=begin, days=5))
    assert ours and ours <= theirs
    assert {start for start in theirs
            if journey.parse(start) < begin + datetime.timedelta(days=5)} == ours


def test_availability_get_shows_nothing_that_has_passed(world):
    begin = world.now() - datetime.timedelta(days=3)
    assert all(journey.parse(start) > world.now() for start in journey.slots(world, begin=begin))


@pytest.mark.parametrize("query, pointer", [
    ({"to": "2026-11-22T00:00:00Z"}, "query/to"),
    ({"to": "2027-11-24T00:00:00Z"}, "query/to"),
    ({"from": "yesterday"}, "query/from"),
    ({"from": "2026-11-23"}, "query/from"),
    ({"time_zone": "Lagos"}, "query/time_zone"),
    ({"time_zone": None}, "query/time_zone"),
    ({"service": "a b"}, "query/service"),
    ({"colour": "red"}, "query/colour"),
])
def test_availability_get_points_at_a_bad_parameter(client, query, pointer):
    whole = {"service": journey.CARE, "from": "2026-11-23T00:00:00Z", "to": "2026-11-24T00:00:00Z",
             "time_zone": "Europe/London", **query}
    sent = {name: value for name, value in whole.items() if value is not None}
    assert client.call("availability_get", query=sent, expect=400).pointers == [pointer]


def test_availability_get_of_an_unknown_service_is_404(client):
    client.call("availability_get", expect=404, query={
        "service": "no-such-service", "from": "2026-11-23T00:00:00Z",
        "to": "2026-11-24T00:00:00Z", "time_zone": "UTC"})


def test_slot_hold_takes_a_time_from_everybody(world):
    visitor = journey.submit(world)
    start_at = journey.free_slot(world)
    held = journey.hold(visitor, start_at).json
    minutes = (journey.parse(held["expires_at"]) - world.now()).total_seconds() / 60
    assert (held["start_at"], held["intake_submission_id"]) == (start_at, visitor.intake_id)
    assert 19 < minutes <= 20
    assert journey.parse(held["end_at"]) - journey.parse(start_at) == datetime.timedelta(minutes=45)
    assert not offered(world, start_at)
    overlapping = journey.rfc3339(journey.parse(start_at) + datetime.timedelta(minutes=30))
    assert not offered(world, overlapping)
    other = journey.submit(world)
    assert journey.hold(other, start_at, expect=409).code == "slot_taken"
    assert journey.book(other, start_at, expect=409)["code"] == "slot_taken"


def test_slot_hold_of_an_intake_replaces_its_last_one(world):
    visitor = journey.submit(world)
    first = journey.free_slot(world)
    journey.hold(visitor, first)
    second = journey.free_slot(world)
    journey.hold(visitor, second)
    assert offered(world, first) and not offered(world, second)


def test_slot_hold_delete_gives_the_time_back(world):
    visitor, other = journey.submit(world), journey.submit(world)
    start_at = journey.free_slot(world)
    path = {"slot_hold_id": journey.hold(visitor, start_at).json["slot_hold_id"]}
    other.client.call("slot_hold_delete", path=path, expect=404)
    world.guest().call("slot_hold_delete", path=path, expect=401)
    assert not offered(world, start_at)
    visitor.client.call("slot_hold_delete", path=path, expect=204)
    assert offered(world, start_at)
    visitor.client.call("slot_hold_delete", path=path, expect=404)


def test_slot_hold_delete_by_staff(world, staff):
    path = {"slot_hold_id": journey.hold(
        journey.submit(world), journey.free_slot(world)).json["slot_hold_id"]}
    staff.call("slot_hold_delete", path=path, expect=204)


def test_slot_hold_of_a_client_is_theirs(world, family, other_family):
    visitor = journey.submit(world, client=family)
    path = {"slot_hold_id": journey.hold(visitor, journey.free_slot(world)).json["slot_hold_id"]}
    other_family.call("slot_hold_delete", path=path, expect=404)
    family.call("slot_hold_delete", path=path, expect=204)


def test_slot_hold_lapses_by_itself(world):
    visitor, other = journey.submit(world), journey.submit(world)
    start_at = journey.free_slot(world)
    held = journey.hold(visitor, start_at).json
    world.move_to(journey.parse(held["expires_at"]) - datetime.timedelta(seconds=30))
    assert journey.hold(other, start_at, expect=409).code == "slot_taken"
    world.move_to(journey.parse(held["expires_at"]))
    assert offered(world, start_at)
    visitor.client.call("slot_hold_delete", path={"slot_hold_id": held["slot_hold_id"]}, expect=404)
    journey.hold(other, start_at)


def test_slot_hold_refuses_times_that_are_not_offered(world):
    visitor = journey.submit(world)
    past = journey.rfc3339(world.now() - journey.hours(1))
    refused = journey.hold(visitor, past, expect=409)
    assert (refused.code, refused.pointers) == ("slot_in_past", ["/start_at"])
    crooked = journey.parse(journey.free_slot(world)) + datetime.timedelta(minutes=7)
    refused = journey.hold(visitor, journey.rfc3339(crooked), expect=409)
    assert (refused.code, refused.pointers) == ("slot_unavailable", ["/start_at"])
    assert journey.book(visitor, past, expect=409)["code"] == "slot_in_past"
    assert journey.rows_of(world, "slot_hold", visitor.intake_id) == 0
    assert journey.rows_of(world, "booking", visitor.intake_id) == 0


def test_slot_hold_of_nobodys_intake_is_404(world):
    body = {"intake_submission_id": "019328c8-0000-7000-8000-000000000020",
            "start_at": journey.free_slot(world)}
    visitor = journey.submit(world)
    refused = visitor.client.call("slot_hold_create", json=body, expect=404)
    assert refused.pointers == ["/intake_submission_id"]
    world.guest().call("slot_hold_create", json=body, expect=401)


@pytest.mark.parametrize("minutes", [(0,), (0, 30)])
def test_one_of_thirty_gets_the_time(world, minutes):
    """The database's constraint decides, also between times that only overlap."""
    starts = [journey.parse(journey.free_slot(world)) + datetime.timedelta(minutes=more)
              for more in minutes]
    visitors = [journey.submit(world) for _ in range(30)]

    def attempt(pair):
        visitor, start = pair
        body = {"intake_submission_id": visitor.intake_id, "start_at": journey.rfc3339(start)}
        return visitor.client.call("slot_hold_create", json=body, expect=(201, 409))
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        replies = list(pool.map(attempt, zip(visitors, itertools.cycle(starts))))
    assert [reply.status for reply in replies].count(201) == 1
    assert {reply.code for reply in replies if reply.status == 409} == {"slot_taken"}
    held = world.sql("SELECT count(*) AS count FROM slot_hold WHERE released_at IS NULL "
                     "AND during @> %s::timestamptz", starts[-1])
    assert held[0]["count"] == 1


def test_services_of_one_calendar_exclude_each_other(world, admin):
    slug = new_service(world, admin, calendar_key="nurses")
    start_at = journey.free_slot(world, accept=lambda start: offered(world, start, slug))
    journey.hold(journey.submit(world), start_at)
    assert not offered(world, start_at, slug)
    other = journey.submit(world, service=slug, answers={})
    assert journey.hold(other, start_at, expect=409).code == "slot_taken"


def test_availability_is_refreshed_at_once_when_a_webhook_says_so(world):
    """Somebody who never was with us books at Cal.com."""
    start_at = journey.free_slot(world)
    world.sim.post("/_sim/calcom/book", {"event_type_id": 4711, "start": start_at,
                                         "name": "Somebody Else", "email": "else@example.org"})
    world.wait_for(lambda: not offered(world, start_at), 5, "the time to go")
    uid = journey.calcom_bookings(world, "else@example.org")[-1]["uid"]
    world.sim.post(f"/_sim/calcom/bookings/{uid}/cancel", {"reason": "ill"})
    world.wait_for(lambda: offered(world, start_at), 5, "the time to come back")


def test_availability_says_how_old_it_is_while_calcom_is_down(world):
    refresh(world)
    fresh = journey.availability(world)
    assert fresh.json["stale"] is False
    assert 0 <= int(fresh.headers["Age"]) < 60
    world.sim.post("/_sim/faults", {"operation": "calcom.slots", "action": "status", "status": 503})
    world.stack.clock(600)
    world.wait_for(lambda: journey.availability(world).json["stale"], 10, "it to be stale")
    stale = journey.availability(world)
    assert int(stale.headers["Age"]) >= 600
    assert stale.json["refreshed_at"] == fresh.json["refreshed_at"]
    assert stale.json["days"]
    world.clear_faults()
    world.stack.clock(120)
    world.wait_for(lambda: not journey.availability(world).json["stale"], 10, "it to be fresh")
    assert int(journey.availability(world).headers["Age"]) < 120


@pytest.mark.parametrize("day, zone", [
    ("2027-03-12T12:00:00Z", "America/New_York"),
    ("2027-03-27T12:00:00Z", "Europe/London"),
    ("2027-04-02T12:00:00Z", "Australia/Sydney"),
])
def test_availability_get_keeps_days_and_offsets_right_when_clocks_change(world, day, zone):
    """The clock moves to the day before; the visitor's offset is another one the day after."""
    world.move_to(journey.parse(day))
    refresh(world)
    shown = journey.availability(world, zone=zone, days=4).json
    check_days(shown, zone)
    offsets = {slot["start_local"][-6:] for day in shown["days"] for slot in day["slots"]}
    assert len(offsets) == 2
