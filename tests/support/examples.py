"""Requests made from the contract's own examples, for tests that go over every operation."""
import copy
import uuid

UNKNOWN_CODE = "x" * 32
BODY_MAX = 65536


def json_media(operation):
    body = operation.contract.follow(operation.spec.get("requestBody", {}))
    return body.get("content", {}).get("application/json")


def body_max(operation):
    return operation.spec.get("x-body-max", BODY_MAX)


def body(operation):
    """The example of the body, None when the operation takes none."""
    media = json_media(operation)
    return copy.deepcopy(media["example"]) if media else None


def query(operation):
    return {p["name"]: p["example"] for p in operation.parameters
            if p["in"] == "query" and p.get("required")}


def path_names(operation):
    return [p["name"] for p in operation.parameters if p["in"] == "path"]


def unknown_path(operation):
    """Path parameters of the right shape that name nothing; new ones at each call."""
    values = {}
    for parameter in operation.parameters:
        if parameter["in"] == "path":
            is_id = parameter["schema"].get("format") == "uuid"
            values[parameter["name"]] = str(uuid.uuid4()) if is_id else \
                f"{UNKNOWN_CODE}-{uuid.uuid4().hex[:8]}"
    return values


def schemes(operation):
    """{"bearer": [roles]}, {"linkToken": []} and so on, merged; "public" when nothing is needed."""
    merged = {}
    entries = operation.spec.get("security", [])
    if not entries or {} in entries:
        merged["public"] = []
    for entry in entries:
        merged.update(entry)
    return merged


def callers(operation):
    """Who may call: of public, guest, client, staff, admin. A provider's webhook is none of them."""
    allowed = schemes(operation)
    names = ["public"] if "public" in allowed else []
    if "linkToken" in allowed:
        names.append("guest")
    return names + [role for role in allowed.get("bearer", [])
                    if role in ("client", "staff", "admin")]


def is_signed(operation):
    """Secured by a provider's signature over the body."""
    return any(name.endswith("Signature") for name in schemes(operation))


def limit_of(operation):
    """Requests a minute, None when there is no limit or a longer window."""
    number, _, window = operation.spec.get("x-limit", "").partition("/")
    return int(number) if window == "minute" else None
