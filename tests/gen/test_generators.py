"""gen_api.py refuses what the server would not do: each row breaks the sample contract in one way."""
import copy
import json
import os
import re
import subprocess
import sys

import pytest
import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GENERATOR = os.path.join(ROOT, "scripts", "gen_api.py")
DOCS = os.path.join(ROOT, "scripts", "gen_docs.py")
SAMPLE = os.path.join(ROOT, "tests", "gen", "sample.yaml")
CREATE = "paths./v1/notes.post"
BODY = CREATE + ".requestBody.application/json"


def run(*arguments):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def sample():
    with open(SAMPLE, encoding="utf-8") as file:
        return yaml.safe_load(file)


def at(document, path):
    """The node at "/"-separated keys; "~" stands for a slash inside a key."""
    for part in path.split("/") if path else []:
        document = document[int(part) if isinstance(document, list) else part.replace("~", "/")]
    return document


NOTES = "paths/~v1~notes"
NOTE_NEW = "components/schemas/NoteNew"
TEXT = NOTE_NEW + "/properties/text"
MISSING = object()

# Where, the key, its new value (MISSING removes it), and the line that is expected.
BROKEN = [
    ("", "x-routes", 1, "x-routes: is not known here"),
    ("", "openapi", "3.0.3", "openapi: must be 3.1"),
    ("x-problems", "internal", MISSING, "x-problems: must be a mapping and hold internal"),
    ("x-problems", "Bad", {"status": 400, "title": "x"},
     "x-problems.Bad: a code is a snake_case word"),
    ("x-problems", "odd", {"status": 200, "title": "x"},
     "x-problems.odd: status must be between 400 and 599"),
    ("x-problems", "odd", {"status": 400, "title": "x", "or so": None},
     "x-problems.odd: has a status and a title, and nothing else"),
    ("x-problems", "conflict", MISSING,
     "components.responses.Conflict: the problem conflict is not in x-problems"),
    (NOTES, "trace", {}, "paths./v1/notes: trace is not known here"),
    (NOTES + "/post", "operationId", MISSING, CREATE + ": operationId is missing"),
    (NOTES + "/post", "operationId", "noteCreate",
     CREATE + ": the operationId noteCreate is not a snake_case word"),
    (NOTES + "/post", "operationId", "note_list",
     CREATE + ": the operationId note_list stands at paths./v1/notes.get already"),
    (NOTES + "/post", "summary", MISSING, CREATE + ": summary is missing"),
    (NOTES + "/post", "description", "", CREATE + ": description is missing"),
    (NOTES + "/post", "responses", MISSING, CREATE + ": responses is missing"),
    (NOTES + "/post", "tags", ["other"],
     CREATE + ": needs tags, each of them listed in the root's tags"),
    (NOTES + "/post", "security", MISSING, CREATE + ".security: is missing ([] is public)"),
    (NOTES + "/post", "security", [{"bearer": []}], CREATE + ".security.bearer: names no roles"),
    (NOTES + "/post", "security", [{"bearer": ["guest"]}],
     CREATE + ".security.bearer: guest is not one of client, staff, admin, integrator"),
    (NOTES + "/post", "security", [{"cookie": []}],
     CREATE + ".security.cookie: is not in components.securitySchemes"),
    (NOTES + "/post", "security", [{"bearer": ["client"], "linkToken": []}],
     CREATE + ".security: schemes that must hold together are not supported"),
    (NOTES + "/post", "x-cache", 1, CREATE + ": x-cache is not known here"),
    (NOTES + "/post", "callbacks", {}, CREATE + ": callbacks is not known here"),
    (NOTES + "/post", "x-limit", "many", CREATE + ": x-limit: many is not a value it can have"),
    (NOTES + "/post", "x-gate", "free", CREATE + ": x-gate: free is not a value it can have"),
    (NOTES + "/post", "x-body-max", 99999999,
     CREATE + ": x-body-max: 99999999 is not a value it can have"),
    (NOTES + "/post", "x-transaction", "none",
     CREATE + ": an Idempotency-Key needs the server's transaction"),
    (NOTES + "/get/parameters/0", "name", "Limit",
     "paths./v1/notes.get.parameters[0]: Limit cannot be a field's name"),
    (NOTES + "/get/parameters/0", "name", "switch",
     "paths./v1/notes.get.parameters[0]: switch cannot be a field's name"),
    (NOTES + "/get/parameters/0", "name", "since",
     "paths./v1/notes.get.parameters[0]: since stands twice"),
    (NOTES + "/get/parameters/0", "example", MISSING,
     "paths./v1/notes.get.parameters[0]: limit: example is missing"),
    (NOTES + "/get/parameters/0", "example", 0,
     "paths./v1/notes.get.parameters[0]: the example does not fit at /: 0 is less than the minimum"),
    (NOTES + "/get/parameters/0", "style", "form",
     "paths./v1/notes.get.parameters[0]: style is not known here"),
    (NOTES + "/get/parameters/0", "schema", {"type": "array", "items": {"type": "boolean"}},
     "paths./v1/notes.get.parameters[0]: a parameter is a string, an integer or a boolean"),
    ("paths/~v1~notes~{note_id}/parameters/0", "name", "id",
     "paths./v1/notes/{note_id}.get: path parameters ['id'] are not those of the path ['note_id']"),
    ("paths/~v1~notes~{note_id}/parameters/0", "required", False,
     "paths./v1/notes/{note_id}.get.parameters[0]: a path parameter is required: true"),
    (NOTES + "/post/requestBody/content/application~json", "example", MISSING,
     BODY + ": example is missing"),
    (NOTES + "/post/requestBody/content/application~json", "example", {"text": 1},
     BODY + ": the example does not fit at /text: 1 is not of type 'string'"),
    (NOTES + "/post/requestBody", "content", {"text/csv": {"schema": {}, "example": ""}},
     CREATE + ".requestBody: takes application/json or a form; other bodies only with a signature"),
    (TEXT, "pattern", "^a", BODY + ".text: the keyword pattern is not checked by the server"),
    (TEXT, "format", "hostname", BODY + ".text: the format hostname is not checked by the server"),
    (TEXT, "maxLength", MISSING, BODY + ".text: a string says its maxLength"),
    (TEXT, "default", "a", BODY + ".text: the keyword default is not checked by the server"),
    (TEXT, "type", "text", BODY + ".text: type must be one of object, array, string, integer"),
    (NOTE_NEW, "additionalProperties", MISSING,
     BODY + ": objects say additionalProperties: false (true only together with x-open: true)"),
    (NOTE_NEW, "additionalProperties", True,
     BODY + ": objects say additionalProperties: false (true only together with x-open: true)"),
    (NOTE_NEW, "required", ["texts"], BODY + ": required names texts, which is not a property"),
    (NOTE_NEW, "allOf", [], BODY + ": the keyword allOf is not checked by the server"),
    (NOTE_NEW + "/properties", "self", {"$ref": "#/components/schemas/NoteNew"},
     ": is nested deeper than 12 (a schema in itself?)"),
    (NOTE_NEW + "/properties", "else", {"$ref": "#/components/schemas/Nothing"},
     BODY + ".else: $ref #/components/schemas/Nothing leads nowhere in this document"),
    (NOTE_NEW + "/properties", "else", {"$ref": "other.yaml#/x"},
     BODY + ".else: $ref other.yaml#/x leads nowhere in this document"),
    ("components/schemas/Note", "additionalProperties", MISSING,
     "components.schemas.Note: additionalProperties is missing"),
    (NOTES + "/post/responses", "200", {"description": ""},
     CREATE + ".responses.200: description is missing"),
    (NOTES + "/post/responses", "default", {"description": "x"},
     CREATE + ".responses.default: is not a status"),
    (NOTES + "/post/responses", "404", {"$ref": "#/components/responses/Conflict"},
     CREATE + ".responses.404: conflict has the status 409, not 404"),
    ("components/responses", "TooLarge", MISSING,
     "components.responses: none has an example with the problem body_too_large, for 413"),
    ("components/responses/Conflict/content/application~problem+json/example", "code", "clash",
     "components.responses.Conflict: the problem clash is not in x-problems"),
]


