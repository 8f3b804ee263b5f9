"""The pre-consultation form: its versions, every type of field, zones, campaigns, link tokens."""
import json
import uuid

import journey
import pytest

FIELDS = [
    {"key": "title", "label": "Title", "type": "text"},
    {"key": "story", "label": "Story", "type": "long_text"},
    {"key": "pick", "label": "Pick one", "type": "choice",
     "options": [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]},
    {"key": "many", "label": "Pick some", "type": "multi_choice",
     "options": [{"value": "x", "label": "X"}, {"value": "y", "label": "Y"}]},
    {"key": "day", "label": "A day", "type": "date"},
    {"key": "call", "label": "A number", "type": "phone"},
    {"key": "mail", "label": "An address", "type": "email"},
    {"key": "yes", "label": "I agree", "type": "consent"},
]


@pytest.fixture(scope="module")
def form(admin):
    """A service of its own with every type of field, none required: its slug."""
    slug = "every-field"
    admin.call("service_create", json={"slug": slug, "name": "Every field", "duration_minutes": 30,
                                       "calcom_event_type_id": "8100"}, expect=201)
    put_form(admin, slug, FIELDS)
    return slug


def put_form(admin, slug, fields, expect=200):
    return admin.call("intake_form_put", path={"slug": slug}, json={"fields": fields},
                      expect=expect)


def send(world, slug, answers, expect=201, **changes):
    body = journey.intake_body(slug, answers=answers, **changes)
    return world.guest().call("intake_create", json=body, expect=expect)


def count(world, body):
    """Rows that a refused submission left behind."""
    return world.sql("SELECT count(*) AS count FROM intake_submission WHERE contact_email = %s",
                     body["contact"]["email"])[0]["count"]


def refuse(world, expect=400, **changes):
    """The refusal of a submission, which must have left no row."""
    body = journey.intake_body(**changes)
    refused = world.guest().call("intake_create", json=body, expect=expect)
    assert count(world, body) == 0
    return refused


def test_intake_form_get_shows_the_newest_version(client):
    form = client.call("intake_form_get", path={"slug": journey.CARE}, expect=200).json
    assert (form["service"], form["version"]) == (journey.CARE, 1)
    assert [field["type"] for field in form["fields"]] == [
        "long_text", "choice", "multi_choice", "date", "phone", "email", "consent"]
    client.call("intake_form_get", path={"slug": "no-such-service"}, expect=404)


@pytest.mark.parametrize("answers", [
    {"title": "Mrs."},
    {"story": "One line\nand another"},
    {"pick": "b"},
    {"many": ["x", "y"]},
    {"many": []},
    {"day": "2024-02-29"},
    {"call": "+2348031234567"},
    {"mail": "mama+care@example.org"},
    {"yes": True},
    {"yes": False},
    {"title": None},
    {},
])
def test_intake_create_takes_good_answers(world, form, answers):
    assert send(world, form, answers).json["answers"] == answers


@pytest.mark.parametrize("answers, pointer", [
    ({"title": "two\nlines"}, "/answers/title"),
    ({"title": "x" * 501}, "/answers/title"),
    ({"title": 5}, "/answers/title"),
    ({"story": "x" * 4001}, "/answers/story"),
    ({"story": "bell\x07"}, "/answers/story"),
    ({"pick": "c"}, "/answers/pick"),
    ({"pick": ["a"]}, "/answers/pick"),
    ({"many": "x"}, "/answers/many"),
    ({"many": ["x", "z"]}, "/answers/many/1"),
    ({"many": ["x", "x"]}, "/answers/many"),
    ({"many": [True]}, "/answers/many/0"),
    ({"day": "2026-02-29"}, "/answers/day"),
    ({"day": "23.11.2026"}, "/answers/day"),
    ({"call": "08031234567"}, "/answers/call"),
    ({"call": "+44 20 7946 0000"}, "/answers/call"),
    ({"mail": "mama@"}, "/answers/mail"),
    ({"mail": "Mama <mama@example.org>"}, "/answers/mail"),
    ({"yes": "on"}, "/answers/yes"),
    ({"unasked": "x"}, "/answers/unasked"),
    ({"a/b~c": "x"}, "/answers/a~1b~0c"),
])
def test_intake_create_points_at_a_bad_answer(world, form, answers, pointer):
    refused = refuse(world, service=form, answers=answers)
    assert refused.code == "validation_failed"
    assert refused.pointers == [pointer]


def test_intake_create_points_at_every_bad_answer_at_once(world, form):
    refused = refuse(world, service=form, answers={"pick": "c", "day": "never", "extra": 1})
    assert sorted(refused.pointers) == ["/answers/day", "/answers/extra", "/answers/pick"]


@pytest.mark.parametrize("empty", [None, "", "  \n", "missing"])
def test_intake_create_wants_what_is_required(world, empty):
    answers = {**journey.ANSWERS, "needs": empty}
    if empty == "missing":
        del answers["needs"]
    assert refuse(world, answers=answers).pointers == ["/answers/needs"]


