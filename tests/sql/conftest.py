"""Databases for the SQL tests, dropped with the module."""
import re

import pytest

from support.database import Database


@pytest.fixture(scope="module")
def make_database(request, postgres):
    """make_database(): an empty one; all are dropped with the module."""
    made = []
    module = re.sub(r"[^a-z0-9]", "_", request.module.__name__.rsplit(".", 1)[-1])

    def make():
        made.append(Database(postgres, f"sql_{module}_{len(made)}"))
        postgres.create_database(made[-1].name)
        return made[-1]
    yield make
    for each in made:
        postgres.drop_database(each.name)


@pytest.fixture(scope="module")
def db(make_database):
    """A migrated and seeded database."""
    database = make_database().migrate()
    status, output = database.carectl("seed", "--demo")
    assert status == 0, output
    return database
