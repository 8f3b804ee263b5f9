"""api.gen.h and api.gen.c: the prototypes of the handlers and the tables of lib/http/route.h."""
from gen.c import BANNER, literal
from gen.lint import segments

DB_ROLES = {"worker": "DB_WORKER", "public": "DB_PUBLIC"}


def prototype(op):
    args = f", const struct {op.name}_args *args" if op.arguments else ""
    return f"enum problem {op.name}(struct request *rq{args})"


def header(operations):
    parts = [BANNER, "/* One handler for each operation of openapi.yaml, in its order. */\n",
             "#ifndef CARE_API_GEN_H\n#define CARE_API_GEN_H\n\n",
             '#include "lib/http/request.h"\n']
    for op in operations:
        parts.append(f"\n/* {op.method.upper()} {op.path} */\n")
        if op.arguments:
            fields = "".join(f"\tconst char *{p.field};\n" for p in op.arguments)
            parts.append(f"struct {op.name}_args {{\n{fields}}};\n")
        parts.append(prototype(op) + ";\n")
    return "".join(parts) + "\n#endif\n"


def caller(op):
    """The function that fills the arguments from values, which stand in the parameters' order."""
    head = f"static enum problem call_{op.name}(struct request *rq, const char *const *values)\n{{\n"
    if not op.arguments:
        return head + f"\t(void)values;\n\treturn {op.name}(rq);\n}}\n"
    fields = "".join(f"\t\t.{p.field} = values[{i}],\n"
                     for i, p in enumerate(op.parameters) if p.is_argument)
    return head + (f"\tconst struct {op.name}_args args = {{\n{fields}\t}};\n\n"
                   f"\treturn {op.name}(rq, &args);\n}}\n")


def fallback(parameter):
    value = parameter.schema.get("default")
    if isinstance(value, bool):
        return literal(str(value).lower())
    return literal(None if value is None else str(value))


def parameter_table(op, schemas):
    rows = [f"\t{{ {literal(p.name)}, IN_{p.where.upper()}, {str(p.required).lower()},"
            f" {fallback(p)}, &{schemas.add(p.schema, p.path, is_parameter=True)} }},\n"
            for p in op.parameters]
    rows.append("\t{ NULL, IN_PATH, false, NULL, NULL },\n")
    return f"static const struct parameter parameters_{op.name}[] = {{\n{''.join(rows)}}};\n"


def body_fields(op, schemas):
    if not op.body:
        return [".body_kind = BODY_NONE"]
    fields = [f".body_kind = BODY_{op.body['kind']}", f".body_max = {op.body['max']}",
              f".body_required = {str(op.body['required']).lower()}",
              f".body_types = types_{op.name}"]
    if op.body["kind"] == "JSON":
        fields.append(f".body = &{schemas.add(op.body['schema'], op.body['path'])}")
    return fields


def flags(op, document, complaints):
    found = {"idempotent": op.idempotent, "paid": op.spec.get("x-gate") == "paid",
             "ops": op.spec.get("x-port") == "ops", "etag": op.etag(document, complaints),
             "no_transaction": op.spec.get("x-transaction") == "none"}
    return [f".{name} = true" for name, value in found.items() if value]


def route(op, schemas, document, complaints):
    count, window_s = op.limit
    fields = [f".operation = {literal(op.name)}", f".method = {literal(op.method.upper())}",
              f".path = {literal(op.path)}", f".roles = {' | '.join(op.roles) or '0'}",
              f".parameters = parameters_{op.name}", f".parameter_count = {len(op.parameters)}",
              *body_fields(op, schemas), *flags(op, document, complaints),
              f".db_role = {DB_ROLES.get(op.spec.get('x-db-role'), 'DB_ROLE_COUNT')}",
              f".limit = {count}", f".limit_window_s = {window_s}", f".call = call_{op.name}"]
    return "\t{\n" + "".join(f"\t\t{field},\n" for field in fields) + "\t},\n"


def by_path(op):
    """Literal segments sort before parameters, so the first path that fits is the most literal."""
    return [(part.startswith("{"), part) for part in segments(op.path)]


def tables(operations, schemas, document, complaints):
    ordered = sorted(operations, key=by_path)
    parts = [parameter_table(op, schemas) for op in ordered]
    parts += [f"static const char *const types_{op.name}[] = {{ "
              + ", ".join(map(literal, op.body["types"])) + ", NULL };\n"
              for op in ordered if op.body]
    callers = [caller(op) + "\n" for op in ordered]
    rows = [route(op, schemas, document, complaints) for op in ordered]
    return "".join([
        BANNER, '#include "api.gen.h"\n\n#include <limits.h>\n#include <stdint.h>\n\n',
        '#include "lib/http/route.h"\n\n', *schemas.tables, "\n", *parts, "\n", *callers,
        "const struct route routes[] = {\n", *rows, "};\n\n",
        "const int route_count = sizeof(routes) / sizeof(routes[0]);\n"])
