"""What the server does around every handler, asked over HTTP with the sample contract."""
import gzip
import json
import re
import threading
import time
import uuid

import pytest
import requests

NOTE = {"text": "Hello"}


@pytest.fixture(scope="module")
def http(front):
    """http("GET", "/v1/notes", status=200, …) on one keep-alive session."""
    session = requests.Session()
    session.trust_env = False
    session.headers.clear()

    def call(method, path, status=None, ops=False, **options):
        base = front.ops_url if ops else front.url
        reply = session.request(method, base + path, timeout=10, allow_redirects=False, **options)
        if status is not None:
            assert reply.status_code == status, (reply.status_code, reply.text)
        return reply
    return call


def pointers(reply):
    return {error["pointer"]: error["message"] for error in reply.json()["errors"]}


def key():
    return str(uuid.uuid4())


# Finding the route

@pytest.mark.parametrize("path", ["/", "/v1", "/v1/notes/", "//v1/notes", "/v1/notes/a/b", "/V1/notes",
                                  "/v1/notes/%2F", "/v1/notes/%00", "/v1/notes/%ff",
                                  "/health/live", "/v1/notes/" + "/a" * 20])
def test_other_paths_are_not_found(http, path):
    reply = http("GET", path, 404)
    assert reply.json()["code"] == "not_found"
    assert reply.json()["type"] == "urn:care:problem:not_found"
    assert reply.headers["Content-Type"] == "application/problem+json"


def test_segments_are_decoded_once(http):
    assert http("GET", "/v1/%6eotes/a%20%2520", 200).json()["note_id"] == "a %20"


def test_the_most_literal_path_wins(http):
    assert http("GET", "/v1/notes/mine", 401).json()["code"] == "unauthorized"


def test_wrong_methods_are_told_the_right_ones(http):
    reply = http("DELETE", "/v1/notes", 405)
    assert reply.headers["Allow"] == "GET, HEAD, POST, OPTIONS"
    assert reply.json()["code"] == "method_not_allowed"
    assert http("BREW", "/v1/notes", 405).headers["Allow"]


def test_options(http):
    reply = http("OPTIONS", "/v1/notes", 204)
    assert reply.headers["Allow"] == "GET, HEAD, POST, OPTIONS"
    assert reply.content == b""


def test_head_is_get_without_the_body(http):
    full, head = http("GET", "/v1/notes?limit=2", 200), http("HEAD", "/v1/notes?limit=2", 200)
    assert head.content == b""
    assert head.headers["Content-Length"] == full.headers["Content-Length"]
    assert head.headers["ETag"] == full.headers["ETag"]


def test_ports_have_their_own_routes(http):
    assert http("GET", "/health/live", 200, ops=True).json() == {"status": "ok", "checks": {}}
    http("GET", "/v1/notes", 404, ops=True)


# Parameters and bodies

@pytest.mark.parametrize("query, pointer, message", [
    ("limit=0", "query/limit", "must be at least 1"),
    ("limit=101", "query/limit", "must be at most 100"),
    ("limit=01", "query/limit", "must be a whole number"),
    ("limit=%2b1", "query/limit", "must be a whole number"),
    ("limit=99999999999999999999", "query/limit", "must be a whole number"),
    ("limit=1&limit=2", "query/limit", "must not be repeated"),
    ("since=yesterday", "query/since", "must be an RFC 3339 instant like 2026-11-22T09:00:00Z"),
    ("limti=5", "query/limti", "is not a known parameter"),
])
def test_parameters_are_checked(http, query, pointer, message):
    reply = http("GET", "/v1/notes?" + query, 400)
    assert reply.json()["code"] == "validation_failed"
    assert pointers(reply) == {pointer: message}


@pytest.mark.parametrize("query", ["a=%ff", "a=%00", "&".join(f"a{i}=" for i in range(65))])
def test_broken_query_strings_are_refused(http, query):
    assert http("GET", "/v1/notes?" + query, 400).json()["code"] == "bad_request"


@pytest.mark.parametrize("query, count", [("", 20), ("limit=3", 3), ("&&limit=3&", 3)])
def test_defaults_stand_in(http, query, count):
    assert len(http("GET", "/v1/notes?" + query, 200).json()["data"]) == count