@pytest.mark.parametrize("where, key, value, line", BROKEN)
def test_what_the_server_would_not_do_is_refused(sample, tmp_path, where, key, value, line):
    document = copy.deepcopy(sample)
    node = at(document, where)
    key = int(key) if isinstance(node, list) else key
    if value is MISSING:
        del node[key]
    else:
        node[key] = value
    refused(document, tmp_path, line)


def refused(document, tmp_path, line):
    path = tmp_path / "broken.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    done = run(GENERATOR, str(path), "--audit")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    assert all(complaint.startswith(f"{path}: ") for complaint in done.stderr.splitlines())
    assert line in done.stderr


@pytest.mark.parametrize("other, line", [
    ("/v1/notes/{id}", "is the same path as /v1/notes/{note_id}"),
    ("/v1/{kind}/mine", "is ambiguous with /v1/notes/{note_id}: one path fits both"),
    ("/v1/notes/", "segments are plain words or one {parameter} each"),
    ("/v1/notes/a{id}", "segments are plain words or one {parameter} each"),
])
def test_paths_that_cannot_be_told_apart_are_refused(sample, tmp_path, other, line):
    document = copy.deepcopy(sample)
    document["paths"][other] = {"get": copy.deepcopy(document["paths"]["/docs"]["get"])}
    refused(document, tmp_path, f"paths.{other}: {line}")


