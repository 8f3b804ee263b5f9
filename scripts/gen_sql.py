#!/usr/bin/python3
"""Turns sql/ into C: named statements into q_… functions, migrations and seeds into tables.

    gen_sql.py queries FOLDER OUT.h OUT.c [--depfile FILE]
    gen_sql.py migrations FOLDER OUT.c [--depfile FILE]
    gen_sql.py seed FOLDER OUT.c [--depfile FILE]

A statement in sql/queries/*.sql opens with `-- name: booking_create :one`, may go on with comment lines
that become the C function's comment, and ends at its semicolon. `:one` returns the JSON of one row,
`:rows` returns rows, `:exec` returns nothing. `:word` is a parameter; each word is one, in order of first
appearance. Whatever this script does not understand stops the build.
"""
import argparse
import hashlib
import os
import re
import sys

NAME_LINE = re.compile(r"-- name: (?P<name>[a-z][a-z0-9_]*) :(?P<kind>[a-z]+)\s*$")
MIGRATION_FILE = re.compile(r"(?P<number>[0-9]{4})_(?P<name>[a-z][a-z0-9_]*)\.sql$")
SEED_FILE = re.compile(r"(?P<name>[a-z0-9][a-z0-9_]*)\.sql$")
KINDS = {"one": "const char **ret_json", "rows": "struct rows *ret", "exec": None}
NAME_MAX = 60  # PostgreSQL cuts names of prepared statements at 63 bytes
RESERVED = set("""auto break case char const continue default do double else enum extern float for
    goto if inline int long register restrict return short signed sizeof static struct switch
    typedef union unsigned void volatile while bool true false work ret ret_json values""".split())

# The pieces of SQL in which a colon means nothing, and the colons that mean something.
TOKEN = re.compile(r"""
      (?P<comment>--[^\n]*)
    | (?P<block>/\*)
    | (?P<escaped>\b[eE]'(?:[^'\\]|\\.|'')*')
    | (?P<literal>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<dollar>\$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$)
    | (?P<cast>::|:=)
    | (?P<parameter>:(?P<word>[a-z][a-z0-9_]*))
    | (?P<positional>\$[0-9]+)
    | (?P<end>;)
    | (?P<unclosed>['"])
    | (?P<word_text>[A-Za-z_][A-Za-z0-9_$]*)
    | (?P<other>.)
    """, re.VERBOSE | re.DOTALL)


class Refused(Exception):
    """A sentence for whoever wrote the SQL."""


class Statement:
    def __init__(self, name, kind, doc, sql, parameters):
        self.name, self.kind, self.doc, self.sql, self.parameters = name, kind, doc, sql, parameters

    def prototype(self):
        arguments = ["struct work *work"]
        if KINDS[self.kind]:
            arguments.append(KINDS[self.kind])
        arguments += [f"const char *{word}" for word in self.parameters]
        return f"enum problem q_{self.name}({', '.join(arguments)})"


def skip_block_comment(text, at, where):
    """The index behind a comment that may hold others, as in SQL."""
    depth = 0
    for match in re.compile(r"/\*|\*/").finditer(text, at):
        depth += 1 if match.group() == "/*" else -1
        if depth == 0:
            return match.end()
    raise Refused(f"{where}: a comment is not closed")


def number_parameters(text, where):
    """The statement with $n for its parameters, their names, and what stands behind its semicolon."""
    parameters, out, at, before = [], [], 0, ""
    while at < len(text):
        match = TOKEN.match(text, at)
        kind, piece = match.lastgroup, match.group()
        if kind == "end":
            return "".join(out).strip(), parameters, text[match.end():]
        if kind == "unclosed":
            raise Refused(f"{where}: a quote is not closed")
        if kind == "positional":
            raise Refused(f"{where}: {piece} is for the generator to write")
        if kind == "block":
            at = skip_block_comment(text, at, where)
            out.append(" ")
            continue
        if kind == "parameter":
            if before and (before.isalnum() or before in "_])"):
                raise Refused(f"{where}: {before}{piece} may be a slice or a parameter: add a space")
            piece = f"${parameter_number(match.group('word'), parameters, where)}"
        if kind != "comment":
            out.append(piece)
        at, before = match.end(), piece[-1]
    raise Refused(f"{where}: the statement has no semicolon")


