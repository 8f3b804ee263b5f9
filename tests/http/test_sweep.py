"""Every operation of the contract, asked for each answer that does not depend on what it is about:
who may call, what a request must look like, limits, and the database away."""
import json
import uuid

import pytest

from support import examples
from support.contract import load
from support.signatures import SIGNED

CONTRACT = load()
OPERATIONS = CONTRACT.operations
KINDS = ("public", "guest", "client", "staff", "admin", "integrator")


def those(condition):
    return [name for name, operation in OPERATIONS.items() if condition(operation)]


def declares(status):
    return lambda operation: status in operation.statuses()


def is_secured(operation):
    return "401" in operation.statuses()


def who(operation):
    """Somebody who may call; webhooks let everybody as far as their signature."""
    return (examples.callers(operation) or ["public"])[-1]


def good(operation):
    """A request of the right shape that names nothing there is."""
    request = {"path": examples.unknown_path(operation), "query": examples.query(operation)}
    body = examples.body(operation)
    if body is not None:
        request["json"] = body
    for place in (request["query"], body if isinstance(body, dict) else {}):
        if "service" in place:
            place["service"] = f"{examples.UNKNOWN_CODE}-{uuid.uuid4().hex[:8]}"
    if operation.id == "auth_refresh":
        body["refresh_token"] = "cr_" + "A" * 43
    return request


def raw(operation, data, content_type="application/json", **changes):
    request = {**good(operation), **changes, "data": data,
               "headers": {"Content-Type": content_type}}
    request.pop("json", None)
    return request


@pytest.mark.parametrize("name", those(lambda o: is_secured(o) and "public" not in
                                       examples.callers(o) and not examples.is_signed(o)))
def test_nobody_is_401(caller, name):
    reply = caller("public").call(name, **good(OPERATIONS[name]), expect="unauthorized")
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("name", those(lambda o: is_secured(o) and not examples.is_signed(o)))
@pytest.mark.parametrize("header", ["Bearer x", "Bearer", "Basic YTpi", "Bearer a.b.c"])
def test_a_bad_token_is_401_even_where_nobody_is_welcome(caller, name, header):
    reply = caller("public").with_headers(Authorization=header).call(name, **good(OPERATIONS[name]))
    assert (reply.status, reply.code) in ((401, "invalid_token"), (401, "unauthorized"))


@pytest.mark.parametrize("name", those(examples.is_signed))
@pytest.mark.parametrize("signature", [None, "", "0" * 64, "0" * 128, "x"])
def test_a_webhook_without_a_good_signature_is_401_and_not_stored(caller, sql, name, signature):
    scheme = CONTRACT.document["components"]["securitySchemes"]
    header = next(scheme[s]["name"] for s in examples.schemes(OPERATIONS[name]) if s in scheme)
    headers = {} if signature is None else {header: signature}
    caller("public").call(name, json={"event": "charge.success", "data": {}}, headers=headers,
                          expect="invalid_signature")
    assert sql("SELECT count(*) AS n FROM inbound_event")[0]["n"] == 0


@pytest.mark.parametrize("name", those(declares("403")))
@pytest.mark.parametrize("kind", KINDS[1:])
def test_another_role_is_403(caller, name, kind):
    operation = OPERATIONS[name]
    if kind not in examples.callers(operation):
        caller(kind).call(name, **good(operation), expect="forbidden")


@pytest.mark.parametrize("name", those(declares("404")))
def test_what_is_not_there_is_404(caller, name):
    operation = OPERATIONS[name]
    caller(who(operation)).call(name, **good(operation), expect="not_found")


@pytest.mark.parametrize("name", those(lambda o: any(
    p["in"] == "path" and p["schema"].get("format") == "uuid" for p in o.parameters)))
@pytest.mark.parametrize("bad", ["1", "019328C8-0000-7000-8000-000000000001", "x" * 36])
def test_an_id_of_another_shape_is_400_or_nothing(caller, name, bad):
    operation = OPERATIONS[name]
    request = {**good(operation), "path": {key: bad for key in examples.path_names(operation)}}
    assert caller(who(operation)).call(name, **request).status in (400, 404)


@pytest.mark.parametrize("name", those(lambda o: declares("400")(o) and o.method == "GET"))
def test_an_unknown_query_parameter_is_400(caller, name):
    operation = OPERATIONS[name]
    request = good(operation)
    request["query"] = {**request["query"], "surprise": "1"}
    caller(who(operation)).call(name, **request, expect=400)


def has_body(operation):
    return examples.json_media(operation) is not None and not examples.is_signed(operation)


