"""The rules of HTTP that hold for every operation, asked of the real contract."""
import gzip
import json
import re
import socket
import uuid

import pytest

from support import examples
from support.client import raw_exchange, raw_status
from support.contract import load

SERVICE = "care-consultation"
ORIGIN = "http://localhost:3000"
HEADER_BYTES_MAX = 16384


@pytest.fixture(name="address", scope="module")
def make_address(stack):
    return ("127.0.0.1", stack.ports["api"])


@pytest.fixture(name="intake", scope="module")
def make_intake(client):
    """A good body for intake_create, made new at each call."""
    def run(**changes):
        form = client.call("intake_form_get", path={"slug": SERVICE}, expect=200).json
        return {"service": SERVICE, "form_version": form["version"], "time_zone": "Africa/Lagos",
                "contact": {"name": "Ada Obi", "email": f"{uuid.uuid4().hex}@family.example"},
                "answers": {"needs": "Help", "for-whom": "parent", "may-call": True},
                "consent": True, **changes}
    return run


def rows(sql):
    return sql("SELECT count(*) AS n FROM intake_submission")[0]["n"]


@pytest.mark.parametrize("path", [
    "/", "/v1", "/v1/", "/v1/services/", "/v1//services", "/V1/services", "/v1/services/a/b/c",
    "/v1/services%2Fx/intake-form", "/%00", "/v1/services/%ff", "/v1/../v1/nothing"])
def test_an_unknown_path_is_404(client, path):
    reply = client.get(path)
    assert (reply.status, reply.code) == (404, "not_found")


@pytest.mark.parametrize("method, path, allow", [
    ("DELETE", "/v1/services", "GET, HEAD, OPTIONS, POST"),
    ("POST", "/v1/me", "GET, HEAD, OPTIONS"),
    ("GET", "/v1/auth/login", "OPTIONS, POST"),
    ("PUT", "/v1/services/some-slug", "GET, HEAD, OPTIONS, PATCH"),
    ("BREW", "/v1/me", "GET, HEAD, OPTIONS"),
])
def test_a_method_that_a_path_does_not_take_is_405_with_allow(client, method, path, allow):
    reply = client.request(method, path, expect="method_not_allowed")
    assert sorted(reply.headers["Allow"].split(", ")) == sorted(allow.split(", "))


def test_head_is_get_without_a_body(client):
    got = client.get(f"/v1/services/{SERVICE}", headers={"Accept-Encoding": "identity"}, expect=200)
    head = client.request("HEAD", f"/v1/services/{SERVICE}",
                          headers={"Accept-Encoding": "identity"}, expect=200)
    assert head.body == b""
    for name in ("Content-Length", "Content-Type", "ETag"):
        assert head.headers[name] == got.headers[name]
    assert client.request("HEAD", "/v1/services/no-such-service").status == 404


def test_options_tells_what_a_path_takes(client):
    reply = client.request("OPTIONS", "/v1/services")
    assert reply.status == 204 and reply.body == b""
    assert sorted(reply.headers["Allow"].split(", ")) == ["GET", "HEAD", "OPTIONS", "POST"]


def test_cors_is_for_listed_origins_only(client):
    asked = {"Access-Control-Request-Method": "POST",
             "Access-Control-Request-Headers": "content-type,idempotency-key"}
    reply = client.request("OPTIONS", "/v1/bookings", headers={"Origin": ORIGIN, **asked})
    assert reply.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "POST" in reply.headers["Access-Control-Allow-Methods"]
    assert "Idempotency-Key" in reply.headers["Access-Control-Allow-Headers"]
    for origin in ("https://evil.example", "http://localhost:30000", "null", ORIGIN + "."):
        reply = client.request("OPTIONS", "/v1/bookings", headers={"Origin": origin, **asked})
        assert "Access-Control-Allow-Origin" not in reply.headers
    reply = client.get("/v1/services", headers={"Origin": ORIGIN}, expect=200)
    assert reply.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "ETag" in reply.headers["Access-Control-Expose-Headers"]
    assert "Origin" in reply.headers["Vary"]


def test_a_preflight_for_nothing_is_answered(client):
    reply = client.request("OPTIONS", "/v1/no-such-path", headers={
        "Origin": ORIGIN, "Access-Control-Request-Method": "POST"})
    assert reply.status == 404
    assert reply.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Access-Control-Allow-Methods" not in reply.headers


