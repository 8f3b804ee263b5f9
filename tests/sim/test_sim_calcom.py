"""Cal.com: slots, bookings and their moves, versions, subscriptions, signed webhooks."""
import datetime
import hashlib
import itertools

import pytest

from support.process import wait_for
from sim.world import CALCOM_SECRET, hmac_hex, missing_keys, sample

HOOKS = "/webhooks/calcom"
DAY = 86400000
fresh_ids = itertools.count(1000)


@pytest.fixture
def event_type():
    return next(fresh_ids)


def stamp(at_ms):
    moment = datetime.datetime.fromtimestamp(at_ms / 1000, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def start_at(sim, days=2, hour=9):
    """An instant some days ahead, at this hour UTC."""
    return sim.now_ms() // DAY * DAY + days * DAY + hour * 3600000


def book(sim, event_type, start_ms, **more):
    return sim.calcom("POST", "/bookings", {
        "eventTypeId": event_type, "start": stamp(start_ms), "metadata": {"reference": "r1"},
        "bookingFieldsResponses": {"intake-ref": "r1"},
        "attendee": {"name": "Ada Obi", "email": "ada@example.com", "timeZone": "Africa/Lagos",
                     "phoneNumber": "+2348012345678"}, **more})


def slots(sim, event_type, start_ms, **more):
    return sim.calcom("GET", "/slots", version="2024-09-04", key=None, params={
        "eventTypeId": event_type, "start": stamp(start_ms // DAY * DAY)[:10],
        "end": stamp(start_ms // DAY * DAY)[:10], **more}).json()


def starts(reply):
    return [slot["start"] for day in reply["data"].values() for slot in day]


def wait_event(receiver, event, count=1):
    """The payloads of an event, once there are count; the body itself where it is flat."""
    found = wait_for(lambda: [bodies for bodies in [[one.json for one in receiver.all(HOOKS)
                                                     if one.json["triggerEvent"] == event]]
                              if len(bodies) >= count], 5, event, every=0.005)[0]
    return [body.get("payload", body) for body in found]


def test_slots_follow_the_hosts_day_the_askers_zone_and_the_format(sim, event_type):
    at = start_at(sim)
    plain = slots(sim, event_type, at)
    assert missing_keys(sample("calcom/apiv2_GET_slots_default.json")["data"]["2050-09-05"],
                        list(plain["data"].values())[0]) == []
    assert starts(plain)[0].endswith("T07:00:00.000Z") and starts(plain)[-1].endswith("T16:00:00.000Z")
    assert len(starts(plain)) == 19
    ranged = slots(sim, event_type, at, timeZone="Africa/Lagos", format="range")
    first = list(ranged["data"].values())[0][0]
    assert first["start"].endswith("T08:00:00.000+01:00") and first["end"].endswith("T08:45:00.000+01:00")
    assert slots(sim, event_type, sim.now_ms() - 3 * DAY)["data"] == {}


def test_a_booking_takes_its_slots_and_a_cancellation_gives_them_back(sim, event_type):
    at = start_at(sim)
    before = starts(slots(sim, event_type, at))
    made = book(sim, event_type, at)
    assert made.status_code == 201
    wanted = sample("calcom/apiv2_assembled_booking.json")
    for later in ("cancellationReason", "cancelledByEmail", "reschedulingReason", "rescheduledByEmail",
                  "rescheduledFromUid", "rescheduledToUid", "rating", "metadata",
                  "bookingFieldsResponses", "guests"):
        wanted["data"].pop(later)
    assert not missing_keys(wanted, made.json())
    data = made.json()["data"]
    assert data["status"] == "accepted" and data["duration"] == 45 and len(data["uid"]) == 22
    assert data["bookingFieldsResponses"]["intake-ref"] == "r1"
    after = starts(slots(sim, event_type, at))
    assert set(before) - set(after) == {stamp(at + minutes * 60000).replace("Z", ".000Z")
                                        for minutes in (-30, 0, 30)}
    assert starts(slots(sim, event_type, at, bookingUidToReschedule=data["uid"])) == before
    taken = book(sim, event_type, at)
    error = sample("calcom/constructed_error_400_slot_taken.json")
    got = taken.json()
    assert taken.status_code == 400 and got["path"] == "/v2/bookings"
    assert got["error"] == error["error"] and set(got) == set(error)
    assert sim.calcom("POST", f"/bookings/{data['uid']}/cancel", {"cancellationReason": "ill"}).ok
    assert starts(slots(sim, event_type, at)) == before


def test_bookings_are_refused_in_cal_coms_words(sim, event_type):
    now = sim.now_ms()
    cases = [(book(sim, event_type, now - DAY), 400, "Attempting to book a meeting in the past."),
             (book(sim, event_type, now + 600000), 400, "The event type can't be booked at the"),
             (book(sim, event_type, start_at(sim, 2, 2)), 400, "User either already has booking"),
             (book(sim, 0, start_at(sim)), 404, "Event type with id 0 not found.")]
    for reply, status, message in cases:
        assert reply.status_code == status
        assert reply.json()["error"]["message"].startswith(message)
    wrong = sim.calcom("POST", "/bookings", {"eventTypeId": event_type, "start": stamp(now),
                                             "attendee": {"name": "x"}})
    assert wrong.status_code == 400
    assert wrong.json()["error"]["details"]["errors"][0]["property"] == "attendee.timeZone"
    sim.control("DELETE", f"calcom/event-types/{event_type}")
    assert book(sim, event_type, start_at(sim)).status_code == 404


def test_keys_and_versions_matter(sim, event_type):
    uid = book(sim, event_type, start_at(sim)).json()["data"]["uid"]
    assert sim.calcom("GET", "/bookings", key="cal_wrong").status_code == 401
    assert sim.calcom("GET", "/bookings", key=None).status_code == 401
    assert sim.calcom("GET", f"/bookings/{uid}", key=None).status_code == 200
    old = sim.calcom("GET", f"/bookings/{uid}", version=None).json()["data"]
    assert "startTime" in old and old["status"] == "ACCEPTED" and "start" not in old
    assert "bookings" in sim.calcom("GET", "/bookings", version="2023-01-01").json()["data"]
    assert sim.calcom("GET", "/slots", version=None).status_code == 404
    assert sim.calcom("POST", f"/bookings/{uid}/cancel", {}, version=None).status_code == 404
    assert book(sim, event_type, start_at(sim, 3)).status_code == 201
    assert sim.calcom("POST", "/bookings", {}, version=None).status_code == 400
    assert sim.calcom("GET", "/nothing").json()["error"]["code"] == "NotFoundException"


def test_rescheduling_makes_a_new_booking(sim, receiver, event_type):
    at = start_at(sim)
    old = book(sim, event_type, at).json()["data"]
    moved = sim.calcom("POST", f"/bookings/{old['uid']}/reschedule",
                       {"start": stamp(at + DAY), "reschedulingReason": "train"})
    assert moved.status_code == 201
    new = moved.json()["data"]
    assert new["uid"] != old["uid"] and new["id"] != old["id"]
    assert new["rescheduledFromUid"] == old["uid"] and new["metadata"] == {"reference": "r1"}
    seen = sim.calcom("GET", f"/bookings/{old['uid']}").json()["data"]
    assert (seen["status"], seen["rescheduledToUid"]) == ("cancelled", new["uid"])
    again = sim.calcom("POST", f"/bookings/{old['uid']}/reschedule", {"start": stamp(at)})
    assert again.status_code == 400
    assert f"already to booking with uid={new['uid']}" in again.json()["error"]["message"]
    told = wait_event(receiver, "BOOKING_RESCHEDULED")[0]
    assert (told["uid"], told["rescheduleUid"], told["rescheduleId"]) == (
        new["uid"], old["uid"], old["id"])
    assert told["metadata"]["reference"] == "r1" and "iCalUID" not in told
    wanted = sample("calcom/webhook_BOOKING_RESCHEDULED.json")
    wanted["payload"].pop("conferenceData")
    assert not missing_keys({**wanted["payload"], "attendees": None, "responses": None}, told)
    assert set(wanted["payload"]["responses"]) <= set(told["responses"])
    assert not sim.webhooks(event="BOOKING_CANCELLED")


def test_cancelling_twice_is_refused_without_the_envelope(sim, receiver, event_type):
    uid = book(sim, event_type, start_at(sim)).json()["data"]["uid"]
    done = sim.calcom("POST", f"/bookings/{uid}/cancel", {"cancellationReason": "ill"})
    assert (done.status_code, done.json()["data"]["status"]) == (200, "cancelled")
    again = sim.calcom("POST", f"/bookings/{uid}/cancel", {})
    assert again.status_code == 400
    assert again.json() == {"statusCode": 400, "message": "This booking has already been cancelled."}
    told = wait_event(receiver, "BOOKING_CANCELLED")[0]
    assert told["cancellationReason"] == "ill" and told["status"] == "CANCELLED"
    assert "metadata" not in told and told["startTime"].endswith("+00:00")
    assert told["userFieldsResponses"]["intake-ref"]["value"] == "r1"
    wanted = sample("calcom/webhook_BOOKING_CANCELLED.json")["payload"]
    assert not missing_keys({**wanted, "responses": None, "attendees": None}, told)


@pytest.mark.parametrize("generation, kept", [("G1", False), ("G2", True)])
def test_confirmation_and_what_happens_to_metadata(sim, receiver, event_type, generation, kept):
    sim.settings(calcom_generation=generation)
    sim.control("PUT", f"calcom/event-types/{event_type}", {"requires_confirmation": True})
    made = book(sim, event_type, start_at(sim)).json()["data"]
    assert made["status"] == "pending"
    asked = wait_event(receiver, "BOOKING_REQUESTED")[0]
    assert asked["status"] == "PENDING" and asked["metadata"] == {"reference": "r1"}
    wanted = sample("calcom/webhook_BOOKING_REQUESTED.json")["payload"]
    assert not missing_keys({**wanted, "attendees": None, "responses": None}, asked)
    assert sim.calcom("POST", f"/bookings/{made['uid']}/confirm", {}).json()["data"]["status"] == "accepted"
    told = wait_event(receiver, "BOOKING_CREATED")[0]
    assert ("reference" in told["metadata"]) is kept and "videoCallUrl" in told["metadata"]
    assert sim.calcom("POST", f"/bookings/{made['uid']}/confirm", {}).status_code == 400
    moved = sim.calcom("POST", f"/bookings/{made['uid']}/reschedule",
                       {"start": stamp(start_at(sim, 4))}).json()["data"]
    assert moved["status"] == "pending"
    assert sim.calcom("POST", f"/bookings/{moved['uid']}/decline", {"reason": "no"}).ok
    rejected = wait_event(receiver, "BOOKING_REJECTED")[0]
    assert rejected["rejectionReason"] == "no" and "metadata" not in rejected
    assert not missing_keys({**sample("calcom/webhook_BOOKING_REJECTED.json")["payload"],
                             "responses": None, "attendees": None}, rejected)


def test_a_person_books_moves_and_cancels_inside_cal_com(sim, receiver, event_type):
    at = start_at(sim)
    made = sim.control("POST", "calcom/book", {
        "event_type_id": event_type, "start": stamp(at), "name": "Ada Obi",
        "email": "ada@example.com", "time_zone": "Africa/Lagos", "metadata": {"reference": "e1"},
        "responses": {"intake-ref": "e1"}})["data"]
    created = wait_event(receiver, "BOOKING_CREATED")[0]
    assert created["metadata"]["reference"] == "e1"
    assert created["responses"]["intake-ref"]["isHidden"] is True
    wanted = sample("calcom/webhook_BOOKING_CREATED.json")["payload"]
    wanted.pop("conferenceData")
    assert not missing_keys({**wanted, "attendees": None}, created)
    moved = sim.control("POST", f"calcom/bookings/{made['uid']}/reschedule",
                        {"start": stamp(at + DAY)})["data"]
    told = wait_event(receiver, "BOOKING_RESCHEDULED")[0]
    assert set(told["metadata"]) == {"videoCallUrl"}
    assert sim.calcom("GET", f"/bookings/{moved['uid']}").json()["data"]["metadata"] == {
        "reference": "e1"}
    sim.control("POST", f"calcom/bookings/{moved['uid']}/cancel",
                {"reason": "later", "request_reschedule": True})
    assert wait_event(receiver, "BOOKING_CANCELLED")[0]["requestReschedule"] is True


def test_meetings_begin_and_end_with_the_clock_and_no_shows_are_told(sim, receiver, event_type):
    at = start_at(sim)
    made = book(sim, event_type, at).json()["data"]
    early = sim.calcom("POST", f"/bookings/{made['uid']}/mark-absent",
                       {"attendees": [{"email": "ada@example.com", "absent": True}]})
    assert early.status_code == 400
    sim.control("POST", "clock", {"set": stamp(at + 46 * 60000)})
    ended = wait_event(receiver, "MEETING_ENDED")[0]
    assert "payload" not in ended and (ended["id"], ended["uid"]) == (made["id"], made["uid"])
    assert ended["metadata"] == {"reference": "r1"}
    wanted = sample("calcom/webhook_MEETING_STARTED.json")
    must = {key: None for key in ("id", "uid", "idempotencyKey", "userId", "eventTypeId", "responses",
                                  "startTime", "endTime", "status", "fromReschedule", "iCalUID",
                                  "user", "attendees", "createdAt", "noShowHost", "references")}
    assert set(must) <= set(wanted) and not missing_keys(must, ended)
    late = sim.calcom("POST", f"/bookings/{made['uid']}/mark-absent",
                      {"attendees": [{"email": "ada@example.com", "absent": True}]})
    assert late.json()["data"]["attendees"][0]["absent"] is True
    told = wait_event(receiver, "BOOKING_NO_SHOW_UPDATED")[0]
    assert (told["bookingUid"], told["attendees"][0]["noShow"]) == (made["uid"], True)
    assert set(told) == set(sample("calcom/webhook_BOOKING_NO_SHOW_UPDATED.json")["payload"])
    sim.control("POST", f"calcom/bookings/{made['uid']}/no-show", {"absent": False})
    assert wait_event(receiver, "BOOKING_NO_SHOW_UPDATED", 2)[1]["attendees"][0]["noShow"] is False


def test_webhooks_are_signed_and_one_without_a_secret_says_so(sim, receiver, event_type):
    sim.control("POST", "calcom/ping")
    got = receiver.wait(HOOKS)[0]
    assert got.headers["X-Cal-Signature-256"] == hmac_hex(CALCOM_SECRET, got.body, hashlib.sha256)
    assert got.headers["X-Cal-Webhook-Version"] == "2021-10-20"
    assert not missing_keys(sample("calcom/constructed_webhook_PING.json"), got.json)
    sim.calcom("POST", "/webhooks", {"subscriberUrl": receiver.url + HOOKS, "active": True,
                                     "triggers": ["BOOKING_CREATED"]})
    receiver.clear()
    book(sim, event_type, start_at(sim))
    again = receiver.wait(HOOKS)
    assert len(sim.webhooks(event="BOOKING_CREATED")) == len(again) == 1
    assert again[0].headers["X-Cal-Signature-256"] == "no-secret-provided"


def test_subscriptions(sim, receiver, event_type):
    body = {"subscriberUrl": receiver.url + "/other", "active": True, "secret": "s",
            "triggers": ["BOOKING_CANCELLED", "BOOKING_CREATED"]}
    made = sim.calcom("POST", "/webhooks", body)
    assert made.status_code == 201
    assert not missing_keys(sample("calcom/apiv2_assembled_webhook.json"), made.json())
    identifier = made.json()["data"]["id"]
    assert sim.calcom("POST", "/webhooks", body).status_code == 409
    wrong = {**body, "subscriberUrl": receiver.url + "/x", "triggers": ["BOOKING_CONFIRMED"]}
    assert sim.calcom("POST", "/webhooks", wrong).status_code == 400
    book(sim, event_type, start_at(sim))
    got = receiver.wait("/other")[0]
    assert got.headers["X-Cal-Signature-256"] == hmac_hex("s", got.body, hashlib.sha256)
    assert sim.calcom("PATCH", f"/webhooks/{identifier}", {"active": False}).json()["data"]["active"] is False
    assert len(sim.calcom("GET", "/webhooks").json()["data"]) == 1
    assert sim.calcom("DELETE", f"/webhooks/{identifier}").ok
    assert sim.calcom("GET", f"/webhooks/{identifier}").status_code == 404


def test_the_newer_generation_retries_and_switches_off_on_410(sim, receiver, event_type):
    sim.settings(calcom_generation="G2", webhook_retry_scale=0.001)
    receiver.answers = [503, 200, 410]
    book(sim, event_type, start_at(sim))
    first, second = receiver.wait(HOOKS, 2)
    assert first.body == second.body
    book(sim, event_type, start_at(sim, 3))
    receiver.wait(HOOKS, 3)
    wait_for(lambda: sim.control("GET", "settings")["calcom_webhook_active"] is False, 5, "off")
    book(sim, event_type, start_at(sim, 4))
    assert len(sim.webhooks()) == 3


def test_the_older_generation_tries_once(sim, receiver, event_type):
    sim.settings(webhook_retry_scale=0.0001)
    receiver.answers = [503]
    book(sim, event_type, start_at(sim))
    receiver.wait(HOOKS)
    book(sim, event_type, start_at(sim, 3))
    receiver.wait(HOOKS, 2)
    assert [one["status"] for one in sim.webhooks() if one["done"]][:1] == [503]
    assert len(sim.webhooks()) == 2


def test_the_list_filters_sorts_and_pages(sim, event_type):
    made = [book(sim, event_type, start_at(sim, days)).json()["data"] for days in (4, 2, 3)]
    sim.advance(5)
    sim.calcom("POST", f"/bookings/{made[0]['uid']}/cancel", {})

    def uids(**query):
        return [one["uid"] for one in sim.calcom("GET", "/bookings", params=query).json()["data"]]

    order = [made[1]["uid"], made[2]["uid"], made[0]["uid"]]
    assert uids() == order
    assert uids(sortUpdatedAt="asc")[-1] == made[0]["uid"]
    assert uids(sortStart="desc") == order[::-1]
    cancelled = sim.calcom("GET", f"/bookings/{made[0]['uid']}").json()["data"]
    assert uids(afterUpdatedAt=cancelled["updatedAt"]) == [made[0]["uid"]]
    assert uids(status="cancelled") == [made[0]["uid"]]
    assert uids(status="upcoming,cancelled") == order
    assert uids(attendeeEmail="other@example.com") == []
    at = stamp(start_at(sim, 2))
    assert uids(attendeeEmail="ada@example.com", afterStart=at,
                beforeEnd=stamp(start_at(sim, 2) + 3600000)) == [made[1]["uid"]]
    page = sim.calcom("GET", "/bookings", params={"take": 2, "skip": 2}).json()
    wanted = sample("calcom/apiv2_assembled_bookings_list.json")["pagination"]
    assert set(page["pagination"]) == set(wanted)
    assert page["pagination"]["totalItems"] == 3 and page["pagination"]["hasPreviousPage"] is True
    assert page["pagination"]["hasNextPage"] is False and len(page["data"]) == 1
    assert sim.calcom("GET", "/bookings", params={"take": 251}).status_code == 400


def test_reservations_hide_a_slot_but_lock_nothing(sim, event_type):
    at = start_at(sim)
    body = {"eventTypeId": event_type, "slotStart": stamp(at)}
    made = sim.calcom("POST", "/slots/reservations", body, version="2024-09-04")
    assert made.status_code == 201
    assert not missing_keys(sample("calcom/apiv2_assembled_POST_slots_reservation.json"), made.json())
    again = sim.calcom("POST", "/slots/reservations", body, version="2024-09-04")
    assert again.status_code == 422
    assert stamp(at).replace("Z", ".000Z") not in starts(slots(sim, event_type, at))
    assert book(sim, event_type, at).status_code == 201
    uid = made.json()["data"]["reservationUid"]
    assert sim.calcom("GET", f"/slots/reservations/{uid}", version="2024-09-04").ok
    assert sim.calcom("DELETE", f"/slots/reservations/{uid}", version="2024-09-04").json() == {
        "status": "success"}
    assert sim.calcom("GET", f"/slots/reservations/{uid}", version="2024-09-04").status_code == 404


def test_event_types_calendar_links_and_the_rate_limit(sim, event_type):
    changed = sim.control("PUT", f"calcom/event-types/{event_type}", {
        "length": 60, "step": 60, "opens": "10:00", "closes": "12:00", "notice": 0})
    assert changed["data"]["lengthInMinutes"] == 60
    assert len(starts(slots(sim, event_type, start_at(sim)))) == 2
    got = sim.calcom("GET", f"/event-types/{event_type}", version="2024-06-14").json()
    wanted = sample("calcom/apiv2_POST_event_type_team.json")["data"]
    must = {key: None for key in ("id", "lengthInMinutes", "title", "slug", "locations",
                                  "bookingFields", "minimumBookingNotice", "confirmationPolicy")}
    assert set(must) <= set(wanted) and not missing_keys(must, got["data"])
    assert "eventTypeGroups" in sim.calcom("GET", "/event-types", version=None).json()["data"]
    uid = book(sim, event_type, start_at(sim, 2, 10)).json()["data"]["uid"]
    links = sim.calcom("GET", f"/bookings/{uid}/calendar-links").json()["data"]
    assert len(links) == 4 and links[3]["link"].startswith("data:text/calendar,")
    sim.settings(calcom_rate_per_minute=1)
    assert sim.calcom("GET", "/bookings").headers["X-RateLimit-Remaining-Default"] == "0"
    limited = sim.calcom("GET", "/bookings")
    assert limited.status_code == 429
    assert limited.json()["error"]["code"] == "ThrottlerException"