def test_intake_create_wants_a_required_consent_to_be_given(world):
    answers = {**journey.ANSWERS, "may-call": False}
    assert refuse(world, answers=answers).pointers == ["/answers/may-call"]


@pytest.mark.parametrize("changes, pointer", [
    ({"consent": False}, "/consent"),
    ({"consent": None}, "/consent"),
    ({"contact": {"name": "Ada"}}, "/contact/email"),
    ({"contact": None}, "/contact"),
    ({"time_zone": "Mars/Olympus"}, "/time_zone"),
    ({"time_zone": "+01:00"}, "/time_zone"),
    ({"locale": "de"}, "/locale"),
    ({"campaign": {"utm_color": "red"}}, "/campaign/utm_color"),
    ({"referrer": "x" * 501}, "/referrer"),
    ({"surprise": 1}, "/surprise"),
])
def test_intake_create_points_at_a_bad_field(world, changes, pointer):
    body = {"contact": journey.contact(), **changes}
    refused = world.guest().call("intake_create", json=journey.intake_body(**body), expect=400)
    assert pointer in refused.pointers
    email = (body["contact"] or {}).get("email", "")
    assert not world.sql("SELECT 1 FROM intake_submission WHERE contact_email = %s", email)


@pytest.mark.parametrize("field, value", [
    ("email", "ada@example"), ("email", "a b@example.org"), ("email", "ada@example.org\nBcc: x"),
    ("phone", "0803 123 4567"), ("phone", "+0123456789"), ("phone", "+123"),
    ("name", ""), ("name", "   "), ("name", "x" * 121), ("name", "Ada\r\nBcc: x@y.z"),
    ("name", "<script>alert(1)</script>"),
])
def test_intake_create_points_at_a_bad_contact(world, field, value):
    refused = refuse(world, contact=journey.contact(**{field: value}))
    assert refused.pointers == [f"/contact/{field}"]


def test_intake_create_needs_no_phone(world):
    visitor = journey.submit(world, contact=journey.contact(phone=None))
    assert visitor.intake["contact"]["phone"] is None


def test_intake_create_keeps_names_as_people_write_them(world):
    name = "Olúwaṣeun Ọ̀ṣọ́-Àjàyí O'Neill"
    visitor = journey.submit(world, contact=journey.contact(name=name))
    assert visitor.intake["contact"]["name"] == name


def test_intake_create_compares_addresses_in_lower_case(world):
    unique = uuid.uuid4().hex[:8]
    visitor = journey.submit(world, contact=journey.contact(email=f"Ada.{unique}@Example.ORG"))
    assert visitor.intake["contact"]["email"] == f"ada.{unique}@example.org"


def test_intake_create_of_an_unknown_service_is_404(world):
    assert refuse(world, 404, service="no-such-service").pointers == ["/service"]


def test_intake_create_answers_the_version_that_was_shown(world, admin):
    slug = "two-versions"
    admin.call("service_create", json={"slug": slug, "name": "Two versions", "duration_minutes": 30,
                                       "calcom_event_type_id": "8101"}, expect=201)
    first = {"key": "old", "label": "Old?", "type": "text", "required": True}
    second = {"key": "new", "label": "New?", "type": "text", "required": True}
    assert put_form(admin, slug, [first]).json["version"] == 1
    assert put_form(admin, slug, [second]).json["version"] == 2
    assert send(world, slug, {"old": "1"}, form_version=1).json["form_version"] == 1
    assert send(world, slug, {"new": "2"}).json["form_version"] == 2
    assert send(world, slug, {"new": "2"}, 400, form_version=1).pointers == \
        ["/answers/old", "/answers/new"]
    assert send(world, slug, {"new": "2"}, 404, form_version=3).pointers == ["/form_version"]


@pytest.mark.parametrize("fields, pointer", [
    ([FIELDS[0], FIELDS[0]], "/fields/1/key"),
    ([{"key": "p", "label": "P", "type": "choice"}], "/fields/0/options"),
    ([{**FIELDS[0], "options": [{"value": "a", "label": "A"}]}], "/fields/0/options"),
    ([{**FIELDS[2], "options": [{"value": "a", "label": "A"}] * 2}], "/fields/0/options"),
    ([{"key": "p q", "label": "P", "type": "text"}], "/fields/0/key"),
    ([{"key": "p", "label": "P", "type": "file"}], "/fields/0/type"),
    ([{"key": "p", "type": "text"}], "/fields/0/label"),
])
def test_intake_form_put_points_at_what_cannot_be_asked(admin, form, fields, pointer):
    assert put_form(admin, form, fields, expect=400).pointers == [pointer]


def test_intake_form_put_is_for_admins_and_known_services(admin, staff, client):
    put_form(staff, journey.CARE, [], expect=403)
    put_form(client, journey.CARE, [], expect=401)
    put_form(admin, "no-such-service", [], expect=404)