def test_answers_are_compressed_for_who_takes_that(client, address):
    def ask(encoding):
        received = raw_exchange(address, f"GET /v1/services HTTP/1.1\r\nHost: a\r\n"
                                         f"Accept-Encoding: {encoding}\r\n"
                                         "Connection: close\r\n\r\n".encode())
        head, _, body = received.partition(b"\r\n\r\n")
        return head.decode(), body
    head, packed = ask("br, gzip;q=0.5")
    assert re.search("^Content-Encoding: gzip", head, re.M | re.I)
    head, plain = ask("gzip;q=0")
    assert not re.search("^Content-Encoding", head, re.M | re.I)
    assert gzip.decompress(packed) == plain and json.loads(plain)["data"]


@pytest.mark.parametrize("name, who, path", [
    ("service_list", "public", {}), ("service_get", "public", {"slug": SERVICE}),
    ("intake_form_get", "public", {"slug": SERVICE}), ("me_get", "client", {}),
])
def test_an_answer_that_is_known_already_is_304(caller, name, who, path):
    first = caller(who).call(name, path=path, expect=200)
    tag = first.headers["ETag"]
    for known in (tag, f'"x", {tag}', "W/" + tag, "*"):
        again = caller(who).call(name, path=path, headers={"If-None-Match": known}, expect=304)
        assert again.body == b"" and again.headers["ETag"] == tag
    for other in ('"x"', tag.strip('"')):
        caller(who).call(name, path=path, headers={"If-None-Match": other}, expect=200)


def test_request_ids_are_kept_or_made(client):
    kept = client.get("/v1/services", headers={"X-Request-Id": "trace-me.0123"}, expect=200)
    assert kept.headers["X-Request-Id"] == "trace-me.0123"
    for bad in ("short", "x" * 65, "has spaces in it", 'quote"quote"'):
        made = client.get("/v1/services", headers={"X-Request-Id": bad}, expect=200)
        assert re.fullmatch(r"[0-9a-f]{32}", made.headers["X-Request-Id"])
    problem = client.get("/nowhere", headers={"X-Request-Id": "trace-me.0124"}, expect=404)
    assert problem.json["request_id"] == "trace-me.0124"


def test_the_log_has_one_line_a_request_and_no_personal_data(client, stack, intake, wait_for):
    trace = uuid.uuid4().hex
    body = intake()
    reply = client.call("intake_create", json=body, expect=201,
                        headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})

    def find():
        with open(stack.api.log, encoding="utf-8") as log:
            return [json.loads(line) for line in log if trace in line]
    lines = wait_for(find, what="the request in the log")
    assert len(lines) == 1 and lines[0]["trace_id"] == trace
    assert lines[0]["operation"] == "intake_create"
    assert lines[0]["request_id"] == reply.headers["X-Request-Id"]
    for name in ("api", "worker"):
        with open(stack.process(name).log, encoding="utf-8") as log:
            text = log.read()
        assert body["contact"]["email"] not in text and "Ada Obi" not in text
        assert reply.json["link_token"] not in text


BROKEN_JSON = {
    "cut": b'{"email": "a@b.example", "password": "x"',
    "duplicate_key": b'{"email": "a@b.example", "password": "x", "password": "y"}',
    "escaped_duplicate_key": b'{"email": "a@b.example", "password": "x", "pass\\u0077ord": "y"}',
    "two_values": b'{"email": "a@b.example", "password": "x"} {}',
    "nul": b'{"email": "a@b.example", "password": "x\\u0000y"}',
    "raw_nul": b'{"email": "a@b.example", "password": "x\x00y"}',
    "lone_surrogate": b'{"email": "a@b.example", "password": "\\ud800"}',
    "not_utf8": b'{"email": "a@b.example", "password": "\xff"}',
    "overlong_utf8": b'{"email": "a@b.example", "password": "\xc0\xaf"}',
    "nan": b'{"email": "a@b.example", "password": NaN}',
    "deep": b'{"email": ' + b"[" * 5000 + b"]" * 5000 + b', "password": "x"}',
    "byte_order_mark": b'\xef\xbb\xbf{"email": "a@b.example", "password": "x"}',
    "empty_text": b"   ",
}


