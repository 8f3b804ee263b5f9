"""Signing in, trading refresh tokens, signing out."""
import concurrent.futures
import time

import journey
import jwt
import pytest
from support.people import PEOPLE, password_of


def login(world, name="client", expect=200, **changes):
    body = {"email": PEOPLE[name].email, "password": password_of(name), **changes}
    return world.guest().call("auth_login", json=body, expect=expect)


def refresh(world, token, expect=200):
    return world.guest().call("auth_refresh", json={"refresh_token": token}, expect=expect)


def session_of(world, tokens):
    return jwt.decode(tokens["access_token"], options={"verify_signature": False})["sid"]


def is_over(world, tokens):
    row, = world.sql("SELECT revoked_at, revoked_reason FROM session WHERE session_id = %s",
                     session_of(world, tokens))
    return row["revoked_at"] and row["revoked_reason"]


@pytest.mark.parametrize("name", sorted(PEOPLE))
def test_auth_login_gives_tokens(world, name):
    reply = login(world, name)
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.json["user"]["role"] == PEOPLE[name].role
    assert (reply.json["expires_in"], reply.json["refresh_expires_in"]) == (900, 2592000)
    me = world.guest().with_token(reply.json["access_token"]).call("me_get", expect=200).json
    assert (me["email"], me["time_zone"]) == (PEOPLE[name].email, PEOPLE[name].time_zone)
    assert me["user_id"] == reply.json["user"]["user_id"]


def test_auth_login_takes_an_address_in_capitals(world):
    login(world, email=PEOPLE["client"].email.upper())


def without_id(reply):
    return {name: value for name, value in reply.json.items() if name != "request_id"}


def test_auth_login_tells_unknown_people_nothing(world):
    """The same words in the same time."""
    wrong = login(world, password="not the password", expect=401)
    unknown = login(world, email="nobody@demo.example", expect=401)
    assert wrong.code == "invalid_credentials"
    assert without_id(wrong) == without_id(unknown)
    assert wrong.headers.get("WWW-Authenticate") == unknown.headers.get("WWW-Authenticate")

    def fastest(**changes):
        return min(login(world, expect=401, **changes).seconds for _ in range(4))
    slow, quick = fastest(password="not the password"), fastest(email="nobody@demo.example")
    assert 1 / 3 < quick / slow < 3


def test_auth_login_refuses_disabled_people_the_same_way(world):
    world.sql("UPDATE app_user SET disabled_at = now() WHERE email = %s", PEOPLE["client2"].email)
    try:
        assert login(world, "client2", expect=401).code == "invalid_credentials"
    finally:
        world.sql("UPDATE app_user SET disabled_at = NULL WHERE email = %s",
                  PEOPLE["client2"].email)


@pytest.mark.parametrize("body, pointer", [
    ({"password": "x"}, "/email"), ({"email": "ada@demo.example"}, "/password"),
    ({"email": "ada", "password": "x"}, "/email"),
    ({"email": "ada@demo.example", "password": ""}, "/password"),
    ({"email": "ada@demo.example", "password": "x" * 1025}, "/password"),
    ({"email": "ada@demo.example", "password": ["x"]}, "/password"),
])
def test_auth_login_points_at_what_is_wrong(world, body, pointer):
    assert world.guest().call("auth_login", json=body, expect=400).pointers == [pointer]


def test_auth_login_is_limited(world):
    guest = world.guest()
    body = {"email": "nobody@demo.example", "password": "x"}
    replies = [guest.call("auth_login", json=body, expect=(401, 429)) for _ in range(31)]
    assert replies[-1].status == 429
    assert int(replies[-1].headers["Retry-After"]) > 0
    login(world)


def test_auth_refresh_rotates(world):
    first = login(world).json
    second = refresh(world, first["refresh_token"]).json
    third = refresh(world, second["refresh_token"]).json
    tokens = [one["refresh_token"] for one in (first, second, third)]
    assert len(set(tokens)) == 3
    assert {session_of(world, one) for one in (first, second, third)} == {session_of(world, first)}
    world.guest().with_token(third["access_token"]).call("me_get", expect=200)


def test_ten_refreshes_at_once_have_one_child_and_log_nobody_out(world):
    tokens = login(world).json
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        children = {reply.json["refresh_token"] for reply in pool.map(
            lambda _: refresh(world, tokens["refresh_token"]), range(10))}
    assert len(children) == 1
    live = world.sql("SELECT count(*) AS count FROM refresh_token WHERE session_id = %s "
                     "AND used_at IS NULL", session_of(world, tokens))
    assert live[0]["count"] == 1
    assert not is_over(world, tokens)
    refresh(world, children.pop())


