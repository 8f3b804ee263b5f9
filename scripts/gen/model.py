"""The contract's operations as plain values: what routes, checks, roles and limits come from."""
import re
from dataclasses import dataclass, field

from gen.load import resolve

METHODS = ("get", "put", "post", "patch", "delete")
ROLE_BITS = {"client": "ROLE_CLIENT", "staff": "ROLE_STAFF", "admin": "ROLE_ADMIN",
             "integrator": "ROLE_INTEGRATOR"}
SECONDS = {"second": 1, "minute": 60, "hour": 3600}
# Headers that the server itself handles; handlers do not get them as arguments.
OWN_HEADERS = {"Idempotency-Key", "If-Match", "If-None-Match"}
BODY_MAX = 65536
PARAMETERS_MAX = 16


@dataclass
class Parameter:
    name: str
    where: str
    required: bool
    node: dict
    path: str

    @property
    def schema(self):
        return self.node.get("schema", {})

    @property
    def field(self):
        return self.name.lower().replace("-", "_")

    @property
    def is_argument(self):
        return self.where != "header" or self.name not in OWN_HEADERS


@dataclass
class Operation:
    name: str
    method: str
    path: str
    where: str                      # for complaints: paths./v1/bookings.post
    spec: dict
    parameters: list = field(default_factory=list)
    roles: list = field(default_factory=list)
    secured: bool = False
    signed: bool = False
    body: dict = None               # {types, required, schema, kind, max, path}

    @property
    def arguments(self):
        return [p for p in self.parameters if p.is_argument]

    @property
    def idempotent(self):
        return any(p.name == "Idempotency-Key" for p in self.parameters)

    @property
    def conditional(self):
        return any(p.name == "If-Match" for p in self.parameters)

    @property
    def limit(self):
        count, _, unit = str(self.spec.get("x-limit", "")).partition("/")
        return (int(count), SECONDS[unit]) if count.isdigit() and unit in SECONDS else (0, 0)

    def etag(self, document, complaints):
        ok = resolve(document, self.spec.get("responses", {}).get("200", {}), complaints,
                     self.where + ".responses.200")
        return "ETag" in ok.get("headers", {})


def operations(document, complaints):
    """Every operation in the order of its paths; complaints about what cannot be read."""
    found = []
    for path, item in document.get("paths", {}).items():
        if not isinstance(item, dict):
            complaints.add(f"paths.{path}", "is not a mapping")
            continue
        for method in METHODS:
            if method in item:
                found.append(operation(document, complaints, path, method, item))
    return found


def operation(document, complaints, path, method, item):
    spec = item[method] if isinstance(item[method], dict) else {}
    op = Operation(str(spec.get("operationId", "")), method, path, f"paths.{path}.{method}", spec)
    op.parameters = parameters(document, complaints, op, item)
    read_security(document, complaints, op)
    op.body = body(document, complaints, op)
    return op


def parameters(document, complaints, op, item):
    result = []
    for index, node in enumerate(item.get("parameters", []) + op.spec.get("parameters", [])):
        path = f"{op.where}.parameters[{index}]"
        node = resolve(document, node, complaints, path)
        if not isinstance(node.get("name"), str) or node.get("in") not in ("path", "query",
                                                                           "header"):
            complaints.add(path, "needs a name and in: path, query or header")
            continue
        result.append(Parameter(node["name"], node["in"], node.get("required") is True,
                                node, path))
    order = re.findall(r"{([^}]*)}", op.path)
    result.sort(key=lambda p: order.index(p.name) if p.where == "path" and p.name in order
                else len(order))
    if len(result) > PARAMETERS_MAX:
        complaints.add(op.where, f"has more than {PARAMETERS_MAX} parameters")
    return result


def read_security(document, complaints, op):
    """Roles from security: bearer lists role names, linkToken opens for links, {} for everybody."""
    path = op.where + ".security"
    alternatives = op.spec.get("security")
    if not isinstance(alternatives, list):
        complaints.add(path, "is missing ([] is public)")
        return
    bits = set() if alternatives else {"ROLE_PUBLIC"}
    for alternative in alternatives:
        if not alternative:
            bits.add("ROLE_PUBLIC")
        elif len(alternative) > 1:
            complaints.add(path, "schemes that must hold together are not supported")
        for name, roles in alternative.items():
            bits |= scheme_roles(document, complaints, op, name, roles)
    order = ["ROLE_PUBLIC", "ROLE_LINK", *ROLE_BITS.values()]
    op.roles = sorted(bits, key=order.index)
    op.secured = bool(alternatives)


def scheme_roles(document, complaints, op, name, roles):
    path = op.where + ".security." + name
    scheme = document.get("components", {}).get("securitySchemes", {}).get(name)
    if not scheme:
        complaints.add(path, "is not in components.securitySchemes")
        return set()
    if scheme.get("type") == "http" and scheme.get("scheme") == "bearer":
        if not roles:
            complaints.add(path, "names no roles")
        for role in roles:
            if role not in ROLE_BITS:
                complaints.add(path, f"{role} is not one of " + ", ".join(ROLE_BITS))
        return {ROLE_BITS[role] for role in roles if role in ROLE_BITS}
    if scheme.get("type") != "apiKey" or scheme.get("in") != "header":
        complaints.add(path, "must be http bearer or an apiKey in a header")
    elif scheme.get("name") == "X-Link-Token":
        return {"ROLE_LINK"}
    op.signed = True
    return {"ROLE_PUBLIC"}


def body(document, complaints, op):
    if "requestBody" not in op.spec:
        return None
    path = op.where + ".requestBody"
    node = resolve(document, op.spec["requestBody"], complaints, path)
    content = node.get("content", {})
    if not content:
        complaints.add(path, "has no content")
        return None
    types = list(content)
    kind = "RAW"
    if types == ["application/x-www-form-urlencoded"]:
        kind = "FORM"
    elif types == ["application/json"] and not op.signed:
        kind = "JSON"
    elif not op.signed:
        complaints.add(path, "takes application/json or a form; other bodies only with a signature")
    return {"types": types, "required": node.get("required") is True, "kind": kind,
            "schema": content[types[0]].get("schema", {}), "path": f"{path}.{types[0]}",
            "max": op.spec.get("x-body-max", BODY_MAX), "content": content}
