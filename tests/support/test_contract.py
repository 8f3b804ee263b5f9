"""The contract client must notice what it is there to notice."""
import copy
import json

import pytest

from support.contract import Contract, ContractError, strict_json

DOCUMENT = {
    "x-problems": {"not_found": {"status": 404, "title": "Nothing there"}},
    "components": {"schemas": {"Visit": {
        "type": "object", "additionalProperties": False, "required": ["visit_id", "start_at"],
        "properties": {"visit_id": {"type": "string", "format": "uuid"},
                       "start_at": {"type": "string", "format": "date-time"},
                       "note": {"type": ["string", "null"]}}}}},
    "paths": {
        "/v1/visits/mine": {"get": {"operationId": "visit_mine", "responses": {
            "204": {"description": "None"}}}},
        "/v1/visits/{visit_id}": {"get": {"operationId": "visit_get", "responses": {
            "200": {"headers": {"ETag": {"required": True, "schema": {"type": "string"}},
                                "Age": {"schema": {"type": "integer", "minimum": 0}}},
                    "content": {"application/json": {
                        "schema": {"$ref": "#/components/schemas/Visit"}}}}}}},
        "/v1/visits": {"post": {
            "operationId": "visit_create",
            "requestBody": {"required": True, "content": {"application/json": {
                "schema": {"type": "object", "required": ["start_at"]}}}},
            "responses": {"4XX": {"description": "No"}, "201": {"description": "Yes"}}}},
    },
}
VISIT = {"visit_id": "019328c8-0000-7000-8000-000000000001", "start_at": "2026-11-23T09:00:00Z"}
HEADERS = {"Content-Type": "application/json; charset=utf-8", "ETag": '"1"'}


@pytest.fixture(name="contract")
def make_contract():
    return Contract(copy.deepcopy(DOCUMENT))


def reply(contract, body=None, status=200, headers=None, raw=None):
    raw = json.dumps(VISIT if body is None else body).encode() if raw is None else raw
    return contract.operations["visit_get"].check_reply(status, headers or HEADERS, raw)


def test_a_good_reply_passes_and_names_its_status(contract):
    assert reply(contract) == "200"
    assert reply(contract, {**VISIT, "note": None}) == "200"


@pytest.mark.parametrize("changes", [
    {"extra": 1}, {"visit_id": "019328C8-0000-7000-8000-000000000001"}, {"start_at": "yesterday"},
    {"start_at": "2026-13-01T00:00:00Z"}, {"start_at": "2026-11-23T09:00:00"}, {"note": 4},
])
def test_a_body_of_another_shape_is_refused(contract, changes):
    with pytest.raises(ContractError, match="not as declared"):
        reply(contract, {**VISIT, **changes})


def test_a_missing_field_is_refused(contract):
    with pytest.raises(ContractError, match="visit_id"):
        reply(contract, {"start_at": VISIT["start_at"]})


def test_an_undeclared_status_is_refused(contract):
    with pytest.raises(ContractError, match="declares only"):
        reply(contract, status=202)


@pytest.mark.parametrize("headers, complaint", [
    ({"ETag": '"1"', "Content-Type": "text/html"}, "text/html"),
    ({"ETag": '"1"'}, "as ''"),
    ({"Content-Type": "application/json"}, "without the header ETag"),
    ({**HEADERS, "Age": "-1"}, "header Age"),
])
def test_headers_and_content_type_are_held_against_the_contract(contract, headers, complaint):
    with pytest.raises(ContractError, match=complaint):
        reply(contract, headers=headers)


def test_a_body_where_none_is_declared_is_refused(contract):
    mine = contract.operations["visit_mine"]
    assert mine.check_reply(204, {}, b"") == "204"
    with pytest.raises(ContractError, match="declares none"):
        mine.check_reply(204, {}, b"{}")


def test_a_head_reply_needs_no_body(contract):
    assert contract.operations["visit_get"].check_reply(200, HEADERS, None) == "200"


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"a": NaN}', '[{"b": {"c": 1, "c": 1}}]'])
def test_strict_json_refuses_what_parsers_disagree_on(text):
    with pytest.raises(ContractError):
        strict_json(text)


def test_the_more_literal_path_is_matched_first(contract):
    assert contract.match("GET", "/v1/visits/mine").id == "visit_mine"
    assert contract.match("HEAD", "/v1/visits/7").id == "visit_get"
    assert contract.match("GET", "/v1/visits/7/8") is None
    assert contract.match("DELETE", "/v1/visits/7") is None


def test_path_parameters_are_escaped_and_counted(contract):
    operation = contract.operations["visit_get"]
    assert operation.url({"visit_id": "a/b c"}) == "/v1/visits/a%2Fb%20c"
    with pytest.raises(ValueError):
        operation.url({"visit_id": 1, "other": 2})
    with pytest.raises(KeyError):
        operation.url({})


def test_a_success_must_fit_the_request_schema(contract):
    create = contract.operations["visit_create"]
    create.check_request({"start_at": "2026-11-23T09:00:00Z"})
    for body in (None, {}, []):
        with pytest.raises(ContractError):
            create.check_request(body)


def test_status_ranges_count_as_declared(contract):
    assert contract.operations["visit_create"].check_reply(404, {}, b"") == "4XX"
    assert contract.declared_pairs() == {
        ("visit_mine", "204"), ("visit_get", "200"), ("visit_create", "4XX"),
        ("visit_create", "201")}


@pytest.mark.parametrize("status, media_type, problem", [
    (404, "application/json", {"code": "not_found", "status": 404}),
    (404, "application/problem+json", {"code": "made_up", "status": 404}),
    (409, "application/problem+json", {"code": "not_found", "status": 409}),
    (404, "application/problem+json", {"code": "not_found", "status": 400}),
    (404, "application/problem+json", {}),
])
def test_a_problem_must_be_one_of_the_contract(contract, status, media_type, problem):
    with pytest.raises(ContractError):
        contract.check_problem(status, {"Content-Type": media_type}, json.dumps(problem).encode())


def test_a_good_problem_passes(contract):
    body = json.dumps({"code": "not_found", "status": 404}).encode()
    headers = {"Content-Type": "application/problem+json"}
    assert contract.check_problem(404, headers, body)["code"] == "not_found"
