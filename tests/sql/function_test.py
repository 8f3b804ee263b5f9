"""The functions everything else stands on: ids, the clock, instants, jobs, saved answers."""
import datetime
import time
import uuid

import psycopg2
import pytest

UTC = datetime.timezone.utc


def test_uuid_v7_is_one(db):
    before = int(time.time() * 1000)
    ids = [uuid.UUID(row["id"]) for row in
           db.rows("SELECT uuid_v7()::text AS id FROM generate_series(1, 2000)")]
    after = int(time.time() * 1000)
    assert len(set(ids)) == 2000
    assert {each.version for each in ids} == {7}
    assert {each.variant for each in ids} == {uuid.RFC_4122}
    stamps = [each.int >> 80 for each in ids]
    assert before - 1 <= min(stamps) and max(stamps) <= after + 1
    # No bit but those of version and variant stands still.
    random_bits = (1 << 80) - 1 & ~(0xf << 76) & ~(0x3 << 62)
    seen_one = seen_zero = 0
    for each in ids:
        seen_one |= each.int
        seen_zero |= ~each.int
    assert seen_one & seen_zero & random_bits == random_bits


def test_uuid_v7_sorts_by_time(db):
    rows = db.rows("SELECT uuid_v7()::text AS id, pg_sleep(0.003) FROM generate_series(1, 20)")
    ids = [row["id"] for row in rows]
    assert ids == sorted(ids)


def offset_s(db):
    return round(float(db.rows("SELECT extract(epoch FROM care_now() - now()) AS s")[0]["s"]))


def test_the_clock_moves(db):
    assert offset_s(db) == 0
    for words, expected in ((("advance", "90"), 90), (("advance", "15m"), 990),
                            (("advance", "2h"), 8190), (("advance", "1d"), 94590),
                            (("reset",), 0)):
        status, output = db.carectl("clock", *words, CARE_CLOCK_MOVABLE="true")
        assert status == 0, output
        assert offset_s(db) == expected
        assert f"({expected} s ahead of " in output


@pytest.mark.parametrize("movable", ["false", "", "yes"])
def test_the_clock_stands_firm(db, movable):
    status, output = db.carectl("clock", "advance", "1h", CARE_CLOCK_MOVABLE=movable)
    assert (status, offset_s(db)) == (1, 0)
    assert "CARE_CLOCK_MOVABLE" in output


@pytest.mark.parametrize("words", [("advance",), ("advance", "1w"), ("advance", "-5"), ("advance", "1.5h"),
                                   ("advance", "999999d"), ("show", "more"), ("turn",), ()])
def test_the_clock_is_not_misused(db, words):
    status, output = db.carectl("clock", *words, CARE_CLOCK_MOVABLE="true")
    assert (status, offset_s(db)) == (2, 0)
    assert "Usage: carectl clock" in output


def test_no_runtime_role_moves_the_clock(db):
    for role in ("app_admin", "app_worker", "app_client"):
        with db.acting(role) as ask, pytest.raises(psycopg2.errors.InsufficientPrivilege):
            ask("UPDATE test_clock SET offset_s = 1")


def test_rfc3339(db):
    row = db.rows("""SELECT rfc3339('2026-11-22 09:00:00.9+01') AS utc,
        rfc3339_local('2026-07-01 12:00:00+00', 'Europe/London') AS london,
        rfc3339_local('2026-11-01 12:00:00+00', 'America/St_Johns') AS st_johns,
        rfc3339_local('2026-11-01 12:00:00+00', 'Asia/Kathmandu') AS kathmandu,
        rfc3339_local('2026-11-01 12:00:00+00', 'UTC') AS zulu, rfc3339(NULL) AS nothing""")[0]
    assert row == {"utc": "2026-11-22T08:00:00Z", "london": "2026-07-01T13:00:00+01:00",
                   "st_johns": "2026-11-01T08:30:00-03:30", "kathmandu": "2026-11-01T17:45:00+05:45",
                   "zulu": "2026-11-01T12:00:00+00:00", "nothing": None}


def test_a_job_is_enqueued_once(db):
    kind = db.rows("SELECT kind, attempts_max FROM job_kind ORDER BY kind LIMIT 1")[0]
    with db.acting("app_client") as ask:
        first = ask("SELECT job_enqueue(%s, NULL, 'once') AS id", kind["kind"])[0]["id"]
        again = ask("SELECT job_enqueue(%s, NULL, 'once') AS id", kind["kind"])[0]["id"]
        assert first and again is None
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            ask("SELECT * FROM job")


def test_an_unknown_kind_is_refused(db):
    with db.acting("app_worker") as ask, pytest.raises(psycopg2.errors.RaiseException):
        ask("SELECT job_enqueue('no_such_kind', NULL, 'x')")


def begin(ask, key, digest="d1"):
    return ask("SELECT idempotency_begin('u', 'op', %s, %s) AS j", key, digest)[0]["j"]


def test_saved_answers(db):
    with db.acting("app_public") as ask:
        assert begin(ask, "k") == {"state": "new"}
        ask("SELECT idempotency_save('u', 'op', 'k', 'd1', 201, 'application/json', '{}', '{\"a\":1}')")
        saved = begin(ask, "k")
        assert (saved["state"], saved["status"], saved["body"]) == ("saved", 201, '{"a":1}')
        assert begin(ask, "k", "d2") == {"state": "different"}


def test_a_key_in_flight_is_said(db):
    with db.acting("app_public") as first, db.acting("app_public") as second:
        assert begin(first, "same") == {"state": "new"}
        assert begin(second, "same") == {"state": "in_flight"}
        assert begin(second, "other") == {"state": "new"}


def test_an_expired_answer_is_forgotten(db):
    db.rows("INSERT INTO idempotency_key (principal, operation, key, request_sha256, status, expires_at)"
            " VALUES ('u', 'op', 'old', 'd1', 200, now() - interval '1 s')")
    with db.acting("app_public") as ask:
        assert begin(ask, "old") == {"state": "new"}
    with db.acting("app_worker") as ask:
        ask("SELECT idempotency_purge()")
