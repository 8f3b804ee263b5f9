"""Every statement of sql/queries fits the schema, and returns what its kind says."""
import os

import pytest

from support.database import load_generator
from support.stack import ROOT

gen_sql = load_generator()
FOLDER = os.path.join(ROOT, "sql", "queries")
STATEMENTS = [statement for name, text in gen_sql.read_folder(FOLDER)
              for statement in gen_sql.read_statements(name, text)]


def by_name(statement):
    return statement.name


@pytest.fixture(scope="module")
def login(db):
    """As care-api prepares them: before it has taken any role."""
    with db.connect("care_api") as connection, connection.cursor() as cursor:
        yield cursor


@pytest.mark.parametrize("statement", STATEMENTS, ids=by_name)
def test_statement_prepares(login, statement):
    login.execute(f"PREPARE {statement.name} AS {statement.sql}")
    login.execute("SELECT cardinality(parameter_types) FROM pg_prepared_statements "
                  "WHERE name = %s", (statement.name,))
    assert login.fetchone()[0] == len(statement.parameters)


@pytest.mark.parametrize("statement", [each for each in STATEMENTS if each.kind == "one"], ids=by_name)
def test_one_returns_one_column(db, statement):
    """psql asks the server what the statement would return; nothing runs."""
    columns = db.postgres.psql(f"{statement.sql} \\gdesc\n", db.name).splitlines()
    assert len(columns) == 1
