"""The same Idempotency-Key on every POST that takes one: one effect, one answer, also after a
restart."""
import concurrent.futures
import itertools
import uuid

import journey
import psycopg2
import pytest

numbers = itertools.count(8601)
KEY = "Idempotency-Key"


class Post:
    """A request that may be sent again: its operation, caller, path and body, another body that
    is good too, and whose name the answer is kept under."""

    def __init__(self, operation, client, body=None, other=None, path=None, principal=None):
        self.operation = operation
        self.client = client
        self.body = body
        self.other = other
        self.path = path
        self.principal = principal

    def send(self, key, body=None, expect=None, client=None):
        body = self.body if body is None else body
        options = {} if body is None else {"json": body}
        return (client or self.client).call(self.operation, path=self.path, expect=expect,
                                            idempotency_key=key, **options)


def link(visitor):
    return f"link:{visitor.intake_id}"


def of_visitor(visitor, operation, body=None, other=None, **path):
    return Post(operation, visitor.client, body, other, path, link(visitor))


def intake_create(world, people):
    body = journey.intake_body()
    return Post("intake_create", world.guest(), body, {**body, "locale": "fr"}, principal="public")


def intake_checkout(world, people):
    visitor = journey.submit(world)
    return of_visitor(visitor, "intake_checkout", {"currency": "NGN"}, {"currency": "USD"},
                      intake_submission_id=visitor.intake_id)


def slot_hold_create(world, people):
    visitor = journey.submit(world)
    start_at = journey.free_slot(world)
    body = {"intake_submission_id": visitor.intake_id, "start_at": start_at}
    return of_visitor(visitor, "slot_hold_create", body,
                      {**body, "start_at": journey.free_slot(world, after_h=96)})


def booking_create(world, people):
    post = slot_hold_create(world, people)
    post.operation = "booking_create"
    return post


def unpaid(world):
    visitor = journey.submit(world)
    return visitor, journey.book(visitor)


def booking_checkout(world, people):
    visitor, booking = unpaid(world)
    return of_visitor(visitor, "booking_checkout", {"currency": "NGN"}, {"currency": "USD"},
                      booking_id=booking["booking_id"])


def booking_cancel(world, people):
    visitor, booking = journey.confirmed(world)
    return of_visitor(visitor, "booking_cancel", {"reason": "ill"}, {"reason": "well"},
                      booking_id=booking["booking_id"])


def booking_reschedule(world, people):
    visitor, booking = journey.confirmed(world)
    starts = [journey.free_slot(world, journey.FREE, after_h=hours) for hours in (96, 144)]
    return of_visitor(visitor, "booking_reschedule", {"start_at": starts[0]},
                      {"start_at": starts[1]}, booking_id=booking["booking_id"])


def request_of(world, people, operation, body=None, other=None):
    visitor = journey.submit(world, service=people["asking"], answers={})
    booking = journey.book(visitor)
    journey.wait_booking(visitor, booking["booking_id"], "requested")
    return Post(operation, people["staff"], body, other, {"booking_id": booking["booking_id"]},
                people["staff_id"])


def booking_confirm(world, people):
    return request_of(world, people, "booking_confirm")


def booking_decline(world, people):
    return request_of(world, people, "booking_decline", {"reason": "no"}, {"reason": "never"})


def ended(world):
    visitor, booking = journey.confirmed(world)
    world.move_to(journey.parse(booking["end_at"]))
    return visitor, booking


def booking_outcome(world, people):
    _, booking = ended(world)
    return Post("booking_outcome", people["staff"], {"outcome": "completed"},
                {"outcome": "no_show"}, {"booking_id": booking["booking_id"]}, people["staff_id"])


def booking_feedback(world, people):
    visitor, booking = ended(world)
    return of_visitor(visitor, "booking_feedback", {"rating": 5}, {"rating": 1},
                      booking_id=booking["booking_id"])


def service_create(world, people):
    number = next(numbers)
    body = {"slug": f"service-{number}", "name": "A service", "duration_minutes": 30,
            "calcom_event_type_id": str(number)}
    return Post("service_create", people["admin"], body, {**body, "name": "Another"},
                principal=people["admin_id"])


def job_retry(world, people):
    job, = world.sql("INSERT INTO job (kind, subject_id, dedupe_key, attempts_max, state, "
                     "last_error) VALUES ('message_send', uuid_v7(), uuid_v7()::text, 3, 'dead', "
                     "'a test') RETURNING job_id")
    return Post("job_retry", people["admin"], path={"job_id": job["job_id"]},
                principal=people["admin_id"])


POSTS = [intake_create, intake_checkout, slot_hold_create, booking_create, booking_checkout,
         booking_cancel, booking_reschedule, booking_confirm, booking_decline, booking_outcome,
         booking_feedback, service_create, job_retry]


@pytest.fixture(scope="module")
def people(world, admin, staff):
    """Who acts, and a service whose bookings are requests."""
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
    return {"admin": admin, "staff": staff, "asking": slug,
            "admin_id": admin.call("me_get").json["user_id"],
            "staff_id": staff.call("me_get").json["user_id"]}


