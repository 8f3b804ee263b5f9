"""What the tests of the whole product over HTTP share beyond tests/conftest.py."""
import os
import sys

import pytest

from support.tokens import access_token

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import journey  # noqa: E402


@pytest.fixture(scope="module")
def caller(stack, client, guest, sign_in):
    """caller("guest"): a client of that kind; public, guest, client, staff, admin, integrator."""
    made = {"public": client, "guest": guest}

    def get(name):
        if name not in made:
            made[name] = client.with_token(access_token(stack, name)) if name == "integrator" \
                else sign_in(name)
        return made[name]
    return get


@pytest.fixture(scope="module")
def settings():
    """The tests stand behind a proxy of their own, so that rate limits see each visitor apart."""
    return {"CARE_TRUSTED_PROXIES": "127.0.0.1"}


@pytest.fixture(scope="module")
def world(stack, client, sql):
    """All that the steps of journey.py need."""
    return journey.World(stack, client, sql)


@pytest.fixture(autouse=True)
def no_faults_left(request):
    """Faults of one test must not strike the next."""
    yield
    if "world" in request.fixturenames:
        request.getfixturevalue("world").clear_faults()
