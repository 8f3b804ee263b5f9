"""What the generator refuses: everything the server would not do although the document says so."""
import re

from jsonschema import Draft202012Validator, RefResolver
from jsonschema.exceptions import RefResolutionError, SchemaError, UnknownType

from gen.load import resolve

ROOT_KEYS = {"openapi", "info", "servers", "tags", "paths", "webhooks", "components",
             "externalDocs", "x-problems"}
PATH_KEYS = {"get", "put", "post", "patch", "delete", "parameters", "summary", "description"}
OPERATION_KEYS = {"operationId", "tags", "summary", "description", "parameters", "requestBody",
                  "responses", "security", "deprecated", "externalDocs"}
PARAMETER_KEYS = {"name", "in", "required", "description", "schema", "example", "deprecated"}
EXTENSIONS = {
    "x-limit": lambda v: re.fullmatch(r"[1-9]\d{0,5}/(second|minute|hour)", str(v)),
    "x-audit": lambda v: v is True or re.fullmatch(r"[a-z][a-z0-9_]*", str(v)),
    "x-gate": lambda v: v == "paid",
    "x-port": lambda v: v == "ops",
    "x-db-role": lambda v: v in ("worker", "public"),
    "x-transaction": lambda v: v == "none",
    "x-body-max": lambda v: type(v) is int and 0 < v <= 4194304,
}
C_WORDS = set("""auto break case char const continue default do double else enum extern float for
    goto if inline int long register restrict return short signed sizeof static struct switch
    typedef union unsigned void volatile while""".split())


def check(document, operations, complaints):
    for key in document:
        if key not in ROOT_KEYS:
            complaints.add(key, "is not known here")
    if not str(document.get("openapi", "")).startswith("3.1."):
        complaints.add("openapi", "must be 3.1")
    for path, item in document.get("paths", {}).items():
        for key in item if isinstance(item, dict) else []:
            if key not in PATH_KEYS:
                complaints.add(f"paths.{path}", f"{key} is not known here")
    check_problems(document, complaints)
    check_paths(operations, complaints)
    for op in operations:
        check_operation(document, op, complaints)
    check_names(operations, complaints)
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        check_objects(schema, "components.schemas." + name, complaints)


def check_objects(schema, path, complaints):
    """Whoever lists properties also says whether there may be others."""
    if isinstance(schema, list):
        for index, item in enumerate(schema):
            check_objects(item, f"{path}[{index}]", complaints)
    if not isinstance(schema, dict):
        return
    if isinstance(schema.get("properties"), dict) and not {
            "additionalProperties", "unevaluatedProperties"} & set(schema):
        complaints.add(path, "additionalProperties is missing")
    for key, item in schema.items():
        if key not in ("example", "examples", "default", "enum", "const"):
            check_objects(item, f"{path}.{key}", complaints)


def check_problems(document, complaints):
    problems = document.get("x-problems")
    if not isinstance(problems, dict) or "internal" not in problems:
        complaints.add("x-problems", "must be a mapping and hold internal")
        return
    for code, problem in problems.items():
        path = "x-problems." + code
        if not re.fullmatch(r"[a-z][a-z0-9_]*", code):
            complaints.add(path, "a code is a snake_case word")
        if not isinstance(problem, dict) or set(problem) != {"status", "title"}:
            complaints.add(path, "has a status and a title, and nothing else")
        elif type(problem["status"]) is not int or not 400 <= problem["status"] <= 599:
            complaints.add(path, "status must be between 400 and 599")
    for name, response in document.get("components", {}).get("responses", {}).items():
        check_error(document, response, "components.responses." + name, complaints)


def check_error(document, response, path, complaints, status=None, is_checked=False):
    """An error's example names a problem that exists, with the status it has."""
    for kind, media in response.get("content", {}).items():
        if kind != "application/problem+json":
            continue
        example = media.get("example")
        code = example.get("code") if isinstance(example, dict) else None
        problem = document.get("x-problems", {}).get(code)
        if not isinstance(problem, dict):
            complaints.add(path, f"the problem {code} is not in x-problems")
        elif status and str(problem.get("status")) != status:
            complaints.add(path, f"{code} has the status {problem.get('status')}, not {status}")
        if not is_checked:
            check_media(document, media, f"{path}.{kind}", complaints)


def segments(path):
    return path.strip("/").split("/")


def check_paths(operations, complaints):
    shapes = {}
    for op in operations:
        if not re.fullmatch(r"(/([A-Za-z0-9._~-]+|{[a-z][a-z0-9_]*}))+", op.path):
            complaints.add(f"paths.{op.path}", "segments are plain words or one {parameter} each")
        shapes.setdefault(op.path, re.sub(r"{[^}]*}", "{}", op.path))
    paths = list(shapes)
    for i, a in enumerate(paths):
        for b in paths[i + 1:]:
            if shapes[a] == shapes[b]:
                complaints.add(f"paths.{b}", f"is the same path as {a}")
            elif is_ambiguous(segments(shapes[a]), segments(shapes[b])):
                complaints.add(f"paths.{b}", f"is ambiguous with {a}: one path fits both")


