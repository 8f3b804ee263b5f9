"""scripts/tidy.py: finds each mistake where it is, and none in what only looks like one."""
import pathlib
import subprocess

import pytest

TIDY = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "tidy.py"
OPENING = "/* A file. */\n"
LONG_FUNCTION = "void f(void)\n{\n" + "\tx();\n" * 47 + "}\n"  # 50 lines


@pytest.fixture
def tidy(tmp_path):
    """Runs it over files, given as path=text; answers with its lines."""
    def run(**files):
        for path, text in files.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        done = subprocess.run([TIDY, tmp_path], text=True, capture_output=True, check=False)
        assert done.stderr == ""
        assert done.returncode == (1 if done.stdout else 0)
        return done.stdout.splitlines()
    return run


MISTAKES = {
    "api/opening.c": ("int a;\n", [":1: does not open"]),
    "api/wide.c": (OPENING + "\t" + "x" * 92 + "\n\t" + "x" * 93 + "\n", [":3: 101 columns"]),
    "api/long_function.c": (OPENING + LONG_FUNCTION + LONG_FUNCTION.replace("}", "\n}"),
                            [":52: f has 51 lines"]),
    "api/long_file.c": (OPENING + "int a;\n" * 400, [":401: 401 lines"]),
    "api/deep.c": (OPENING + "int g(int a)\n{\n\tif (a) {{{{ a(); }}}}\n}\n",
                   [":2: g nests braces 5 deep"]),
    "api/many.c": (OPENING + "int h(int a, int b[2], void (*c)(int, int),\n\tint d, int e, int f)\n"
                   "{\n}\n", [":2: h has 6 parameters"]),
    "api/banned.c": (OPENING + "void f(void)\n{\n\tstrcpy (a, b);\n\tx = atoi(y);\n}\n",
                     [":4: strcpy is banned", ":5: atoi is banned"]),
    "api/macro.c": (OPENING + "#define F(a) \\\n\tstrcat(a, a)\n", [":3: strcat is banned"]),
    "lib/later.c": (OPENING + "/* TO" "DO: more */\n", [":2: TO" "DO"]),
    "worker/memory.c": (OPENING + "void f(void)\n{\n\tfree(malloc(1));\n\tgoto out;\n}\n",
                        [":4: free only", ":4: malloc only", ":5: goto only"]),
    "ctl/yder.c": (OPENING + "void f(void)\n{\n\ty_log_message(1, \"a\");\n}\n",
                   [":4: y_log_message only"]),
    "lib/core/up.c": (OPENING + '#include "lib/data/db.h"\n', [":2: lib/core/ may not include"]),
    "lib/domain/out.c": (OPENING + '#include "lib/data/db.h"\n', [":2: lib/domain/ may not"]),
    "lib/data/up.c": (OPENING + '#include "lib/provider/sms.h"\n', [":2: lib/data/ may not"]),
    "lib/http/up.c": (OPENING + '#include "api/server.h"\n', [":2: lib/http/ may not"]),
    "api/across.c": (OPENING + '#include "worker/job.h"\n', [":2: api/ may not include"]),
    "tests/sim/in.c": (OPENING + '#include "lib/core/log.h"\n', [":2: tests/sim/ may not"]),
    "lib/core/relative.c": (OPENING + '#include "arena.h"\n', [":2: arena.h is not written"]),
}

FINE = {
    "comments.c": "/* strcpy(a, b); free(a); y_log_message\n * #include \"arena.h\" */\n"
                  "// goto system(1)\nint a;\n",
    "literals.c": "const char *a = \"free(/*\", b = '\"', c = '\\'', *d = \"\\\"strcat(\";\nint e;\n",
    "names.c": "void f(void)\n{\n\tarena_free(a);\n\tx->free(x);\n\tx.system(x);\n\tsnprintf(a);\n"
               "\tgmtime_r(a, b);\n\tfree_all(a);\n\tarena_defer(arena, free, a);\n}\n",
    "data.c": "static const struct {\n\tint a;\n} b[] = {\n" + "\t{{{{{{1}}}}}},\n" * 60 + "};\n",
    "after.c": LONG_FUNCTION + "\n/* A comment\n * before */\n__attribute__((noreturn)) "
               + LONG_FUNCTION,
    "five.c": "int f(struct a *a, int (*b)(int, int, int), int c, int d, const char *e, ...)\n"
              "{\n}\n",
    "braces.c": "void f(void)\n{\n\tg('{', \"{{{{{\");\n#define X {{{{{{\n}\n",
    "unicode.c": "const char *a = \"" + "₦" * 80 + "\";\n",
    "includes.c": "#include <stdio.h>\n\n#include \"lib/core/text.h\"\n#include \"api.gen.h\"\n",
}


@pytest.mark.parametrize("path", MISTAKES)
def test_a_mistake_is_found(tidy, path):
    text, expected = MISTAKES[path]
    found = tidy(**{path: text})
    assert len(found) == len(expected), found
    for line, message in zip(found, expected):
        assert line.startswith(path + message)


@pytest.mark.parametrize("name", FINE)
def test_what_only_looks_like_one_is_not(tidy, name):
    assert tidy(**{f"api/{name}": OPENING + FINE[name]}) == []


def test_the_own_header_comes_first(tidy):
    fine = OPENING + '#include "lib/core/a.h"\n\n#include <stdio.h>\n'
    wrong = OPENING + '#include <stdio.h>\n\n#include "lib/core/b.h"\n'
    found = tidy(**{"lib/core/a.h": OPENING, "lib/core/a.c": fine,
                    "lib/core/b.h": OPENING, "lib/core/b.c": wrong})
    assert found == ["lib/core/b.c:2: lib/core/b.h comes first: a header stands on its own"]


def test_providers_have_their_parameters(tidy):
    call = OPENING + "int f(int a, int b, int c, int d, int e, int g)\n{\n}\n"
    assert tidy(**{"lib/provider/a.c": call}) == []


def test_generated_and_long_headers_are_left_alone(tidy):
    assert tidy(**{"api/api.gen.c": "int a;\n", "api/a.h": OPENING + "int a;\n" * 500}) == []
