"""What can be booked: listing, offering, changing, switching off."""
import itertools

import journey

numbers = itertools.count(8001)


def new_service(**changes):
    number = next(numbers)
    return {"slug": f"service-{number}", "name": "Respite care", "duration_minutes": 30,
            "calcom_event_type_id": str(number), **changes}


def create(admin, **changes):
    return admin.call("service_create", json=new_service(**changes), expect=201).json


def get(client, slug, expect=200):
    return client.call("service_get", path={"slug": slug}, expect=expect)


def update(admin, slug, body, expect=200, if_match=None):
    headers = {"If-Match": if_match} if if_match else {}
    return admin.call("service_update", path={"slug": slug}, json=body, headers=headers,
                      expect=expect)


def put_form(admin, slug):
    return admin.call("intake_form_put", path={"slug": slug}, json={"fields": []}, expect=200)


def test_service_list_shows_the_services_in_their_order(client):
    shown = client.call("service_list", expect=200).json["data"]
    slugs = [service["slug"] for service in shown]
    assert slugs[:3] == ["care-consultation", "nursing-assessment", "discovery-call"]
    assert shown[0]["prices"] == [{"amount": 2500000, "currency": "NGN"},
                                  {"amount": 2500, "currency": "USD"}]
    assert shown[2]["prices"] == []


