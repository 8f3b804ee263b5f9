"""carectl migrate: once, in order, one at a time, and never over an edited past."""
import concurrent.futures
import hashlib
import os

from support.stack import ROOT

FOLDER = os.path.join(ROOT, "sql", "migrations")
NAMES = sorted(name for name in os.listdir(FOLDER) if name.endswith(".sql"))
LEVEL = len(NAMES)


def applied(db):
    return db.rows("SELECT number, name, sha256, applied_at FROM schema_migration ORDER BY number")


def sha256(name):
    with open(os.path.join(FOLDER, name), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def test_all_are_recorded(make_database):
    db = make_database()
    status, output = db.carectl("migrate")
    assert status == 0
    assert output.splitlines() == [f"migrate: applied {name[:-4]}" for name in NAMES] + [
        f"migrate: the database is at migration {LEVEL}"]
    assert [(row["number"], row["name"], row["sha256"]) for row in applied(db)] == [
        (number, name[5:-4], sha256(name)) for number, name in enumerate(NAMES, 1)]


def test_again_is_nothing(make_database):
    db = make_database().migrate()
    before = applied(db)
    status, output = db.carectl("migrate")
    assert (status, output) == (0, f"migrate: the database is at migration {LEVEL}\n")
    assert applied(db) == before


def test_many_at_once_apply_once(make_database):
    db = make_database()
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        ends = list(pool.map(lambda _: db.carectl("migrate"), range(20)))
    assert [status for status, _ in ends] == [0] * 20, ends
    said = [line for _, output in ends for line in output.splitlines() if "applied" in line]
    assert said == [f"migrate: applied {name[:-4]}" for name in NAMES]
    assert len(applied(db)) == LEVEL


def test_an_edited_migration_is_refused(make_database):
    db = make_database().migrate()
    db.rows("UPDATE schema_migration SET sha256 = repeat('0', 64) WHERE number = 2")
    status, output = db.carectl("migrate")
    assert status == 1
    assert output == f"migrate: migration {NAMES[1][:-4]} was changed after it was applied\n"


def test_a_newer_database_is_refused(make_database):
    db = make_database().migrate()
    db.rows("INSERT INTO schema_migration VALUES (%s, 'later', '')", LEVEL + 1)
    status, output = db.carectl("migrate")
    assert status == 1
    assert f"at migration {LEVEL + 1}, newer than this program ({LEVEL})" in output


def test_a_gap_is_refused(make_database):
    db = make_database().migrate()
    db.rows("DELETE FROM schema_migration WHERE number = 2")
    status, output = db.carectl("migrate")
    assert status == 1
    assert f"{NAMES[1][:-4]} was left out" in output


def test_a_failed_migration_leaves_nothing(make_database):
    """Something in the way of the second: the first stays, the second is undone whole."""
    db = make_database()
    db.rows("CREATE TABLE session ()")
    status, output = db.carectl("migrate")
    assert status == 1
    assert f"migrate: {NAMES[1][:-4]}, line " in output
    assert 'relation "session" already exists' in output
    assert [row["number"] for row in applied(db)] == [1]
    assert db.rows("SELECT to_regclass('app_user') AS found") == [{"found": None}]
    db.rows("DROP TABLE session")
    db.migrate()
    assert len(applied(db)) == LEVEL


def test_an_unreachable_database_is_said(make_database):
    db = make_database()
    status, output = db.carectl("migrate", "--url", "postgresql://nobody@/x?host=/nonexistent")
    assert status == 1
    assert "connection to server" in output