@pytest.mark.parametrize("body, expected", [
    ({}, {"/text": "is required"}),
    ({"text": 1}, {"/text": "must be a string"}),
    ({"text": ""}, {"/text": "must have at least 1 characters"}),
    ({"text": "é" * 2001}, {"/text": "must have at most 2000 characters"}),
    ({"text": "a\x07"}, {"/text": "may hold no control characters but newlines and tabs"}),
    ({"text": "a", "a/b~c": 1}, {"/a~1b~0c": "is not a known field"}),
    ({"text": "a", "tags": ["x", "x"]}, {"/tags": "must not hold the same item twice"}),
    ({"text": "a", "tags": ["x", "y z"]}, {"/tags/1": "may hold only letters, digits, - and _"}),
    ({"text": "a", "tags": list("abcd")}, {"/tags": "must have at most 3 items"}),
    ({"text": "a", "stars": 4}, {"/stars": "must be one of 1, 2, 3"}),
    ({"text": "a", "stars": 1.0}, {"/stars": "must be a whole number"}),
    ({"text": "a", "agreed": False}, {"/agreed": "must be true"}),
    ({"text": "a", "weight": 10.5}, {"/weight": "must be at most 10"}),
    ({"text": "a", "email": "x@y"}, {"/email": "must be one email address like ada@example.org"}),
    ({"text": "a", "answers": {"a": 1, "b": 2, "c": 3}}, {"/answers": "must have at most 2 fields"}),
    ([], {"": "must be an object"}),
])
def test_bodies_are_checked(http, body, expected):
    reply = http("POST", "/v1/notes", 400, json=body)
    assert reply.json()["code"] == "validation_failed"
    assert pointers(reply) == expected


@pytest.mark.parametrize("body", [
    b'{"text": "a"', b"", b" ", b"nonsense", b'{"text": "\xff"}', b'{"text": "\\ud800"}',
    b'{"text": "\\u0000"}', b'{"text": "a", "text": "b"}', b'{"text": 1e999}',
    b'{"text": "a"} x', b"\xef\xbb\xbf{}", b"[" * 33 + b"]" * 33, b"[" * 100000,
    json.dumps({"text": "a", "answers": {"a": list(range(1001))}}).encode(), b'{"text": NaN}',
])
def test_what_is_not_json_is_refused(http, body):
    reply = http("POST", "/v1/notes", 413 if len(body) > 65536 else 400, data=body,
                 headers={"Content-Type": "application/json"})
    assert reply.json()["code"] in ("malformed_json", "validation_failed", "body_too_large")


def test_the_body_reaches_the_handler_compactly(http):
    body = {"text": "Ọ̀rọ̀ \"quoted\"\n", "email": None, "answers": {"deep": [1, {"x": 1.5}]}}
    assert http("POST", "/v1/notes", 201, json=body).json()["note"] == body


@pytest.mark.parametrize("content_type, status", [
    ("application/json", 201), ("application/JSON; charset=UTF-8", 201),
    ("application/json; charset=latin1", 415), ("text/plain", 415), ("application/jsonx", 415),
    ("application/xml", 415), (None, 415), ("application/x-www-form-urlencoded", 415),
])
def test_content_types(http, content_type, status):
    headers = {"Content-Type": content_type} if content_type else {}
    http("POST", "/v1/notes", status, data=json.dumps(NOTE).encode(), headers=headers)


def test_compressed_bodies_are_refused(http):
    http("POST", "/v1/notes", 415, data=gzip.compress(json.dumps(NOTE).encode()),
         headers={"Content-Type": "application/json", "Content-Encoding": "gzip"})


@pytest.mark.parametrize("size, status", [(65536, 400), (65537, 413), (3_000_000, 413)])
@pytest.mark.parametrize("chunked", [False, True])
def test_bodies_are_counted(http, size, status, chunked):
    data = b" " * size
    reply = http("POST", "/v1/notes", status, headers={"Content-Type": "application/json"},
                 data=iter([data]) if chunked else data)
    assert reply.json()["code"] == ("malformed_json" if status == 400 else "body_too_large")


def test_a_body_where_none_belongs_is_refused(http):
    http("POST", "/v1/teapots/conflict", 400, data=b"x")


def test_raw_bodies_stay_raw(http):
    reply = http("POST", "/webhooks/sample", 200, data=b"not json at all",
                 headers={"Content-Type": "application/json"})
    assert reply.json() == {"length": 15, "parsed": False}
    http("POST", "/webhooks/sample", 200, data=b"x" * 1048576,
         headers={"Content-Type": "application/json"})
    http("POST", "/webhooks/sample", 413, data=b"x" * 1048577,
         headers={"Content-Type": "application/json"})