@pytest.mark.parametrize("name", those(has_body))
def test_a_field_that_is_not_in_the_contract_is_400(caller, name):
    operation = OPERATIONS[name]
    request = good(operation)
    request["json"] = {**request["json"], "surprise": 1}
    reply = caller(who(operation)).call(name, **request, expect="validation_failed")
    assert reply.pointers == ["/surprise"]


@pytest.mark.parametrize("name", those(has_body))
@pytest.mark.parametrize("text", ["[]", '"x"', "null", "{", "1e999"])
def test_a_body_that_is_no_object_is_400(caller, name, text):
    operation = OPERATIONS[name]
    caller(who(operation)).call(name, **raw(operation, text.encode()), expect=400)


@pytest.mark.parametrize("name", those(lambda o: o.spec.get("requestBody", {}).get("required")))
def test_a_required_body_that_is_missing_is_400(caller, name):
    operation = OPERATIONS[name]
    request = good(operation)
    request.pop("json")
    caller(who(operation)).call(name, **request, expect="validation_failed")


@pytest.mark.parametrize("name", those(examples.json_media))
def test_another_content_type_is_415(caller, name):
    operation = OPERATIONS[name]
    data = json.dumps(examples.body(operation)).encode()
    for content_type in ("text/plain", "application/x-www-form-urlencoded",
                         "application/json; charset=latin1"):
        caller(who(operation)).call(name, **raw(operation, data, content_type),
                                    expect="unsupported_media_type")


@pytest.mark.parametrize("name", those(examples.json_media))
def test_a_body_over_the_limit_is_413(caller, name):
    operation = OPERATIONS[name]
    data = json.dumps(examples.body(operation)).encode()
    data += b" " * (examples.body_max(operation) + 1 - len(data))
    caller(who(operation)).call(name, **raw(operation, data), expect="body_too_large")


def is_idempotent(operation):
    return operation.parameter("Idempotency-Key") is not None


@pytest.mark.parametrize("name", those(is_idempotent))
def test_an_idempotency_key_is_16_to_255_characters(caller, name):
    operation = OPERATIONS[name]
    for key in ("short", "x" * 256):
        caller(who(operation)).call(name, **good(operation), idempotency_key=key, expect=400)


def different(operation, first):
    """Another request of the same shape."""
    second = good(operation)
    if second == first and isinstance(first.get("json"), dict):
        second["json"] = {**first["json"], "name": "Another"}
    return second


@pytest.mark.parametrize("name", those(is_idempotent))
def test_a_key_belongs_to_one_request(caller, name):
    operation = OPERATIONS[name]
    key = str(uuid.uuid4())
    first = good(operation)
    if name in ("slot_hold_create", "booking_create"):
        first["json"]["start_at"] = "2030-01-01T09:00:00Z"
    answer = caller(who(operation)).call(name, **first, idempotency_key=key)
    assert answer.status in (201, 404, 409), answer
    again = caller(who(operation)).call(name, **first, idempotency_key=key)
    assert (again.status, again.body) == (answer.status, answer.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    caller(who(operation)).call(name, **different(operation, first), idempotency_key=key,
                                expect="idempotency_key_reused")


@pytest.mark.parametrize("name", those(declares("429")))
def test_one_more_than_the_limit_is_429(caller, redis, name):
    operation = OPERATIONS[name]
    redis.flushall()
    limit = examples.limit_of(operation)
    replies = [caller("public").call(name, **good(operation)) for _ in range(limit)]
    assert 429 not in [reply.status for reply in replies]
    # The window slides: while we ask, a little is given back.
    for _ in range(limit // 5 + 1):
        reply = caller("public").call(name, **good(operation))
        if reply.status == 429:
            break
    assert reply.code == "too_many_requests"
    assert 1 <= int(reply.headers["Retry-After"]) <= 60
    redis.flushall()


# These ask nothing of the database.
WITHOUT_DATABASE = ("openapi_json", "docs", "health_live", "metrics")


def well_signed(stack, operation):
    if not examples.is_signed(operation):
        return good(operation)
    body = json.dumps(examples.body(operation)).encode()
    request = raw(operation, body)
    request["headers"].update(SIGNED[operation.id](stack, body))
    return request


def test_every_operation_is_503_while_the_database_is_away(caller, stack, wait_for):
    names = [name for name in OPERATIONS if name not in WITHOUT_DATABASE]
    callers = {name: caller(who(OPERATIONS[name])) for name in names}
    stack.kill("postgres")
    answers = {name: callers[name].call(name, **well_signed(stack, OPERATIONS[name]))
               for name in names}
    stack.start("postgres")
    wait_for(lambda: caller("public").call("service_list").status == 200)
    wrong = {name: answer for name, answer in answers.items()
             if answer.status != 503 or "Retry-After" not in answer.headers}
    assert not wrong