def parameter_number(word, parameters, where):
    if word in RESERVED:
        raise Refused(f"{where}: :{word} cannot be the name of a parameter in C")
    if word not in parameters:
        parameters.append(word)
    return parameters.index(word) + 1


def is_only_comments(text):
    return all(not line.strip() or line.strip().startswith("--") for line in text.split("\n"))


def split_statements(path, text):
    """(line number, match of the name line, the text up to the next name line)."""
    lines = text.split("\n")
    starts = [i for i, line in enumerate(lines) if re.match(r"\s*--\s*name\s*:", line)]
    head = lines[:starts[0]] if starts else lines
    if not is_only_comments("\n".join(head)):
        raise Refused(f"{path}:1: text before the first `-- name:` line")
    for start, end in zip(starts, starts[1:] + [len(lines)]):
        match = NAME_LINE.match(lines[start])
        if not match:
            raise Refused(f"{path}:{start + 1}: expected `-- name: booking_create :one`, "
                          f":rows or :exec, found: {lines[start].strip()}")
        yield start + 1, match, lines[start + 1:end]


def read_statements(path, text):
    for number, match, lines in split_statements(path, text):
        where = f"{path}:{number}: {match['name']}"
        if match["kind"] not in KINDS:
            raise Refused(f"{where}: :{match['kind']} is none of :one, :rows, :exec")
        if len(match["name"]) > NAME_MAX:
            raise Refused(f"{where}: longer than {NAME_MAX} characters")
        doc = []
        while lines and lines[0].startswith("--"):
            doc.append(lines.pop(0)[2:].strip())
        sql, parameters, rest = number_parameters("\n".join(lines), where)
        if not sql:
            raise Refused(f"{where}: empty")
        if not is_only_comments(rest):
            raise Refused(f"{where}: text behind its semicolon: {rest.strip()[:40]}")
        yield Statement(match["name"], match["kind"], doc, sql, parameters)


def c_string(text):
    """A C literal, one line per line of text."""
    lines = text.splitlines(keepends=True) or [""]
    return "\n".join(f'\t\t"{c_escape(line)}"' for line in lines)


def c_escape(text):
    out = []
    for byte in text.encode():
        char = chr(byte)
        if char in '\\"':
            out.append("\\" + char)
        elif char == "?":
            out.append("\\?")  # trigraphs
        elif char == "\n":
            out.append("\\n")
        elif 0x20 <= byte < 0x7f:
            out.append(char)
        else:
            out.append(f"\\{byte:03o}")
    return "".join(out)


def comment(lines):
    text = " ".join(lines).replace("*/", "* /")
    return f"/* {text} */\n" if text else ""


def queries_header(statements):
    parts = ["/* Made by scripts/gen_sql.py from sql/queries. */\n#ifndef CARE_QUERIES_GEN_H\n"
             "#define CARE_QUERIES_GEN_H\n\n#include \"lib/data/db.h\"\n\n"]
    parts += [f"{comment(s.doc)}{s.prototype()};\n" for s in statements]
    return "".join(parts) + "\n#endif\n"


def function(number, statement):
    call = f"db_{statement.kind}(work, {number}, {'values' if statement.parameters else 'NULL'}"
    call += {"one": ", ret_json)", "rows": ", ret)", "exec": ")"}[statement.kind]
    values = ""
    if statement.parameters:
        values = f"\tconst char *const values[] = {{{', '.join(statement.parameters)}}};\n\n"
    return f"\n{statement.prototype()}\n{{\n{values}\treturn {call};\n}}\n"