# Who calls

def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("role, bit, database_role", [("client", 4, 1), ("staff", 8, 2),
                                                      ("admin", 16, 3)])
def test_roles(front, http, role, bit, database_role):
    user = str(uuid.uuid4())
    reply = http("GET", "/v1/notes/mine", 200, headers=bearer(front.token(role, subject=user)))
    assert reply.json() | {"address": ""} == {"role": bit, "db_role": database_role,
                                              "user_id": user, "link_id": None, "address": ""}
    assert reply.headers["Cache-Control"] == "no-store"


def test_a_role_that_is_not_named_is_forbidden(front, http):
    http("GET", "/v1/notes/mine", 403, headers=bearer(front.token("integrator")))


def test_links(front, http):
    link = str(uuid.uuid4())
    reply = http("GET", "/v1/notes/mine", 200, headers={"X-Link-Token": front.link_token(link)})
    assert (reply.json()["role"], reply.json()["link_id"]) == (2, link)
    assert reply.headers["Cache-Control"] == "no-store"
    expired = http("GET", "/v1/notes/mine", 401,
                   headers={"X-Link-Token": front.link_token(link, -1)})
    assert expired.json()["detail"] == "the link has expired"


@pytest.mark.parametrize("path", ["/v1/notes", "/v1/notes/mine"])
@pytest.mark.parametrize("headers", [
    {"Authorization": "Bearer x.y.z"}, {"Authorization": "Bearer "}, {"Authorization": ""},
    {"Authorization": "Basic YTpi"}, {"X-Link-Token": "cl_x"}, {"X-Link-Token": ""},
])
def test_credentials_that_cannot_be_believed_are_401_everywhere(http, path, headers):
    reply = http("GET", path, 401, headers=headers)
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")


def test_expired_tokens(front, http):
    reply = http("GET", "/v1/notes", 401, headers=bearer(front.token(lifetime_s=-60)))
    assert (reply.json()["code"], reply.json()["detail"]) == ("invalid_token",
                                                              "the access token has expired")
    assert reply.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_paid_operations_are_closed_to_clients_without_a_plan(front, http):
    http("PATCH", "/v1/notes/a", 402, headers=bearer(front.token("client")))
    http("PATCH", "/v1/notes/a", 200, headers=bearer(front.token("admin")))


# Idempotency

def test_the_same_key_gives_the_same_answer(http):
    headers = {"Idempotency-Key": key()}
    first = http("POST", "/v1/notes", 201, json=NOTE, headers=headers)
    again = http("POST", "/v1/notes", 201, json=NOTE, headers=headers)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.content == first.content
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["X-Request-Id"] != first.headers["X-Request-Id"]


def test_the_same_key_for_another_body_is_refused(http):
    headers = {"Idempotency-Key": key()}
    http("POST", "/v1/notes", 201, json=NOTE, headers=headers)
    reply = http("POST", "/v1/notes", 422, json={"text": "Other"}, headers=headers)
    assert reply.json()["code"] == "idempotency_key_reused"


def test_keys_of_different_callers_do_not_meet(front, http):
    headers = {"Idempotency-Key": key()}
    first = http("POST", "/v1/notes", 201, json=NOTE, headers=headers)
    mine = http("POST", "/v1/notes", 201, json=NOTE,
                headers={**headers, **bearer(front.token("client"))})
    assert mine.json()["runs"] > first.json()["runs"]


def test_refusals_of_the_business_are_kept_and_mistakes_are_not(http):
    headers = {"Idempotency-Key": key()}
    http("POST", "/v1/notes", 400, json={"text": 1}, headers=headers)
    first = http("POST", "/v1/notes", 409, json={"text": "conflict"}, headers=headers)
    again = http("POST", "/v1/notes", 409, json={"text": "conflict"}, headers=headers)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    assert again.headers["Content-Type"] == "application/problem+json"


def test_a_key_that_is_too_short_is_refused(http):
    reply = http("POST", "/v1/notes", 400, json=NOTE, headers={"Idempotency-Key": "short"})
    assert list(pointers(reply)) == ["header/Idempotency-Key"]


def test_a_key_in_flight_is_409(front, http, connection_holding):
    name = key()
    with connection_holding("public|note_create|" + name):
        reply = http("POST", "/v1/notes", 409, json=NOTE, headers={"Idempotency-Key": name})
    assert reply.json()["code"] == "idempotency_in_flight"
    assert reply.headers["Retry-After"] == "1"
    http("POST", "/v1/notes", 201, json=NOTE, headers={"Idempotency-Key": name})