def is_ambiguous(a, b):
    """One request path fits both, and neither is the more literal one throughout."""
    if len(a) != len(b) or any(x != y and "{}" not in (x, y) for x, y in zip(a, b)):
        return False
    differing = [(x, y) for x, y in zip(a, b) if x != y]
    return any(x == "{}" for x, _ in differing) and any(y == "{}" for _, y in differing)


def check_names(operations, complaints):
    seen = {}
    for op in operations:
        if op.name in seen:
            complaints.add(op.where, f"the operationId {op.name} stands at {seen[op.name]} already")
        seen[op.name] = op.where


def check_operation(document, op, complaints):
    for key in ("operationId", "summary", "description", "responses"):
        if not op.spec.get(key):
            complaints.add(op.where, f"{key} is missing")
    if op.name and (not re.fullmatch(r"[a-z][a-z0-9_]*", op.name) or op.name in C_WORDS):
        complaints.add(op.where, f"the operationId {op.name} is not a snake_case word")
    for key, value in op.spec.items():
        if key in EXTENSIONS:
            if not EXTENSIONS[key](value):
                complaints.add(op.where, f"{key}: {value} is not a value it can have")
        elif key not in OPERATION_KEYS:
            complaints.add(op.where, f"{key} is not known here")
    tags = {tag.get("name") for tag in document.get("tags", [])}
    if not op.spec.get("tags") or not set(op.spec["tags"]) <= tags:
        complaints.add(op.where, "needs tags, each of them listed in the root's tags")
    if op.method == "get" and (op.body or op.idempotent):
        complaints.add(op.where, "a GET has neither a body nor an Idempotency-Key")
    if op.idempotent and op.spec.get("x-transaction"):
        complaints.add(op.where, "an Idempotency-Key needs the server's transaction")
    check_parameters(document, op, complaints)
    check_body(document, op, complaints)
    check_responses(document, op, complaints)


def check_parameters(document, op, complaints):
    in_path = re.findall(r"{([^}]*)}", op.path)
    declared = [p.name for p in op.parameters if p.where == "path"]
    if sorted(in_path) != sorted(declared):
        complaints.add(op.where, f"path parameters {declared} are not those of the path {in_path}")
    fields = [p.field for p in op.parameters]
    for p in op.parameters:
        for key in p.node:
            if key not in PARAMETER_KEYS:
                complaints.add(p.path, f"{key} is not known here")
        for key in ("description", "schema", "example"):
            if key not in p.node:
                complaints.add(p.path, f"{p.name}: {key} is missing")
        check_example(document, p.schema, [p.node["example"]] if "example" in p.node else [],
                      p.path, complaints)
        if fields.count(p.field) > 1:
            complaints.add(p.path, f"{p.name} stands twice")
        if p.where != "header" and not re.fullmatch(r"[a-z][a-z0-9_]*", p.name) or \
                p.field in C_WORDS:
            complaints.add(p.path, f"{p.name} cannot be a field's name")
        if p.schema.get("type") not in ("string", "integer", "boolean"):
            complaints.add(p.path, "a parameter is a string, an integer or a boolean")
        if p.where == "path" and not p.required:
            complaints.add(p.path, "a path parameter is required: true")


def check_body(document, op, complaints):
    for kind, media in (op.body or {}).get("content", {}).items():
        check_media(document, media, f"{op.where}.requestBody.{kind}", complaints)


def check_responses(document, op, complaints):
    for status, response in op.spec.get("responses", {}).items():
        path = f"{op.where}.responses.{status}"
        is_shared = "$ref" in response
        response = resolve(document, response, complaints, path)
        if not re.fullmatch(r"[2345]\d\d", status):
            complaints.add(path, "is not a status")
        if not response.get("description"):
            complaints.add(path, "description is missing")
        if status >= "400":
            check_error(document, response, path, complaints, status, is_shared)
            continue
        for kind, media in response.get("content", {}).items():
            check_media(document, media, f"{path}.{kind}", complaints)


def check_media(document, media, path, complaints):
    """A body has a schema and an example, and the example fits the schema."""
    if "schema" not in media:
        complaints.add(path, "schema is missing")
        return
    examples = [media["example"]] if "example" in media else [
        example.get("value") for example in media.get("examples", {}).values()]
    if not examples:
        complaints.add(path, "example is missing")
    check_example(document, media["schema"], examples, path, complaints)


def check_example(document, schema, examples, path, complaints):
    try:
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema, resolver=RefResolver("", document))
        for example in examples:
            for error in validator.iter_errors(example):
                where = "/".join(map(str, error.absolute_path))
                complaints.add(path, f"the example does not fit at /{where}: {error.message}")
    except SchemaError as error:
        complaints.add(path, f"the schema is wrong: {error.message}")
    except UnknownType as error:
        complaints.add(path, f"the schema is wrong: there is no type {error.type}")
    except RefResolutionError as error:
        complaints.add(path, f"the schema is wrong: {error}")
