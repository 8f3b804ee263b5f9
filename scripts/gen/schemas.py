"""Schemas of what callers send, as tables of lib/http/schema.h.

A keyword that is not in KEYWORDS has no code behind it, and is refused."""
from gen.c import literal
from gen.load import resolve

SILENT = {"title", "description", "example", "examples", "deprecated"}
KEYWORDS = {
    "object": {"properties", "required", "additionalProperties", "maxProperties", "x-open"},
    "array": {"items", "minItems", "maxItems", "uniqueItems"},
    "string": {"format", "minLength", "maxLength"},
    "integer": {"minimum", "maximum"},
    "number": {"minimum", "maximum"},
    "boolean": set(),
}
FORMATS = {
    "uuid": "UUID", "date": "DATE", "date-time": "DATE_TIME", "email": "EMAIL", "phone": "PHONE",
    "time-zone": "TIME_ZONE", "uri": "URI", "currency": "CURRENCY", "slug": "SLUG",
    "line": "LINE", "name": "NAME", "text": "TEXT",
}
# Formats whose values have a longest length by themselves.
BOUNDED = {"uuid", "date", "date-time", "email", "phone", "time-zone", "currency"}
DEPTH_MAX = 12


class Schemas:
    """Collects tables; two equal schemas share one."""

    def __init__(self, document, complaints):
        self.document = document
        self.complaints = complaints
        self.known = {}
        self.tables = []

    def declare(self, ctype, body):
        if (ctype, body) not in self.known:
            name = f"s{len(self.known)}"
            self.known[ctype, body] = name
            array = "[]" if ctype != "struct schema" else ""
            self.tables.append(f"static const {ctype} {name}{array} = {{{body}}};\n")
        return self.known[ctype, body]

    def add(self, schema, path, is_parameter=False, depth=0):
        """The name of the table for a request schema; "s0" after a complaint."""
        if depth > DEPTH_MAX:
            self.complaints.add(path, f"is nested deeper than {DEPTH_MAX} (a schema in itself?)")
            return "s0"
        if isinstance(schema, dict) and "$ref" in schema and set(schema) - {"$ref"} - SILENT:
            self.complaints.add(path, "nothing but a description may stand beside $ref")
        schema = resolve(self.document, schema, self.complaints, path)
        if not isinstance(schema, dict):
            self.complaints.add(path, "is not a schema")
            return "s0"
        kind, nullable = self.kind(schema, path)
        self.check_keywords(schema, kind, path, is_parameter)
        fields = [f".type = SCHEMA_{kind.upper()}"]
        if nullable:
            fields.append(".nullable = true")
        fields += self.values(schema, kind, path)
        fields += getattr(self, kind)(schema, path, depth)
        return self.declare("struct schema", " " + ", ".join(fields) + " ")

    def kind(self, schema, path):
        kinds = schema.get("type")
        kinds = kinds if isinstance(kinds, list) else [kinds]
        nullable = "null" in kinds
        kinds = [kind for kind in kinds if kind != "null"]
        if len(kinds) != 1 or kinds[0] not in KEYWORDS:
            self.complaints.add(path, "type must be one of " + ", ".join(KEYWORDS))
            return "boolean", nullable
        return kinds[0], nullable

    def check_keywords(self, schema, kind, path, is_parameter):
        allowed = KEYWORDS[kind] | SILENT | {"type", "enum", "const"}
        if is_parameter:
            allowed = allowed | {"default"}
        for key in schema:
            if key not in allowed:
                self.complaints.add(path, f"the keyword {key} is not checked by the server")

    def values(self, schema, kind, path):
        values = [schema["const"]] if "const" in schema else schema.get("enum")
        if values is None:
            return []
        fits = {"string": str, "integer": int, "boolean": bool}.get(kind)
        if not fits or not values or not all(isinstance(value, fits) for value in values):
            self.complaints.add(path, "enum and const work on strings, integers and booleans")
            return []
        texts = [str(v).lower() if isinstance(v, bool) else str(v) for v in values]
        name = self.declare("char *const", " " + ", ".join(map(literal, texts)) + ", NULL ")
        return [f".values = {name}"]

    def limit(self, schema, key, path, absent):
        value = schema.get(key, None)
        if value is None:
            return absent
        if isinstance(value, bool) or not isinstance(value, int) or (
                "M" in absent and "SIZE" in absent and value < 0):
            self.complaints.add(path, f"{key} must be a whole number")
            return absent
        return f"{value}" + ("" if "SIZE" in absent else "LL")

    def range(self, schema, path, low, high):
        return [f".length_min = {self.limit(schema, low, path, '0')}".replace("LL", ""),
                f".length_max = {self.limit(schema, high, path, 'SIZE_MAX')}"]

    def object(self, schema, path, depth):
        properties = schema.get("properties", {})
        is_open = schema.get("x-open") is True
        if schema.get("additionalProperties") is not is_open:
            self.complaints.add(path, "objects say additionalProperties: false"
                                " (true only together with x-open: true)")
        if not properties and not is_open:
            self.complaints.add(path, "an object without properties can hold nothing")
        required = schema.get("required", [])
        for name in required:
            if name not in properties:
                self.complaints.add(path, f"required names {name}, which is not a property")
        rows = []
        for name, sub in properties.items():
            table = self.add(sub, f"{path}.{name}", depth=depth + 1)
            rows.append(f"{{ {literal(name)}, {str(name in required).lower()}, &{table} }}")
        rows.append("{ NULL, false, NULL }")
        name = self.declare("struct schema_property", " " + ", ".join(rows) + " ")
        most = self.limit(schema, "maxProperties", path, "SIZE_MAX")
        return [f".properties = {name}", f".properties_max = {most}"] + (
            [".open = true"] if is_open else [])

    def array(self, schema, path, depth):
        if "items" not in schema:
            self.complaints.add(path, "an array says what its items are")
            return []
        fields = [f".items = &{self.add(schema['items'], path + '[]', depth=depth + 1)}"]
        if schema.get("uniqueItems"):
            fields.append(".unique_items = true")
        return fields + self.range(schema, path, "minItems", "maxItems")

    def string(self, schema, path, _depth):
        form = schema.get("format")
        if form is not None and form not in FORMATS:
            self.complaints.add(path, f"the format {form} is not checked by the server")
        if not {"enum", "const", "maxLength"} & set(schema) and form not in BOUNDED:
            self.complaints.add(path, "a string says its maxLength")
        fields = [f".format = FORMAT_{FORMATS.get(form, 'NONE')}"] if form else []
        return fields + self.range(schema, path, "minLength", "maxLength")

    def integer(self, schema, path, _depth):
        return [f".minimum = {self.limit(schema, 'minimum', path, 'LLONG_MIN')}",
                f".maximum = {self.limit(schema, 'maximum', path, 'LLONG_MAX')}"]

    number = integer

    def boolean(self, _schema, _path, _depth):
        return []