@pytest.mark.parametrize("name", BROKEN_JSON)
def test_what_is_not_the_json_of_the_contract_is_400(client, name):
    reply = client.post("/v1/auth/login", data=BROKEN_JSON[name],
                        headers={"Content-Type": "application/json"})
    assert (reply.status, reply.code) in ((400, "malformed_json"), (400, "validation_failed"))


@pytest.mark.parametrize("changes, pointer", [
    ({"contact": {"name": "Ada", "email": "not-an-address"}}, "/contact/email"),
    ({"contact": {"name": "Ada\x07", "email": "a@b.example"}}, "/contact/name"),
    ({"contact": {"name": "Ada", "email": "a@b.example", "phone": "0803"}}, "/contact/phone"),
    ({"time_zone": "Mars/Olympus"}, "/time_zone"),
    ({"consent": False}, "/consent"),
    ({"form_version": "1"}, "/form_version"),
    ({"form_version": 1.5}, "/form_version"),
    ({"surprise": 1}, "/surprise"),
    ({"answers": []}, "/answers"),
    ({"service": None}, "/service"),
    ({"locale": "xx"}, "/locale"),
    ({"campaign": {"utm_source": "x" * 121}}, "/campaign/utm_source"),
])
def test_a_wrong_field_is_pointed_at_and_leaves_no_row(client, sql, intake, changes, pointer):
    before = rows(sql)
    reply = client.call("intake_create", json=intake(**changes), expect="validation_failed")
    assert pointer in reply.pointers
    assert rows(sql) == before


@pytest.mark.parametrize("conditions, pointer", [
    (["nothing-we-know"], "/answers/conditions/0"), ([1], "/answers/conditions/0"),
    ([None], "/answers/conditions/0"), ([["dementia"]], "/answers/conditions/0"),
    (["dementia", "dementia"], "/answers/conditions"), ("dementia", "/answers/conditions"),
    ({"dementia": True}, "/answers/conditions"),
])
def test_choices_that_are_not_offered_are_pointed_at(client, intake, conditions, pointer):
    body = intake()
    body["answers"]["conditions"] = conditions
    reply = client.call("intake_create", json=body, expect="validation_failed")
    assert pointer in reply.pointers


def test_every_wrong_field_is_told_at_once(client, intake):
    body = intake(consent=False, time_zone="Nowhere/At_all", surprise=True)
    del body["contact"]["email"]
    reply = client.call("intake_create", json=body, expect="validation_failed")
    assert {"/consent", "/time_zone", "/surprise", "/contact/email"} <= set(reply.pointers)


def test_a_name_takes_marks_but_no_tags(client, intake):
    def create(name, status):
        contact = {"name": name, "email": f"{uuid.uuid4().hex}@family.example"}
        return client.call("intake_create", json=intake(contact=contact), expect=status)
    name = "Ẹniọlá O'Neil & \"Bọ́lá\""
    assert create(name, 201).json["contact"]["name"] == name
    assert create("<script>alert(1)</script>", 400).pointers == ["/contact/name"]


@pytest.mark.parametrize("query, pointer", [
    ("limit=0", "limit"), ("limit=101", "limit"), ("limit=ten", "limit"), ("limit=%2B5", "limit"),
    ("limit=5&limit=6", "limit"), ("starting_after=1", "starting_after"),
    ("surprise=1", "surprise"), ("state=nothing", "state"), ("updated_since=yesterday", "updated_since"),
])
def test_a_wrong_query_parameter_is_400(caller, query, pointer):
    reply = caller("admin").get(f"/v1/bookings?{query}", expect=400)
    assert any(pointer in place for place in reply.pointers) or pointer in reply.json["detail"]


def test_a_query_does_not_reach_into_the_path(caller):
    """Ulfius joins a query's name with the path's: ours must not."""
    reply = caller("admin").get(f"/v1/services/{SERVICE}?slug=other")
    assert reply.status == 400 or reply.json["slug"] == SERVICE