@pytest.mark.parametrize("text, line", [
    ("openapi: 3.1.0\nopenapi: 3.1.0\n", "line 2: the key openapi stands twice"),
    ("a: b: c\n", "line 1: mapping values are not allowed here"),
    ("- 1\n", "(root): is not a mapping"),
])
def test_what_is_not_a_document_is_refused(tmp_path, text, line):
    path = tmp_path / "broken.yaml"
    path.write_text(text, encoding="utf-8")
    for program in (GENERATOR, DOCS):
        done = run(program, str(path))
        assert (done.returncode, done.stderr) == (1, f"{path}: {line}\n")


def test_every_mistake_is_told_at_once(sample, tmp_path):
    document = copy.deepcopy(sample)
    del document["paths"]["/v1/notes"]["post"]["summary"]
    document["components"]["schemas"]["NoteNew"]["properties"]["text"]["pattern"] = "x"
    refused(document, tmp_path, "summary is missing")
    refused(document, tmp_path, "the keyword pattern is not checked by the server")


def bundle(*options):
    done = run(GENERATOR, SAMPLE, "--bundle", *options)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def statuses(operation):
    return list(operation["responses"])


def test_the_bundle_lists_every_answer_that_the_settings_imply(tmp_path):
    paths = json.loads(bundle())["paths"]
    assert statuses(paths["/docs"]["get"]) == ["200", "500", "503"]
    assert statuses(paths["/v1/notes"]["get"]) == ["200", "304", "400", "500", "503"]
    assert statuses(paths["/v1/notes/mine"]["get"]) == ["200", "401", "403", "500", "503"]
    assert statuses(paths["/v1/notes/{note_id}"]["patch"]) == [
        "200", "400", "401", "402", "403", "404", "412", "413", "415", "500", "503"]
    assert paths["/docs"]["get"]["responses"]["500"] == {"$ref": "#/components/responses/Internal"}
    written = tmp_path / "bundle.json"
    bundle(str(written))
    assert json.loads(written.read_text(encoding="utf-8"))["paths"] == paths


def test_generated_files_are_the_same_every_time(tmp_path):
    texts = []
    for name in "ab":
        folder = tmp_path / name
        folder.mkdir()
        files = [str(folder / file) for file in ("p.h", "p.c", "r.h", "r.c", "d.c")]
        done = run(GENERATOR, SAMPLE, "--problems", *files[:2], "--routes", *files[2:4],
                   "--document", files[4])
        assert done.returncode == 0, done.stderr
        texts.append([open(file, encoding="utf-8").read() for file in files])
    assert texts[0] == texts[1]
    assert texts[0][0].index("P_OK") < texts[0][0].index("P_INTERNAL")
    assert re.search(r"struct note_get_args \{\n\tconst char \*note_id;\n\};", texts[0][2])
    assert "idempotency_key" not in texts[0][2], "the server's own headers are no arguments"


def test_the_roles_are_as_committed():
    """Who may call what changes only together with this file: gen_api.py openapi.yaml --audit."""
    done = run(GENERATOR, os.path.join(ROOT, "openapi.yaml"), "--audit")
    with open(os.path.join(ROOT, "tests", "gen", "audit.txt"), encoding="utf-8") as file:
        assert done.stdout == file.read()


def test_the_page_is_self_contained():
    done = run(DOCS, os.path.join(ROOT, "openapi.yaml"), "--html")
    assert done.returncode == 0, done.stderr
    assert not re.search(r"<script|<link|<img|src=|@import|url\(", done.stdout)
    wanted = set(re.findall(r'href="#([^"]+)"', done.stdout))
    assert wanted <= set(re.findall(r'id="([^"]+)"', done.stdout)), "every link leads somewhere"