def test_service_list_answers_304_to_its_own_etag(client):
    tag = client.call("service_list", expect=200).headers["ETag"]
    again = client.get("/v1/services", headers={"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")


def test_service_get_finds_one_and_404s_the_rest(client):
    assert get(client, "care-consultation").json["duration_minutes"] == 45
    assert get(client, "no-such-service", expect=404).code == "not_found"


def test_service_create_fills_in_what_was_left_out(admin, client):
    made = create(admin)
    assert (made["summary"], made["description"], made["location"], made["prices"],
            made["active"]) == ("", "", "", [], True)
    assert get(client, made["slug"]).json == made


def test_service_create_refuses_a_slug_twice(admin):
    made = create(admin)
    body = new_service(slug=made["slug"])
    assert admin.call("service_create", json=body, expect=409).code == "service_slug_taken"


def test_service_create_points_at_a_currency_named_twice(admin, sql):
    body = new_service(prices=[{"amount": 100, "currency": "NGN"},
                               {"amount": 200, "currency": "NGN"}])
    refused = admin.call("service_create", json=body, expect=400)
    assert refused.pointers == ["/prices/1/currency"]
    assert not sql("SELECT 1 FROM service WHERE slug = %s", body["slug"])


def test_service_create_points_at_every_field_at_fault(admin):
    body = new_service(slug="no spaces", duration_minutes=4, colour="red",
                       prices=[{"amount": 0, "currency": "naira"}])
    refused = admin.call("service_create", json=body, expect=400)
    assert set(refused.pointers) == {"/slug", "/duration_minutes", "/colour",
                                     "/prices/0/amount", "/prices/0/currency"}


def test_service_create_is_for_admins(client, family, staff):
    assert client.call("service_create", json=new_service(), expect=401).code == "unauthorized"
    for somebody in (family, staff):
        assert somebody.call("service_create", json=new_service(), expect=403).code == "forbidden"


def test_service_update_keeps_what_it_is_not_told(admin):
    made = create(admin, summary="A few hours", prices=[{"amount": 500000, "currency": "NGN"}])
    changed = update(admin, made["slug"], {"name": "Respite"}).json
    assert (changed["name"], changed["summary"], changed["prices"]) == \
        ("Respite", "A few hours", made["prices"])


def test_service_update_replaces_all_prices(admin, client):
    made = create(admin, prices=[{"amount": 1, "currency": "NGN"}, {"amount": 2, "currency": "USD"}])
    prices = [{"amount": 900, "currency": "USD"}, {"amount": 900000, "currency": "NGN"}]
    assert update(admin, made["slug"], {"prices": prices}).json["prices"] == prices
    assert update(admin, made["slug"], {"prices": []}).json["prices"] == []
    assert get(client, made["slug"]).json["prices"] == []


def test_service_update_takes_the_etag_that_was_read(admin):
    made = create(admin)
    tag = get(admin, made["slug"]).headers["ETag"]
    changed = update(admin, made["slug"], {"summary": "One"}, if_match=tag)
    assert changed.headers["ETag"] != tag
    again = update(admin, made["slug"], {"summary": "Two"}, if_match=changed.headers["ETag"])
    assert again.json["summary"] == "Two"


def test_service_update_refuses_an_etag_that_is_stale(admin):
    made = create(admin)
    tag = get(admin, made["slug"]).headers["ETag"]
    update(admin, made["slug"], {"summary": "One"})
    refused = update(admin, made["slug"], {"summary": "Two"}, expect=412, if_match=tag)
    assert refused.code == "precondition_failed"
    assert get(admin, made["slug"]).json["summary"] == "One"


def test_service_update_of_an_unknown_service_is_404(admin):
    update(admin, "no-such-service", {"name": "X"}, expect=404)


def test_service_update_is_for_admins(staff, client):
    update(staff, "care-consultation", {"name": "X"}, expect=403)
    update(client, "care-consultation", {"name": "X"}, expect=401)


def test_inactive_services_are_seen_by_admins_only(admin, client, staff):
    slug = create(admin, active=False)["slug"]
    get(client, slug, expect=404)
    get(staff, slug, expect=404)
    assert get(admin, slug).json["active"] is False
    listed = [service["slug"] for service in client.call("service_list").json["data"]]
    assert slug not in listed
    listed = [service["slug"] for service in admin.call("service_list").json["data"]]
    assert slug in listed


def test_inactive_services_take_no_new_journeys(world, admin, client):
    slug = create(admin, active=False)["slug"]
    put_form(admin, slug)
    client.call("intake_form_get", path={"slug": slug}, expect=404)
    refused = world.guest().call("intake_create", json=journey.intake_body(slug, answers={}),
                                 expect=404)
    assert refused.pointers == ["/service"]
    query = {"service": slug, "from": "2026-11-23T00:00:00Z", "to": "2026-11-24T00:00:00Z",
             "time_zone": "UTC"}
    client.call("availability_get", query=query, expect=404)


def test_inactive_services_end_journeys_that_have_begun(world, admin):
    made = create(admin, prices=[{"amount": 500000, "currency": "NGN"}])
    put_form(admin, made["slug"])
    visitor = journey.submit(world, service=made["slug"], answers={})
    update(admin, made["slug"], {"active": False})
    start_at = journey.rfc3339(world.now() + journey.hours(48))
    assert journey.book(visitor, start_at, expect=409)["code"] == "service_inactive"
    assert journey.hold(visitor, start_at, expect=409).code == "service_inactive"
    assert journey.checkout(visitor, expect=409)["code"] == "service_inactive"


def test_bookings_keep_the_price_they_were_made_at(world, admin):
    made = create(admin, prices=[{"amount": 700000, "currency": "NGN"}])
    put_form(admin, made["slug"])
    visitor = journey.submit(world, service=made["slug"], answers={})
    world.sql("INSERT INTO job (kind, subject_id, dedupe_key, attempts_max) "
              "VALUES ('availability_refresh', %s, %s, 3)", made["service_id"], made["slug"])
    world.sql("NOTIFY care_job")
    booking = journey.book(visitor)
    update(admin, made["slug"], {"prices": [{"amount": 800000, "currency": "NGN"}]})
    assert visitor.booking(booking["booking_id"])["price"] == {"amount": 700000, "currency": "NGN"}
    payment = journey.checkout(visitor, booking_id=booking["booking_id"])
    assert payment["amount"] == {"amount": 700000, "currency": "NGN"}
    other = journey.submit(world, service=made["slug"], answers={})
    assert journey.checkout(other)["amount"] == {"amount": 800000, "currency": "NGN"}
