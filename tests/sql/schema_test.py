"""Rules that every table, constraint and function in the schema keeps."""
import os

import pytest
import yaml

from support.stack import ROOT

# UNIQUE constraints that no caller of the API can run into: what happens is decided by ON CONFLICT, by
# a random value, by a lock, or only carectl writes there. Every other one bears the name of a problem.
INTERNAL = {
    "email_taken", "inbound_event_once", "intake_form_service_id_version_key", "invoice_number", "invoice_payment",
    "job_dedupe", "message_once", "payment_open", "payment_pay_code", "payment_reference",
    "refresh_token_session_id_generation_key",
}

TABLES = """
SELECT c.oid::regclass::text AS name, c.* FROM pg_class AS c
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
"""


def problem_codes():
    with open(os.path.join(ROOT, "openapi.yaml"), encoding="utf-8") as file:
        return set(yaml.safe_load(file)["x-problems"])


def test_every_table_has_row_level_security(db):
    tables = db.rows(TABLES)
    assert len(tables) > 20
    assert [table["name"] for table in tables if not table["relrowsecurity"]] == []


def test_runtime_roles_own_nothing_and_are_nobody(db):
    assert db.rows("""SELECT c.oid::regclass, rolname FROM pg_class AS c
        JOIN pg_roles AS r ON r.oid = relowner WHERE rolname ~ '^(care|app)_'""") == []
    roles = db.rows("SELECT * FROM pg_roles WHERE rolname ~ '^(care|app)_'")
    assert {role["rolname"] for role in roles} >= {
        "app_admin", "app_client", "app_integrator", "app_public", "app_staff", "app_worker",
        "care_api", "care_worker"}
    for role in roles:
        assert not role["rolsuper"] and not role["rolbypassrls"] and not role["rolcreaterole"]
        assert role["rolcanlogin"] == role["rolname"].startswith("care_")
        assert not (role["rolcanlogin"] and role["rolinherit"]), role["rolname"]


def test_worker_login_takes_only_its_role(db):
    taken = db.rows("""SELECT rolname FROM pg_roles WHERE rolname ~ '^app_'
        AND pg_has_role('care_worker', oid, 'MEMBER')""")
    assert [row["rolname"] for row in taken] == ["app_worker"]


@pytest.mark.parametrize("login", ["care_api", "care_worker", "public"])
def test_logins_have_no_rights_of_their_own(db, login):
    """A forgotten set_config('role', …) must meet a closed door."""
    tables = db.rows("SELECT table_name, privilege_type FROM information_schema.table_privileges "
                     "WHERE table_schema = 'public' AND lower(grantee) = %s", login)
    allowed = [{"table_name": "schema_migration", "privilege_type": "SELECT"}]
    assert tables == (allowed if login == "public" else [])


def test_nobody_may_truncate(db):
    assert db.rows("""SELECT grantee, table_name FROM information_schema.table_privileges
        WHERE table_schema = 'public' AND privilege_type IN ('TRUNCATE', 'TRIGGER', 'REFERENCES')
        AND grantee ~ '^(app|care)_'""") == []


def test_every_policy_belongs_to_a_grant(db):
    """A grant without a policy is a table that always looks empty: somebody forgot one."""
    assert db.rows("""SELECT DISTINCT grantee, table_name FROM information_schema.table_privileges AS g
        WHERE table_schema = 'public' AND grantee ~ '^app_' AND NOT EXISTS (
            SELECT FROM pg_policies AS p WHERE p.schemaname = 'public' AND p.tablename = g.table_name
            AND (g.grantee = ANY (p.roles) OR 'public' = ANY (p.roles))
            AND (p.cmd = 'ALL' OR p.cmd = g.privilege_type))
        AND privilege_type <> 'REFERENCES'""") == []


def test_constraints_are_named_after_problems(db):
    """The one drift that the build cannot catch: db.c looks constraints up as problems."""
    names = {row["name"] for row in db.rows("""
        SELECT i.indexrelid::regclass::text AS name FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indrelid
        WHERE c.relnamespace = 'public'::regnamespace AND (indisunique OR indisexclusion)
        AND NOT (indisprimary AND i.indexrelid::regclass::text LIKE '%\\_pkey')""")}
    codes = problem_codes()
    assert names - codes - INTERNAL == set()
    assert INTERNAL - names == set(), "no such constraint any more"
    assert INTERNAL & codes == set()


def test_raised_words_are_problems(db):
    """RAISE EXCEPTION 'word' is a problem's code; a sentence is a bug's last words."""
    raised = {row["word"] for row in db.rows("""
        SELECT (regexp_matches(prosrc, 'RAISE EXCEPTION ''([a-z_]+)''', 'g'))[1] AS word
        FROM pg_proc WHERE pronamespace = 'public'::regnamespace""")}
    assert raised, "the schema raises nothing?"
    assert raised - problem_codes() == set()


FUNCTIONS = """
SELECT p.oid::regprocedure::text AS name, p.oid, p.* FROM pg_proc AS p
WHERE pronamespace = 'public'::regnamespace
AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
"""


def test_definers_pin_their_search_path(db):
    definers = [row for row in db.rows(FUNCTIONS) if row["prosecdef"]]
    assert definers
    assert [row["name"] for row in definers
            if not any(setting.startswith("search_path=") for setting in row["proconfig"] or [])] == []


def test_functions_are_granted_by_name(db):
    assert [row["name"] for row in db.rows(
        f"{FUNCTIONS} AND has_function_privilege('public', p.oid, 'EXECUTE')")] == []


def test_views_ask_as_their_caller(db):
    assert db.rows("""SELECT oid::regclass FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND relkind = 'v' AND NOT coalesce(reloptions @> '{security_invoker=true}', false)""") == []


def test_money_is_integer(db):
    assert db.rows("""SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND (data_type IN ('real', 'double precision', 'money')
            OR (column_name LIKE '%\\_minor' AND data_type <> 'bigint')
            OR data_type LIKE '% without time zone')""") == []
