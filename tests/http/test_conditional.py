"""If-None-Match on what a journey leaves behind, and a key whose first request still runs."""
import uuid

import journey
import psycopg2
import pytest


@pytest.fixture(name="things", scope="module")
def make_things(world):
    """(visitor, {operation: path}) of a booking that was paid and confirmed."""
    visitor, booking = journey.confirmed(world, service=journey.CARE)

    def finished():
        shown = visitor.client.call("booking_get", path={"booking_id": booking["booking_id"]},
                                    expect=200).json
        return shown["invoice_id"] and visitor.client.call(
            "invoice_get", path={"invoice_id": shown["invoice_id"]}, expect=200).json["pdf_ready"] \
            and shown
    shown = world.wait_for(finished, 15, "the invoice to be drawn")
    return visitor, {name: {key: shown[key]} for name, key in (
        ("booking_get", "booking_id"), ("intake_get", "intake_submission_id"),
        ("payment_get", "payment_id"), ("invoice_get", "invoice_id"))}


@pytest.mark.parametrize("name", ["booking_get", "intake_get", "payment_get", "invoice_get"])
def test_what_has_not_changed_is_304(things, name):
    visitor, paths = things
    first = visitor.client.call(name, path=paths[name], expect=200)
    again = visitor.client.call(name, path=paths[name], expect=304,
                                headers={"If-None-Match": first.headers["ETag"]})
    assert again.body == b"" and again.headers["ETag"] == first.headers["ETag"]


def test_a_change_has_another_etag(world, things):
    visitor, paths = things
    before = visitor.client.call("booking_get", path=paths["booking_get"], expect=200)
    visitor.client.call("booking_cancel", path=paths["booking_get"], json={}, expect=200)
    after = visitor.client.call("booking_get", path=paths["booking_get"], expect=200,
                                headers={"If-None-Match": before.headers["ETag"]})
    assert after.json["state"] == "cancelled"
    assert after.headers["ETag"] != before.headers["ETag"]


def test_a_key_whose_first_request_still_runs_is_409(world, postgres, database):
    """The lock is the one that idempotency_begin takes for the first request."""
    key, body = str(uuid.uuid4()), journey.intake_body()
    first = psycopg2.connect(postgres.url("postgres", database))
    try:
        with first.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
                           (f"public|intake_create|{key}",))
        reply = world.client.call("intake_create", json=body, idempotency_key=key,
                                  expect="idempotency_in_flight")
        assert int(reply.headers["Retry-After"]) >= 1
    finally:
        first.rollback()
        first.close()
    world.client.call("intake_create", json=body, idempotency_key=key, expect=201)