def test_a_body_over_the_limit_is_413_and_leaves_no_row(client, sql, intake):
    before = rows(sql)
    body = json.dumps(intake(referrer="x")).encode()
    for size in (examples.BODY_MAX + 1, 1024 * 1024):
        reply = client.call("intake_create", data=body + b" " * (size - len(body)),
                            headers={"Content-Type": "application/json"})
        assert (reply.status, reply.code) == (413, "body_too_large")
    assert rows(sql) == before
    client.call("intake_create", data=body + b" " * (examples.BODY_MAX - len(body)),
                headers={"Content-Type": "application/json"}, expect=201)


def chunks(body, size):
    parts = [body[at:at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def test_a_chunked_body_is_counted_too(address):
    head = (b"POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
    small = json.dumps({"email": "nobody@demo.example", "password": "x"}).encode()
    assert raw_status(raw_exchange(address, head + chunks(small, 7))) == 401
    large = small + b" " * examples.BODY_MAX
    assert raw_status(raw_exchange(address, head + chunks(large, 4096))) == 413


def test_headers_over_the_limit_are_431(address):
    head = b"GET /v1/services HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
    assert raw_status(raw_exchange(address, head + b"X-Fill: " + b"x" * 4000 + b"\r\n\r\n")) == 200
    sent = head + b"".join(b"X-Fill-%d: %s\r\n" % (n, b"x" * 1000)
                           for n in range(HEADER_BYTES_MAX // 1000 + 2)) + b"\r\n"
    assert raw_status(raw_exchange(address, sent)) == 431


SMUGGLING = {
    "both_lengths": b"Host: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two_lengths": b"Host: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
    "two_hosts": b"Host: a\r\nHost: b\r\nContent-Length: 2\r\n\r\n{}",
    "no_host": b"Content-Length: 2\r\n\r\n{}",
    "negative_length": b"Host: a\r\nContent-Length: -1\r\n\r\n{}",
    "odd_encoding": b"Host: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "space_before_colon": b"Host: a\r\nContent-Length : 2\r\n\r\n{}",
}


@pytest.mark.parametrize("name", SMUGGLING)
def test_framing_that_can_be_read_in_two_ways_is_refused_and_closed(address, name):
    """A second request behind the first must not be answered."""
    behind = b"GET /v1/services HTTP/1.1\r\nHost: a\r\n\r\n"
    received = raw_exchange(address, b"POST /v1/auth/login HTTP/1.1\r\n"
                            b"Content-Type: application/json\r\n" + SMUGGLING[name] + behind,
                            timeout=2)
    # libmicrohttpd writes the head of its own 400 twice.
    assert set(re.findall(rb"HTTP/1\.1 (\d{3}) ", received)) <= {b"400"}


def test_two_requests_on_one_connection_get_two_answers(address):
    one = b"GET /v1/services HTTP/1.1\r\nHost: a\r\n\r\n"
    last = b"GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    received = raw_exchange(address, one + last)
    assert re.findall(rb"HTTP/1\.1 (\d{3})", received) == [b"200", b"404"]


def test_a_caller_who_goes_away_harms_nobody(client, address):
    for sent in (b"", b"POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{"):
        with socket.create_connection(address) as connection:
            connection.sendall(sent)
    client.call("service_list", expect=200)


def test_limits_are_told_with_every_answer(client):
    operation = load().operations["availability_get"]
    reply = client.call("availability_get", query={
        "service": SERVICE, "from": "2030-01-01T00:00:00Z", "to": "2030-01-02T00:00:00Z",
        "time_zone": "Africa/Lagos"}, expect=200)
    assert str(examples.limit_of(operation)) in reply.headers["RateLimit-Policy"]
    assert "r=" in reply.headers["RateLimit"]


def test_limits_open_without_redis(client, stack, wait_for):
    stack.kill("redis")
    reply = client.call("auth_login", json={"email": "nobody@demo.example", "password": "x"},
                        expect=401)
    assert "RateLimit" not in reply.headers
    stack.start("redis")
    wait_for(lambda: "RateLimit" in client.call(
        "auth_login", json={"email": "nobody@demo.example", "password": "x"}).headers)


def test_private_answers_are_kept_by_nobody(caller):
    assert caller("client").call("me_get", expect=200).headers["Cache-Control"] == "no-store"
    public = caller("public").call("service_list", expect=200)
    assert public.headers["Cache-Control"] == "no-cache"
    for reply in (public, caller("public").get("/nowhere")):
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
