"""Completes the document: every operation also lists the answers that its settings imply.

    always                500 503
    secured               401
    roles, not everybody  403
    parameters or a body  400
    a body                413 415
    path parameters       404
    x-limit               429
    Idempotency-Key       409 422
    If-Match              412
    x-gate: paid          402
    GET with an ETag      304

An answer that the operation declares itself is left alone. The others refer to the component response whose
example has the problem named in PROBLEMS, so a contract that implies 413 has to hold one with
body_too_large."""
PROBLEMS = {"400": "validation_failed", "401": "unauthorized", "402": "payment_required",
            "403": "forbidden", "404": "not_found", "409": "conflict",
            "412": "precondition_failed", "413": "body_too_large",
            "415": "unsupported_media_type", "422": "idempotency_key_reused",
            "429": "too_many_requests", "500": "internal", "503": "unavailable"}


def implied(op):
    statuses = ["500", "503"]
    if op.secured:
        statuses.append("401")
    if "ROLE_PUBLIC" not in op.roles:
        statuses.append("403")
    if op.parameters or op.body:
        statuses.append("400")
    if op.body:
        statuses += ["413", "415"]
    if any(p.where == "path" for p in op.parameters):
        statuses.append("404")
    if op.limit[0]:
        statuses.append("429")
    if op.idempotent:
        statuses += ["409", "422"]
    if op.conditional:
        statuses.append("412")
    if op.spec.get("x-gate"):
        statuses.append("402")
    return statuses


def component_for(document, status, complaints):
    for name, response in document.get("components", {}).get("responses", {}).items():
        example = response.get("content", {}).get("application/problem+json", {}).get("example")
        if isinstance(example, dict) and example.get("code") == PROBLEMS[status]:
            return {"$ref": "#/components/responses/" + name}
    complaints.add("components.responses",
                   f"none has an example with the problem {PROBLEMS[status]}, for {status}")
    return None


def expand(document, operations, complaints):
    for op in operations:
        responses = op.spec.setdefault("responses", {})
        if op.method == "get" and op.etag(document, complaints):
            responses.setdefault("304", {"description": "It has not changed (If-None-Match)"})
        for status in implied(op):
            if status not in responses:
                component = component_for(document, status, complaints)
                if component:
                    responses[status] = component
        op.spec["responses"] = dict(sorted(responses.items()))