def age(world, tokens, seconds):
    """Makes the session's used tokens older than they are."""
    world.sql("UPDATE refresh_token SET used_at = used_at - make_interval(secs => %s) "
              "WHERE session_id = %s", seconds, session_of(world, tokens))


def test_a_refresh_whose_answer_was_lost_may_be_asked_again_later(world):
    """The child was never used, so nobody else has it."""
    tokens = login(world).json
    child = refresh(world, tokens["refresh_token"]).json
    age(world, tokens, 3600)
    assert refresh(world, tokens["refresh_token"]).json["refresh_token"] == child["refresh_token"]


def ends_the_session(world, tokens, stolen, newest):
    refused = refresh(world, stolen, expect=401)
    assert refused.code == "invalid_token"
    assert is_over(world, tokens) == "refresh token used again"
    assert refresh(world, newest, expect=401).code == "invalid_token"


def test_an_older_token_ends_the_session(world):
    tokens = login(world).json
    second = refresh(world, tokens["refresh_token"]).json
    third = refresh(world, second["refresh_token"]).json
    ends_the_session(world, tokens, tokens["refresh_token"], third["refresh_token"])


def test_the_last_token_ends_the_session_after_its_grace(world):
    tokens = login(world).json
    child = refresh(world, tokens["refresh_token"]).json
    newest = refresh(world, child["refresh_token"]).json
    age(world, tokens, 31)
    ends_the_session(world, tokens, tokens["refresh_token"], newest["refresh_token"])


@pytest.mark.parametrize("token", ["cr_" + "A" * 43, "x" * 40])
def test_auth_refresh_refuses_what_is_no_token(world, token):
    assert refresh(world, token, expect=401).code == "invalid_token"


def test_auth_refresh_of_somebody_disabled_meanwhile(world):
    tokens = login(world, "client2").json
    world.sql("UPDATE app_user SET disabled_at = now() WHERE email = %s", PEOPLE["client2"].email)
    try:
        refresh(world, tokens["refresh_token"], expect=401)
    finally:
        world.sql("UPDATE app_user SET disabled_at = NULL WHERE email = %s",
                  PEOPLE["client2"].email)


@pytest.mark.parametrize("column", ["idle_expires_at", "absolute_expires_at"])
def test_auth_refresh_of_a_session_that_has_ended(world, column):
    tokens = login(world).json
    world.sql(f"UPDATE session SET {column} = now() - interval '1 s' WHERE session_id = %s",
              session_of(world, tokens))
    refresh(world, tokens["refresh_token"], expect=401)


def test_auth_logout_ends_this_session_alone(world):
    here, there = login(world).json, login(world).json
    signed_in = world.guest().with_token(here["access_token"])
    assert signed_in.call("auth_logout", expect=204).body == b""
    refresh(world, here["refresh_token"], expect=401)
    refresh(world, there["refresh_token"])
    world.guest().call("auth_logout", expect=401)


def test_secrets_are_stored_as_hashes_and_never_logged(world):
    tokens = login(world).json
    child = refresh(world, tokens["refresh_token"]).json
    login(world, password="a wrong password", expect=401)
    secrets = [tokens["refresh_token"], child["refresh_token"], tokens["access_token"],
               password_of("client"), "a wrong password"]
    log = ""
    deadline = time.monotonic() + 5
    while "auth_refresh" not in log and time.monotonic() < deadline:
        with open(world.stack.process("api").log, encoding="utf-8") as file:
            log = file.read()
    assert "auth_refresh" in log
    rows = str(world.sql("SELECT * FROM refresh_token")) + str(world.sql("SELECT * FROM app_user"))
    for secret in secrets:
        assert secret not in log and secret not in rows


def test_an_access_token_is_checked(world):
    token = login(world).json["access_token"]
    head, body, signature = token.split(".")
    forged = [token[:-2] + ("AA" if token[-2:] != "AA" else "BB"), f"{head}.{body}.", head + "." + body,
              "x.y.z", ""]
    for one in forged:
        refused = world.guest().call("me_get", expect=401, headers={
            "Authorization": f"Bearer {one}"})
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    world.guest().call("me_get", expect=401)
    world.guest().call("me_get", expect=401, headers={"Authorization": "Basic YTpi"})


def test_journey_of_a_signed_in_client_needs_no_link(world, family):
    visitor, booking = journey.confirmed(world, client=family)
    assert visitor.client.token
    listed = family.call("booking_list", expect=200).json["data"]
    assert [row["booking_id"] for row in listed] == [booking["booking_id"]]
