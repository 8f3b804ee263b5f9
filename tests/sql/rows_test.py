"""Row-level security: what each role sees, writes and does not, in every table there is.

The tests walk the catalog: a new table that a client or a visitor may read needs rows of two
families in rows.sql before they pass."""
import os

import psycopg2
import pytest

from support.database import ROLES

FOLDER = os.path.dirname(os.path.abspath(__file__))
ADA, BEN = (f"00000000-0000-7000-8000-00000000000{letter}" for letter in "ab")
ADA_LINK, BEN_LINK = (f"00000000-0001-7000-8000-00000000000{letter}" for letter in "ab")
STRANGER = "00000000-0000-7000-8000-0000000000ff"

# Nobody's in particular: everyone may read all of it.
SHARED = {"availability_refresh", "availability_slot", "intake_form", "job_kind", "schema_migration",
          "service", "service_price", "test_clock"}


@pytest.fixture(scope="module")
def families(db):
    with open(os.path.join(FOLDER, "rows.sql"), encoding="utf-8") as file:
        db.rows(file.read())
    return db


def readable(db, role):
    """Tables of which the role may read some column, but for those that are everyone's."""
    return [row["name"] for row in db.rows("""
        SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND relkind IN ('r', 'p', 'v') AND has_any_column_privilege(%s, oid, 'SELECT')
        ORDER BY 1""", role) if row["name"] not in SHARED]


def counts(db, role, actor=None, link=None):
    """How many rows of each readable table the role sees."""
    with db.acting(role, actor, link) as ask:
        return {table: ask(f'SELECT count(*) AS n FROM "{table}"')[0]["n"]
                for table in readable(db, role)}


@pytest.mark.parametrize("role", ["app_public", "app_client"])
def test_every_readable_table_has_rows_to_hide(families, role):
    empty = [table for table in readable(families, role)
             if families.rows(f'SELECT count(*) AS n FROM "{table}"')[0]["n"] < 2]
    assert empty == [], "add a row for each family to tests/sql/rows.sql"


def test_nobody_sees_nothing(families):
    for role in ("app_public", "app_client", "app_integrator"):
        seen = {table: n for table, n in counts(families, role).items() if n}
        assert seen == {}, role


def test_a_stranger_sees_nothing(families):
    assert not any(counts(families, "app_client", actor=STRANGER).values())
    assert not any(counts(families, "app_public", link=STRANGER).values())


def test_one_kind_of_key_does_not_open_the_other_door(families):
    assert not any(counts(families, "app_client", link=ADA_LINK).values())
    assert not any(counts(families, "app_public", actor=ADA).values())


@pytest.mark.parametrize("role,ada,ben", [
    ("app_client", {"actor": ADA}, {"actor": BEN}),
    ("app_public", {"link": ADA_LINK}, {"link": BEN_LINK})])
def test_a_family_sees_its_own_and_no_other(families, role, ada, ben):
    """One row each in rows.sql; and the two see different ones."""
    for who in (ada, ben):
        seen = counts(families, role, **who)
        assert {table: n for table, n in seen.items() if n != 1} == {}
    with families.acting(role, **ada) as hers, families.acting(role, **ben) as his:
        for table in counts(families, role):
            column = families.rows(
                "SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid "
                "AND attnum = indkey[0] WHERE indisprimary AND indrelid = %s::regclass",
                table)[0]["attname"]
            select = f'SELECT "{column}" AS id FROM "{table}"'
            assert hers(select) != his(select), table


@pytest.mark.parametrize("role", ["app_staff", "app_admin"])
def test_staff_see_every_family(families, role):
    seen = counts(families, role)
    for table in ("booking", "intake_submission", "payment"):
        assert seen[table] == families.rows(f'SELECT count(*) AS n FROM "{table}"')[0]["n"]


def test_hashes_and_tokens_are_for_sign_in_only(families):
    for role in set(ROLES) - {"app_worker"}:
        assert "refresh_token" not in readable(families, role)
        with families.acting(role, actor=ADA) as ask, \
                pytest.raises(psycopg2.errors.InsufficientPrivilege):
            ask("SELECT password_hash FROM app_user")


def writable(db, role):
    return [row["name"] for row in db.rows("""
        SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND relkind IN ('r', 'p') AND (has_any_column_privilege(%s, oid, 'UPDATE')
            OR has_table_privilege(%s, oid, 'DELETE'))""", role, role)]


def test_the_other_family_cannot_be_changed(families):
    """Every table a client or a visitor may change: all of it at once touches their own row only."""
    for role, who in (("app_client", {"actor": ADA}), ("app_public", {"link": ADA_LINK})):
        for table in writable(families, role):
            with families.acting(role, **who) as ask:
                column = families.rows("""SELECT min(column_name) AS name
                    FROM information_schema.columns WHERE table_name = %s
                    AND has_column_privilege(%s, %s::regclass, column_name, 'UPDATE')""",
                    table, role, table)[0]["name"]
                changed = ask(f'UPDATE "{table}" SET "{column}" = "{column}" RETURNING 1 AS one')
                assert len(changed) <= 1, (role, table)


def test_nothing_is_given_away(families):
    """A row cannot be moved to, or made for, somebody else."""
    with families.acting("app_client", actor=ADA) as ask, \
            pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask("UPDATE booking SET user_id = %s", BEN)
    with families.acting("app_client", actor=ADA) as ask, \
            pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask("""INSERT INTO intake_submission (intake_submission_id, service_id, intake_form_id, user_id,
            contact_name, contact_email, answers, time_zone, time_zone_source)
            SELECT gen_random_uuid(), service_id, intake_form_id, %s, 'x', 'x', '{}', 'UTC', 'care'
            FROM intake_form LIMIT 1""", BEN)


def test_roles_cannot_be_changed_into(families):
    """care_worker cannot take what it was not given; a role taken is no way to become the owner."""
    with families.connect("care_worker") as connection, connection.cursor() as cursor, \
            pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute("SET ROLE app_admin")
    with families.acting("app_admin") as ask, \
            pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask("SET ROLE postgres")
