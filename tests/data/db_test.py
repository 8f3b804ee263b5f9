"""lib/data against a real PostgreSQL and a real Redis: builds their surroundings, runs the C tests."""
import os
import subprocess

import pytest

from support.stack import program

FOLDER = os.path.dirname(os.path.abspath(__file__))


def carectl(*words):
    return subprocess.run([program("carectl"), *words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60, check=False)


def migrated(postgres, name):
    postgres.create_database(name)
    done = carectl("migrate", "--url", postgres.url("postgres", name))
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def databases(postgres):
    """One with the probes' tables, one that is only migrated, one that is empty."""
    names = ("probe", "probe_bare", "probe_empty")
    migrated(postgres, "probe")
    migrated(postgres, "probe_bare")
    postgres.create_database("probe_empty")
    with open(os.path.join(FOLDER, "schema.sql"), encoding="utf-8") as file:
        postgres.psql(file.read(), "probe")
    yield
    for name in names:
        postgres.drop_database(name)


@pytest.fixture
def environment(postgres, servers, databases):
    def url(user, database="probe"):
        return postgres.url(user, database)
    return {
        **os.environ,
        "CARE_TEST_URL": url("care_api"),
        "CARE_TEST_OWNER_URL": url("postgres"),
        "CARE_TEST_WORKER_URL": url("care_worker"),
        "CARE_TEST_EMPTY_URL": url("care_api", "probe_empty"),
        "CARE_TEST_BARE_URL": url("care_api", "probe_bare"),
        "CARE_TEST_AWAY_URL": "postgresql://care_api@/probe?host=/nonexistent",
        "CARE_TEST_REDIS_URL": servers.redis.url,
        "TSAN_OPTIONS": "halt_on_error=1",
    }


@pytest.mark.parametrize("name", ["db_test", "db_fault_test", "redis_test"])
def test_program(environment, name):
    done = subprocess.run([program(name)], env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout[-8000:]
    assert "[  PASSED  ]" in done.stdout