@pytest.mark.parametrize("zone, headers, wanted", [
    ("America/New_York", {"CF-Timezone": "Europe/Paris"}, ("America/New_York", "browser")),
    (None, {"CF-Timezone": "Europe/Paris", "Accept-Language": "en-US"}, ("Europe/Paris", "edge")),
    (None, {"CF-Timezone": "Nowhere/AtAll", "Accept-Language": "yo, en-GB;q=0.8"},
     ("Europe/London", "language")),
    (None, {"Accept-Language": "en-CA,en;q=0.5"}, ("America/Toronto", "language")),
    (None, {"Accept-Language": "yo"}, ("Africa/Lagos", "care")),
    (None, {}, ("Africa/Lagos", "care")),
])
def test_intake_create_finds_the_visitors_zone(world, zone, headers, wanted):
    body = journey.intake_body(journey.FREE, time_zone=zone)
    made = world.guest().call("intake_create", json=body, headers=headers, expect=201).json
    assert (made["time_zone"], made["time_zone_source"]) == wanted


def test_intake_create_keeps_where_the_visitor_came_from(world):
    campaign = {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "harmattan",
                "utm_term": "nurse at home", "utm_content": "button"}
    referrer = "https://www.example.org/care?x=1&y=á"
    visitor = journey.submit(world, campaign=campaign, referrer=referrer, locale="yo")
    kept = visitor.client.call("intake_get", path={
        "intake_submission_id": visitor.intake_id}, expect=200).json
    assert (kept["campaign"], kept["referrer"], kept["locale"]) == (campaign, referrer, "yo")


def test_intake_create_gives_a_guest_a_link_for_this_intake_alone(world):
    mine, theirs = journey.submit(world), journey.submit(world)
    path = {"intake_submission_id": theirs.intake_id}
    theirs.client.call("intake_get", path=path, expect=200)
    mine.client.call("intake_get", path=path, expect=404)
    mine.client.call("intake_checkout", path=path, expect=404)
    journey.hold(mine, journey.free_slot(world))
    start_at = journey.free_slot(world)
    body = {"intake_submission_id": theirs.intake_id, "start_at": start_at}
    assert mine.client.call("slot_hold_create", json=body, expect=404).code == "not_found"
    assert mine.client.call("booking_create", json=body, expect=404).code == "not_found"
    assert journey.rows_of(world, "booking", theirs.intake_id) == 0
    assert journey.rows_of(world, "slot_hold", theirs.intake_id) == 0


def test_intake_get_wants_a_token(world):
    visitor = journey.submit(world)
    path = {"intake_submission_id": visitor.intake_id}
    world.guest().call("intake_get", path=path, expect=401)
    token = visitor.intake["link_token"]
    for forged in (token[:-1] + ("A" if token[-1] != "A" else "B"), "cl_", token + "A"):
        refused = world.guest().call("intake_get", path=path, expect=401,
                                     headers={"X-Link-Token": forged})
        assert refused.code == "invalid_token"


def test_intake_of_a_signed_in_client_is_theirs(world, family, other_family, staff):
    visitor = journey.submit(world, client=family)
    path = {"intake_submission_id": visitor.intake_id}
    family.call("intake_get", path=path, expect=200)
    other_family.call("intake_get", path=path, expect=404)
    staff.call("intake_get", path=path, expect=200)


def test_intake_list_is_for_staff_and_pages(world, staff, family, client):
    made = [journey.submit(world).intake_id for _ in range(3)]
    first = staff.call("intake_list", query={"limit": 2}, expect=200).json
    assert [row["intake_submission_id"] for row in first["data"]] == made[:0:-1]
    assert first["has_more"] is True
    rest = staff.call("intake_list", query={
        "limit": 1, "starting_after": made[1]}, expect=200).json
    assert [row["intake_submission_id"] for row in rest["data"]] == made[:1]
    family.call("intake_list", expect=403)
    client.call("intake_list", expect=401)


@pytest.mark.parametrize("spoil", [
    lambda text: text.replace('"consent": true', '"consent": true, "consent": true'),
    lambda text: text.replace("Help for", "Help\\u0000for"),
    lambda text: text.replace("Help for", "Help\\ud800for"),
    lambda text: text[:-1],
    lambda text: text + "{}",
])
def test_intake_create_refuses_json_that_is_not_clean(world, spoil):
    body = journey.intake_body()
    data = spoil(json.dumps(body)).encode()
    refused = world.guest().call("intake_create", data=data, expect=400,
                                 headers={"Content-Type": "application/json"})
    assert refused.code == "malformed_json"
    assert count(world, body) == 0


def test_intake_create_refuses_a_megabyte(world):
    body = journey.intake_body(answers={**journey.ANSWERS, "needs": "x" * 1048576})
    refused = world.guest().call("intake_create", data=json.dumps(body).encode(), expect=413,
                                 headers={"Content-Type": "application/json"})
    assert refused.code == "body_too_large"
    assert count(world, body) == 0