def queries_source(statements, header):
    parts = ["/* Made by scripts/gen_sql.py from sql/queries. */\n",
             f"#include \"{header}\"\n\n#include <stddef.h>\n\n",
             "const struct db_statement db_statements[] = {\n"]
    parts += [f"\t{{\"{s.name}\",\n{c_string(s.sql)},\n\t\t{len(s.parameters)}}},\n"
              for s in statements]
    parts.append("\t{NULL, NULL, 0},\n};\n")
    parts += [function(number, s) for number, s in enumerate(statements)]
    return "".join(parts)


def read_folder(folder):
    """(file name, text) by name; no folder is an empty one."""
    if not os.path.isdir(folder):
        return []
    found = []
    for name in sorted(os.listdir(folder)):
        if name.endswith(".sql"):
            with open(os.path.join(folder, name), encoding="utf-8", newline="") as file:
                found.append((name, file.read()))
    return found


def make_queries(folder, out_header, out_source):
    statements, seen = [], {}
    for name, text in read_folder(folder):
        for statement in read_statements(f"{folder}/{name}", text):
            if statement.name in seen:
                raise Refused(f"{folder}/{name}: {statement.name} is also in {seen[statement.name]}")
            seen[statement.name] = name
            statements.append(statement)
    write(out_header, queries_header(statements))
    write(out_source, queries_source(statements, os.path.basename(out_header)))


def make_migrations(folder, out):
    rows, numbers = [], []
    for name, text in read_folder(folder):
        match = MIGRATION_FILE.match(name)
        if not match:
            raise Refused(f"{folder}/{name}: expected a name like 0001_foundation.sql")
        numbers.append(int(match["number"]))
        if numbers[-1] != len(numbers):
            raise Refused(f"{folder}/{name}: expected number {len(numbers):04d}")
        digest = hashlib.sha256(text.encode()).hexdigest()
        rows.append(f"\t{{{numbers[-1]}, \"{match['name']}\",\n\t\t\"{digest}\",\n"
                    f"{c_string(text)}}},\n")
    write(out, "/* Made by scripts/gen_sql.py from sql/migrations. */\n"
          "#include \"lib/data/migrate.h\"\n\n#include <stddef.h>\n\n"
          "const struct migration migrations[] = {\n" + "".join(rows)
          + "\t{0, NULL, NULL, NULL},\n};\n")


def make_seed(folder, out):
    rows = []
    for name, text in read_folder(folder):
        if not SEED_FILE.match(name):
            raise Refused(f"{folder}/{name}: expected a name like 10_demo.sql")
        rows.append(f"\t{{\"{name[:-4]}\",\n{c_string(text)}}},\n")
    write(out, "/* Made by scripts/gen_sql.py from sql/seed. */\n"
          "#include \"ctl/seed.h\"\n\n#include <stddef.h>\n\n"
          "const struct seed seeds[] = {\n" + "".join(rows) + "\t{NULL, NULL},\n};\n")


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def write_depfile(path, target, folder):
    """A new or removed file changes the folder itself, so the folder is a dependency too."""
    if not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    files = [folder] + [f"{folder}/{name}" for name, _ in read_folder(folder)]
    write(path, f"{target}: {' '.join(name.replace(' ', chr(92) + ' ') for name in files)}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("what", choices=["queries", "migrations", "seed"])
    parser.add_argument("folder")
    parser.add_argument("out", nargs="+")
    parser.add_argument("--depfile")
    options = parser.parse_args()
    folder = options.folder.rstrip("/")
    makers = {"queries": make_queries, "migrations": make_migrations, "seed": make_seed}
    try:
        makers[options.what](folder, *options.out)
    except (Refused, UnicodeDecodeError) as error:
        sys.exit(f"gen_sql: {error}")
    if options.depfile:
        write_depfile(options.depfile, options.out[0], folder)


if __name__ == "__main__":
    main()
