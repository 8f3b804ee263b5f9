"""What the tests of the whole product over HTTP share beyond tests/conftest.py."""
import pytest

from support.tokens import access_token


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
