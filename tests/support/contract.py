"""The contract as the tests see it: finds operations, and holds requests and replies against it."""
import datetime
import email.utils
import functools
import json
import os
import re
import subprocess
import sys
import urllib.parse
import uuid
import zoneinfo

import jsonschema

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROBLEM_TYPE = "application/problem+json"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class ContractError(AssertionError):
    """The server did something that the contract does not say."""


def strict_json(text):
    """JSON without duplicate keys, NaN or Infinity."""
    def pairs(items):
        keys = [key for key, _ in items]
        if len(set(keys)) != len(keys):
            raise ContractError(f"a JSON object has a key twice: {keys}")
        return dict(items)

    def constant(name):
        raise ContractError(f"{name} is not JSON")
    return json.loads(text, object_pairs_hook=pairs, parse_constant=constant)


formats = jsonschema.FormatChecker(formats=())


def checks_format(name):
    def wrap(check):
        def run(value):
            return not isinstance(value, str) or bool(check(value))
        formats.checks(name, raises=(ValueError, KeyError))(run)
        return check
    return wrap


@checks_format("uuid")
def is_uuid(value):
    return re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value)


@checks_format("date")
def is_date(value):
    return len(value) == 10 and datetime.date.fromisoformat(value)


@checks_format("date-time")
def is_instant(value):
    shape = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
    return re.fullmatch(shape, value) and datetime.datetime.fromisoformat(value)


@checks_format("email")
def is_email(value):
    return re.fullmatch(r"[^@\s]+@[^@\s]+", value) and email.utils.parseaddr(value)[1] == value


@checks_format("uri")
def is_uri(value):
    return urllib.parse.urlsplit(value).scheme and not re.search(r"\s", value)


@checks_format("phone")
def is_phone(value):
    return re.fullmatch(r"\+[1-9]\d{6,14}", value)


@checks_format("time-zone")
def is_time_zone(value):
    return value in zoneinfo.available_timezones()


class Operation:
    def __init__(self, contract, path, method, spec):
        self.contract = contract
        self.path = path
        self.method = method.upper()
        self.spec = spec
        self.id = spec["operationId"]
        self.ops = spec.get("x-port") == "ops"
        shared = contract.document["paths"][path].get("parameters", [])
        self.parameters = [contract.follow(p) for p in shared + spec.get("parameters", [])]
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))
        self.pattern = re.compile(pattern + r"\Z")

    def parameter(self, name):
        return next((p for p in self.parameters if p["name"].lower() == name.lower()), None)

    def statuses(self):
        return sorted(self.spec["responses"])

    def response(self, status):
        """The declared response that covers a status: (key, response) or (None, None)."""
        for key in (str(status), f"{status // 100}XX", "default"):
            if key in self.spec["responses"]:
                return key, self.contract.follow(self.spec["responses"][key])
        return None, None

    def url(self, values):
        def fill(match):
            return urllib.parse.quote(str(values.pop(match.group(1))), safe="")
        values = dict(values)
        filled = re.sub(r"\{(\w+)\}", fill, self.path)
        if values:
            raise ValueError(f"{self.id} has no path parameter {sorted(values)}")
        return filled

    def check_request(self, body):
        """What the server took with a 2xx must be what the contract lets in."""
        declared = self.contract.follow(self.spec.get("requestBody", {}))
        media = declared.get("content", {}).get("application/json")
        if body is None:
            if declared.get("required"):
                raise ContractError(f"{self.id} took a request without its required body")
        elif media and "schema" in media:
            self.contract.check(media["schema"], body, f"{self.id} took a request body that")

    def check_reply(self, status, headers, body):
        """Status, content type, headers and body (None after a HEAD, which has none); returns the
        declared status."""
        key, declared = self.response(status)
        what = f"{self.id} answered {status}"
        if declared is None:
            raise ContractError(f"{what}, and declares only {self.statuses()}: "
                                f"{(body or b'')[:600]!r}")
        for name, header in declared.get("headers", {}).items():
            self.check_header(what, name, self.contract.follow(header), headers.get(name))
        if body is not None:
            self.check_body(what, declared.get("content", {}), headers, body)
        return key

    def check_header(self, what, name, declared, value):
        if value is None:
            if declared.get("required"):
                raise ContractError(f"{what} without the header {name}")
            return
        schema = self.contract.follow(declared.get("schema", {}))
        if schema.get("type") == "integer":
            value = int(value)
        self.contract.check(schema, value, f"{what} with the header {name} that")

    def check_body(self, what, content, headers, body):
        media_type = headers.get("Content-Type", "").split(";")[0].strip().lower()
        if not content:
            if body:
                raise ContractError(f"{what} with a body, and declares none: {body[:200]!r}")
            return
        if media_type not in content:
            raise ContractError(f"{what} as {media_type!r}, and declares {sorted(content)}: "
                                f"{body[:600]!r}")
        schema = content[media_type].get("schema")
        if media_type.endswith("json"):
            value = strict_json(body.decode("utf-8"))
            if schema:
                self.contract.check(schema, value, f"{what} with a body that")


class Contract:
    def __init__(self, document):
        self.document = document
        self.resolver = jsonschema.RefResolver("", document)
        self.operations = {}
        for path, item in document["paths"].items():
            for method in METHODS:
                if method in item:
                    operation = Operation(self, path, method, item[method])
                    self.operations[operation.id] = operation

    def follow(self, node):
        while isinstance(node, dict) and "$ref" in node:
            node = self.resolver.resolve(node["$ref"])[1]
        return node

    def match(self, method, path):
        """The operation of a request, by the path without its query; HEAD is GET's."""
        wanted = "GET" if method == "HEAD" else method
        found = [operation for operation in self.operations.values()
                 if operation.method == wanted and operation.pattern.match(path)]
        # "/v1/bookings/mine" before "/v1/bookings/{booking_id}".
        return min(found, key=lambda operation: operation.path.count("{"), default=None)

    def check(self, schema, value, what):
        validator = jsonschema.Draft202012Validator(
            schema, resolver=self.resolver, format_checker=formats)
        errors = [f"  /{'/'.join(map(str, error.absolute_path))}: {error.message}"
                  for error in validator.iter_errors(value)]
        if errors:
            raise ContractError(f"{what} is not as declared:\n" + "\n".join(errors[:10]) +
                                f"\n  in {str(value)[:1500]}")

    def check_problem(self, status, headers, body):
        """Any error of ours, declared or not: RFC 9457 with a code of x-problems."""
        media_type = headers.get("Content-Type", "").split(";")[0]
        if media_type != PROBLEM_TYPE:
            raise ContractError(f"{status} is {media_type!r} and no problem: {body[:600]!r}")
        problem = strict_json(body.decode("utf-8"))
        declared = self.document["x-problems"].get(problem.get("code"))
        if not declared or declared["status"] != status or problem.get("status") != status:
            raise ContractError(f"{status} with a problem that does not fit it: {problem}")
        return problem

    def declared_pairs(self):
        """Every (operation, status) the contract promises."""
        return {(operation.id, status) for operation in self.operations.values()
                for status in operation.statuses()}

    def idempotency_key(self, operation):
        return str(uuid.uuid4()) if operation.parameter("Idempotency-Key") else None


@functools.cache
def load():
    """The contract of the working tree, with what other files hold put in its place."""
    source = os.path.join(ROOT, "openapi.yaml")
    done = subprocess.run([sys.executable, os.path.join(ROOT, "scripts", "gen_api.py"), source,
                           "--bundle"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ContractError(f"gen_api.py refuses openapi.yaml:\n{done.stderr}")
    return Contract(json.loads(done.stdout))
