"""An HTTP client that holds every reply against the contract and remembers what it has seen."""
import os
import re
import socket

import requests

from .contract import ContractError, load, strict_json

UNSET = object()


def record(operation_id, status):
    """One line a reply, for tests/http/test_zz_coverage.py; several suites write to the file."""
    path = os.environ.get("CARE_COVERAGE_FILE")
    if path:
        with open(path, "a", encoding="ascii") as file:
            file.write(f"{operation_id} {status}\n")


def recorded(path):
    with open(path, encoding="ascii") as file:
        return {tuple(line.split()) for line in file}


class Reply:
    def __init__(self, response, operation):
        self.operation = operation
        self.status = response.status_code
        self.headers = response.headers
        self.body = response.content
        self.seconds = response.elapsed.total_seconds()

    @property
    def text(self):
        return self.body.decode("utf-8")

    @property
    def json(self):
        return strict_json(self.text)

    @property
    def code(self):
        """The problem's code; None for anything but a problem."""
        is_problem = self.headers.get("Content-Type", "").startswith("application/problem+json")
        return self.json["code"] if is_problem else None

    @property
    def pointers(self):
        return [error["pointer"] for error in self.json.get("errors", [])]

    def __repr__(self):
        return f"<{self.operation.id if self.operation else 'no operation'} {self.status} " \
               f"{self.body[:800]!r}>"


class Client:
    """client.call("booking_get", path={"booking_id": id}, expect=200)
    client.get("/v1/services", expect=200)          client.with_token(token).post(…)

    expect is a status, several, or a problem's code. An operation that has the Idempotency-Key
    parameter gets a fresh one unless idempotency_key says otherwise (None sends none)."""

    def __init__(self, base_url, ops_url=None, token=None, headers=None):
        self.base_url = base_url
        self.ops_url = ops_url
        self.token = token
        self.headers = dict(headers or {})
        self.contract = load()
        self.session = requests.Session()
        self.session.trust_env = False

    def with_token(self, token):
        return Client(self.base_url, self.ops_url, token, self.headers)

    def with_headers(self, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Client(self.base_url, self.ops_url, self.token, {**self.headers, **named})

    def call(self, operation_id, path=None, **options):
        operation = self.contract.operations[operation_id]
        return self.send(operation.method, operation.url(path or {}), operation, **options)

    def request(self, method, url, **options):
        path = url.split("?")[0]
        return self.send(method, url, self.contract.match(method, path), **options)

    def get(self, url, **options):
        return self.request("GET", url, **options)

    def post(self, url, json=UNSET, **options):
        return self.request("POST", url, json=json, **options)

    def put(self, url, json=UNSET, **options):
        return self.request("PUT", url, json=json, **options)

    def patch(self, url, json=UNSET, **options):
        return self.request("PATCH", url, json=json, **options)

    def delete(self, url, **options):
        return self.request("DELETE", url, **options)

    def send(self, method, url, operation, query=None, json=UNSET, data=None, headers=None,
             idempotency_key=UNSET, expect=None, timeout=30):
        sent = {**self.headers, **(headers or {})}
        if self.token and "Authorization" not in sent:
            sent["Authorization"] = f"Bearer {self.token}"
        if idempotency_key is UNSET and operation and "Idempotency-Key" not in sent:
            idempotency_key = self.contract.idempotency_key(operation)
        if idempotency_key not in (UNSET, None):
            sent["Idempotency-Key"] = idempotency_key
        base = self.ops_url if operation and operation.ops else self.base_url
        response = self.session.request(
            method, base + url, params=query, json=None if json is UNSET else json, data=data,
            headers=sent, timeout=timeout, allow_redirects=False)
        reply = Reply(response, operation)
        self.check(reply, method, UNSET if json is UNSET else json, data)
        check_expected(reply, expect)
        return reply

    def check(self, reply, method, json, data):
        operation = reply.operation
        body = None if method == "HEAD" else reply.body
        if operation:
            record(operation.id, operation.check_reply(reply.status, reply.headers, body))
            if reply.status < 300 and data is None:
                operation.check_request(None if json is UNSET else json)
        elif reply.status < 400 and method != "OPTIONS":
            raise ContractError(f"{method} of a path outside the contract: {reply}")
        if reply.status >= 400 and body is not None:
            self.contract.check_problem(reply.status, reply.headers, body)
        if not (operation and operation.ops) and not reply.headers.get("X-Request-Id"):
            raise ContractError(f"no X-Request-Id: {reply}")


def check_expected(reply, expect):
    if expect is None:
        return
    wanted = expect if isinstance(expect, (tuple, set, list)) else (expect,)
    if reply.status not in wanted and reply.code not in wanted:
        raise AssertionError(f"wanted {expect}, got {reply}")


def raw_exchange(address, sent, timeout=20.0):
    """Sends bytes as they are to (host, port) and returns every byte that comes until the end, or
    until timeout seconds of silence. The server may cut the connection while we still send."""
    received = b""
    with socket.create_connection(address, timeout=timeout) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                received += chunk
        except OSError:
            pass
    return received


def raw_status(received):
    match = re.match(rb"HTTP/1\.[01] (\d{3}) ", received)
    return int(match.group(1)) if match else None