@pytest.fixture
def connection_holding(servers, front_database):
    """Holds the advisory lock that idempotency_begin takes."""
    import contextlib

    import psycopg2

    @contextlib.contextmanager
    def hold(text):
        connection = psycopg2.connect(servers.postgres.url("postgres", front_database))
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (text,))
            yield
        connection.close()
    return hold


def test_two_transactions_that_met_are_tried_again(http):
    first = http("POST", "/v1/notes", 201, json=NOTE).json()["runs"]
    if first % 2:
        http("POST", "/v1/notes", 201, json=NOTE)
    reply = http("POST", "/v1/notes", 201, json={"text": "meet"})
    assert reply.json()["runs"] % 2 == 0


# Conditional requests, compression, CORS, limits

def test_entity_tags(http):
    tag = http("GET", "/v1/notes?limit=1", 200).headers["ETag"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', tag)
    for value in (tag, f'W/{tag}', f'"x", {tag}', "*"):
        reply = http("GET", "/v1/notes?limit=1", 304, headers={"If-None-Match": value})
        assert reply.content == b"" and reply.headers["ETag"] == tag
    http("GET", "/v1/notes?limit=2", 200, headers={"If-None-Match": tag})


def test_if_match(front, http):
    admin = bearer(front.token("admin"))
    problem = http("PATCH", "/v1/notes/a", 412, headers={**admin, "If-Match": '"x"'}).json()
    tag = problem["detail"].rsplit(" ", 1)[1]
    http("PATCH", "/v1/notes/a", 200, headers={**admin, "If-Match": tag})
    http("PATCH", "/v1/notes/a", 412, headers={**admin, "If-Match": f"W/{tag}"})


def test_compression(http):
    plain = http("GET", "/v1/notes?limit=50", 200)
    packed = http("GET", "/v1/notes?limit=50", 200, headers={"Accept-Encoding": "br, gzip;q=0.5"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.content == plain.content
    assert int(packed.headers["Content-Length"]) < len(plain.content) / 4
    assert packed.headers["ETag"] == plain.headers["ETag"][:-1] + '-gzip"'
    http("GET", "/v1/notes?limit=50", 304, headers={"If-None-Match": packed.headers["ETag"]})
    for value in ("gzip;q=0", "identity", "xgzip"):
        reply = http("GET", "/v1/notes?limit=50", 200, headers={"Accept-Encoding": value})
        assert "Content-Encoding" not in reply.headers
    small = http("GET", "/v1/notes?limit=1", 200, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in small.headers


def test_cors(http):
    origin = {"Origin": "https://example.org"}
    reply = http("GET", "/v1/notes", 200, headers=origin)
    assert reply.headers["Access-Control-Allow-Origin"] == "https://example.org"
    assert "Origin" in reply.headers["Vary"]
    assert "X-Request-Id" in reply.headers["Access-Control-Expose-Headers"]
    preflight = http("OPTIONS", "/v1/notes", 204, headers={
        **origin, "Access-Control-Request-Method": "POST"})
    assert preflight.headers["Access-Control-Allow-Methods"] == "GET, HEAD, POST, OPTIONS"
    assert "Idempotency-Key" in preflight.headers["Access-Control-Allow-Headers"]
    refused = http("GET", "/v1/notes", 200,
                   headers={"Origin": "https://example.org.evil.example"})
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_limits(http):
    seen = [http("GET", "/v1/notes/a", headers={"X-Forwarded-For": "192.0.2.7"})
            for _ in range(4)]
    assert [reply.status_code for reply in seen] == [200, 200, 200, 429]
    assert seen[0].headers["RateLimit-Policy"] == '"note_get";q=3;w=3600'
    assert seen[0].headers["RateLimit"].startswith('"note_get";r=2;t=')
    assert int(seen[3].headers["Retry-After"]) > 0
    assert seen[3].json()["code"] == "too_many_requests"
    http("GET", "/v1/notes/a", 200, headers={"X-Forwarded-For": "192.0.2.8"})


@pytest.mark.parametrize("forwarded, address", [
    ("192.0.2.9", "192.0.2.9"), ("evil, 192.0.2.10", "192.0.2.10"),
    ("192.0.2.11, 10.9.9.9", "192.0.2.11"), (None, "127.0.0.1")])
def test_forwarded_addresses_are_believed_from_the_end(front, http, forwarded, address):
    headers = bearer(front.token("client"))
    if forwarded:
        headers["X-Forwarded-For"] = forwarded
    assert http("GET", "/v1/notes/mine", 200, headers=headers).json()["address"] == address


# Every answer

def test_headers_of_every_answer(http):
    for path in ("/v1/notes", "/nowhere"):
        reply = http("GET", path)
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in reply.headers["Content-Security-Policy"]
        assert reply.headers["Strict-Transport-Security"] == "max-age=31536000"
        assert "Server" not in reply.headers
        assert re.fullmatch("[0-9a-f]{32}", reply.headers["X-Request-Id"])


@pytest.mark.parametrize("sent, kept", [("my-request_1.2", True), ("short", False), ("a" * 65, False),
                                        ("bad id here", False)])
def test_request_ids(http, sent, kept):
    reply = http("GET", "/nowhere", 404, headers={"X-Request-Id": sent})
    assert (reply.headers["X-Request-Id"] == sent) == kept
    assert reply.json()["request_id"] == reply.headers["X-Request-Id"]


def test_the_log_has_a_line_without_personal_data(front, http):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    http("GET", "/v1/notes?limit=7&secret=1", 400, headers={
        "X-Request-Id": "logged-request", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    deadline = time.monotonic() + 5
    lines = []
    while not lines and time.monotonic() < deadline:
        lines = [line for line in front.log() if line.get("request_id") == "logged-request"]
    line = lines[0]
    assert (line["operation"], line["status"], line["role"], line["problem"], line["trace_id"]) == (
        "note_list", "400", "public", "validation_failed", trace)
    assert "secret" not in json.dumps(line) and "127.0.0.1" not in json.dumps(line)


def test_problems_of_the_server_say_nothing_of_the_inside(http):
    problem = http("POST", "/v1/teapots/internal", 500).json()
    assert set(problem) == {"type", "title", "status", "code", "request_id"}
    assert http("POST", "/v1/teapots/unavailable", 503).headers["Retry-After"] == "1"


def test_the_contract_is_served(http):
    document = http("GET", "/openapi.json", 200)
    assert "note_create" in document.text
    packed = http("GET", "/openapi.json", 200, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and packed.content == document.content
    responses = document.json()["paths"]["/v1/notes"]["post"]["responses"]
    assert list(responses) == ["201", "400", "401", "409", "413", "415", "422", "429", "500", "503"]
    page = http("GET", "/docs", 200)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<script" not in page.text and 'id="note_create"' in page.text


def test_readiness_and_metrics(http):
    http("GET", "/nowhere", 404)
    ready = http("GET", "/health/ready", 200, ops=True).json()
    assert ready == {"status": "ok", "checks": {"database": "ok", "migrations": "ok", "redis": "ok",
                                                "time_zones": "ok"}}
    text = http("GET", "/metrics", 200, ops=True).text
    assert re.search(r'care_requests_total\{operation="none",status="404"\} [1-9]', text)
    assert re.search(r'care_request_seconds_bucket\{operation="none",le="\+Inf"\} [1-9]', text)
    assert "care_requests_in_flight 0" in text
    assert "care_database_reachable 1" in text


# Outages and the end

def test_redis_away_opens_the_limits(own_front, servers):
    servers.redis.process.stop()
    try:
        for _ in range(5):
            assert requests.get(own_front.url + "/v1/notes/a", timeout=10).status_code == 200
        ready = requests.get(own_front.ops_url + "/health/ready", timeout=10)
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        text = requests.get(own_front.ops_url + "/metrics", timeout=10).text
        assert "care_limits_open_total 5" in text
        assert sum(line["event"] == "limits_open" for line in own_front.log()) == 1
    finally:
        servers.redis.start()


def test_sigterm_finishes_what_was_begun(own_front):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(
        requests.post(own_front.url + "/v1/teapots/slow", timeout=20)))
    thread.start()
    deadline = time.monotonic() + 5
    while "care_requests_in_flight 1" not in requests.get(own_front.ops_url + "/metrics",
                                                          timeout=5).text:
        assert time.monotonic() < deadline
    own_front.process.signal(15)
    while requests.get(own_front.ops_url + "/health/ready", timeout=5).status_code != 503:
        assert time.monotonic() < deadline
    with pytest.raises(requests.ConnectionError):
        requests.get(own_front.url + "/v1/notes", timeout=5)
    thread.join(20)
    assert answers[0].status_code == 204
    assert own_front.process.stop() == 0