def new_key():
    return str(uuid.uuid4())


def same(first, again):
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers


def test_every_post_with_a_key_is_tried_here(client):
    with_key = {operation.id for operation in client.contract.operations.values()
                if operation.method == "POST" and operation.parameter(KEY)}
    assert with_key == {make.__name__ for make in POSTS}


@pytest.mark.parametrize("make", POSTS, ids=lambda make: make.__name__)
def test_the_same_request_has_the_same_answer(world, people, make):
    post, key = make(world, people), new_key()
    first = post.send(key)
    assert first.status < 300, first
    same(first, post.send(key))
    world.quiet()
    same(first, post.send(key))


@pytest.mark.parametrize("make", [make for make in POSTS
                                  if make not in (booking_confirm, job_retry)],
                         ids=lambda make: make.__name__)
def test_another_body_under_the_same_key_is_refused(world, people, make):
    post, key = make(world, people), new_key()
    first = post.send(key)
    assert first.status < 300, first
    assert post.send(key, post.other, expect=422).code == "idempotency_key_reused"
    same(first, post.send(key))


def test_another_path_under_the_same_key_is_refused(world, people):
    """Two requested bookings: the key names one request."""
    key = new_key()
    request_of(world, people, "booking_confirm").send(key, expect=202)
    refused = request_of(world, people, "booking_confirm").send(key, expect=422)
    assert refused.code == "idempotency_key_reused"


@pytest.mark.parametrize("make", POSTS, ids=lambda make: make.__name__)
def test_a_request_in_flight_is_said(world, people, servers, database, make):
    """The lock that a running request holds is held by us."""
    post, key = make(world, people), new_key()
    holder = psycopg2.connect(servers.postgres.url("postgres", database))
    try:
        with holder.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
                           ["|".join((post.principal, post.operation, key))])
        refused = post.send(key, expect=409)
        assert refused.code == "idempotency_in_flight"
        assert int(refused.headers["Retry-After"]) >= 1
    finally:
        holder.rollback()
        holder.close()
    assert post.send(key).status < 300


@pytest.mark.parametrize("make", [booking_create, intake_checkout, intake_create, service_create],
                         ids=lambda make: make.__name__)
def test_ten_at_once_have_one_effect(world, people, make):
    post, key = make(world, people), new_key()
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        replies = list(pool.map(lambda _: post.send(key, client=post.client.with_headers()),
                                range(10)))
    done = [reply for reply in replies if reply.status < 300]
    assert done and len({reply.body for reply in done}) == 1
    assert {reply.code for reply in replies} <= {None, "idempotency_in_flight"}
    assert [reply for reply in done if "Idempotent-Replayed" not in reply.headers] == done[:1] or \
        len([reply for reply in done if "Idempotent-Replayed" not in reply.headers]) == 1


def test_a_key_belongs_to_its_caller(world, people):
    """Two visitors may draw the same key."""
    key = new_key()
    first, second = (intake_checkout(world, people) for _ in range(2))
    assert first.send(key, expect=202).json["payment_id"] != \
        second.send(key, expect=202).json["payment_id"]


def test_a_refusal_is_kept_too(world, people):
    """Otherwise a second try could succeed where the first was told that it had not."""
    visitor, booking = unpaid(world)
    post = of_visitor(visitor, "booking_reschedule", {"start_at": booking["start_at"]},
                      booking_id=booking["booking_id"])
    key = new_key()
    first = post.send(key, expect=409)
    assert first.code == "booking_state"
    again = post.send(key, expect=409)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json == first.json


def test_a_mistake_may_be_mended_under_the_same_key(world, people):
    """What could not be read is no request yet."""
    post, key = intake_checkout(world, people), new_key()
    post.send(key, {"currency": "naira"}, expect=400)
    post.send(key, expect=202)


def test_the_answer_survives_a_restart_of_the_api(world, people):
    posts = [(make(world, people), new_key()) for make in (booking_create, service_create,
                                                          intake_create)]
    first = [post.send(key) for post, key in posts]
    world.stack.restart("api")
    for (post, key), reply in zip(posts, first):
        same(reply, post.send(key))


def test_the_answer_survives_the_loss_of_redis(world, people, redis):
    post, key = booking_create(world, people), new_key()
    first = post.send(key, expect=202)
    redis.flushall()
    same(first, post.send(key))


@pytest.mark.parametrize("key", ["short", "x" * 256, "two\twords of a key"])
def test_a_key_that_is_no_key_is_refused(world, people, key):
    refused = intake_create(world, people).send(key, expect=400)
    assert refused.status == 400


def test_an_answer_is_forgotten_after_its_time(world, people):
    post, key = intake_checkout(world, people), new_key()
    first = post.send(key, expect=202)
    world.sql("UPDATE idempotency_key SET expires_at = now() - interval '1 s' WHERE key = %s", key)
    again = post.send(key, {"currency": "USD"}, expect=202)
    assert "Idempotent-Replayed" not in again.headers
    assert again.json["payment_id"] == first.json["payment_id"]
