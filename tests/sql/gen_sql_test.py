"""scripts/gen_sql.py: what it makes of a statement, and what it refuses."""
import pytest

from support.database import load_generator

gen_sql = load_generator()


def read(text):
    return list(gen_sql.read_statements("f.sql", text))


def one(body, kind="one"):
    return read(f"-- name: x :{kind}\n{body}")[0]


@pytest.mark.parametrize("body,sql,parameters", [
    ("SELECT 1;", "SELECT 1", []),
    ("SELECT :a;", "SELECT $1", ["a"]),
    ("SELECT :a, :b, :a;", "SELECT $1, $2, $1", ["a", "b"]),
    ("SELECT :a::int, now()::date;", "SELECT $1::int, now()::date", ["a"]),
    ("SELECT (:a)::uuid[];", "SELECT ($1)::uuid[]", ["a"]),
    ("SELECT ':a', 'it''s :b', :c;", "SELECT ':a', 'it''s :b', $1", ["c"]),
    ("SELECT E'\\':a', :b;", "SELECT E'\\':a', $1", ["b"]),
    ('SELECT "c:a" FROM t;', 'SELECT "c:a" FROM t', []),
    ("SELECT $$ :a ; ' $$, :b;", "SELECT $$ :a ; ' $$, $1", ["b"]),
    ("SELECT $q$ $$ :a $q$, :b;", "SELECT $q$ $$ :a $q$, $1", ["b"]),
    ("SELECT 1 -- not :a; nor ' this\n, :b;", "SELECT 1 \n, $1", ["b"]),
    ("SELECT /* :a /* ' */ ; */ :b;", "SELECT   $1", ["b"]),
    ("SELECT f(a := :a);", "SELECT f(a := $1)", ["a"]),
    ("SELECT a[1:2];", "SELECT a[1:2]", []),
    ("SELECT ';';", "SELECT ';'", []),
    ("SELECT :a\n;\n-- and why\n", "SELECT $1", ["a"]),
])
def test_parameters_become_numbers(body, sql, parameters):
    statement = one(body)
    assert (statement.sql, statement.parameters) == (sql, parameters)


def test_names_kinds_and_comments():
    statements = read("-- The file's own words.\n\n-- name: a :one\n-- What a does,\n-- and why.\n"
                      "SELECT 1;\n\n-- name: b :rows\nSELECT :x;\n-- name: c :exec\nSELECT 2;\n")
    assert [(each.name, each.kind, each.doc) for each in statements] == [
        ("a", "one", ["What a does,", "and why."]), ("b", "rows", []), ("c", "exec", [])]
    assert [each.prototype() for each in statements] == [
        "enum problem q_a(struct work *work, const char **ret_json)",
        "enum problem q_b(struct work *work, struct rows *ret, const char *x)",
        "enum problem q_c(struct work *work)"]


@pytest.mark.parametrize("text,why", [
    ("SELECT 1;\n-- name: x :one\nSELECT 1;", "before the first"),
    ("-- name: x :many\nSELECT 1;", "none of :one"),
    ("-- name: x\nSELECT 1;", "expected `-- name:"),
    ("-- name:x :one\nSELECT 1;", "expected `-- name:"),
    ("--name: x :one\nSELECT 1;", "expected `-- name:"),
    ("-- name: X :one\nSELECT 1;", "expected `-- name:"),
    (f"-- name: {'x' * 61} :one\nSELECT 1;", "longer than"),
    ("-- name: x :one\nSELECT 1", "no semicolon"),
    ("-- name: x :one\n;", "empty"),
    ("-- name: x :one\n-- only words\n", "no semicolon"),
    ("-- name: x :one\nSELECT 1; SELECT 2;", "behind its semicolon"),
    ("-- name: x :one\nSELECT 'open;", "not closed"),
    ("-- name: x :one\nSELECT /* open;", "not closed"),
    ("-- name: x :one\nSELECT $1;", "is for the generator"),
    ("-- name: x :one\nSELECT :while;", "cannot be the name"),
    ("-- name: x :one\nSELECT :work;", "cannot be the name"),
    ("-- name: x :one\nSELECT a[b:c];", "a slice or a parameter"),
])
def test_what_it_does_not_understand_it_refuses(text, why):
    with pytest.raises(gen_sql.Refused, match=why):
        read(text)


def test_one_name_stands_once(tmp_path):
    for name in ("a.sql", "b.sql"):
        (tmp_path / name).write_text("-- name: x :exec\nSELECT 1;\n")
    with pytest.raises(gen_sql.Refused, match="is also in a.sql"):
        gen_sql.make_queries(str(tmp_path), str(tmp_path / "o.h"), str(tmp_path / "o.c"))


@pytest.mark.parametrize("names,why", [
    (["0001_a.sql", "0003_b.sql"], "expected number 0002"),
    (["0001_a.sql", "0001_b.sql"], "expected number 0002"),
    (["0002_a.sql"], "expected number 0001"),
    (["1_a.sql"], "expected a name like"),
    (["0001-a.sql"], "expected a name like"),
])
def test_migrations_are_numbered_without_a_gap(tmp_path, names, why):
    for name in names:
        (tmp_path / name).write_text("SELECT 1;")
    with pytest.raises(gen_sql.Refused, match=why):
        gen_sql.make_migrations(str(tmp_path), str(tmp_path / "o.c"))


def test_text_survives_in_c():
    assert gen_sql.c_escape('a"b\\c\n\t₦?') == 'a\\"b\\\\c\\n\\011\\342\\202\\246\\?'
