#!/usr/bin/python3
"""Checks what a script can check of docs/style.md: sizes, banned words, who includes whom.

    scripts/tidy.py [root]      prints file:line: message for each mistake; exits with 1 on any
"""
import fnmatch
import os
import pathlib
import re
import sys
import unicodedata

FOLDERS = ["lib", "api", "worker", "ctl", "tests"]
LINE, FUNCTION, FILE, DEPTH, PARAMETERS = 100, 50, 400, 4, 5

# (file, rule): why this file may break this rule. Rules are named in RULES.
EXEMPT = {
    ("lib/data/redis.c", "functions"): "argc and argv are one thing in two parameters",
    ("lib/data/redis_limit.c", "functions"): "limit and window_s are one thing in two parameters",
    ("worker/ops.c", "functions"): "libmicrohttpd's callback is as libmicrohttpd wants it",
    ("tests/unit/log_test.c", "yder"): "plays a library that logs through Yder",
}
PARAMETERS_EXEMPT = "lib/provider/"  # the vtables have a provider's calls as they are

ENGINE = ["lib/core", "lib/data", "lib/http", "lib/security"]
# The longest prefix of a file's path that stands here says what it may include; a file that none
# fits may include everything. "*.gen.h" stands for what the build generates.
INCLUDES = {
    "lib/core": ["lib/core"],
    "lib/domain": ["lib/core", "lib/domain"],
    "lib/data": [*ENGINE, "*.gen.h"],
    "lib/http": [*ENGINE, "*.gen.h"],
    "lib/security": [*ENGINE, "*.gen.h"],
    "lib/provider": [*ENGINE, "lib/domain", "lib/provider", "*.gen.h"],
    "lib/document": [*ENGINE, "lib/domain", "lib/document", "*.gen.h"],
    "api": ["lib", "api", "*.gen.h"],
    "worker": ["lib", "worker", "*.gen.h"],
    "ctl": ["lib", "ctl", "*.gen.h"],
    "tests/sim": ["tests/sim", "lib/core/arena.h", "lib/core/text.h"],
}

COMMENT = r"/\*.*?\*/|//[^\n]*"
LITERAL = r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
CALL = r"(?<![\w.])(?<!->)(?:{})\s*\("
BANNED = re.compile(CALL.format("strcpy|strcat|sprintf|strtok|atoi|system|localtime|gmtime|rand"))
MEMORY = re.compile(CALL.format("malloc|calloc|realloc|free") + r"|\bgoto\b")
YDER = re.compile(r"\by_log_message\b")
TODO = re.compile(r"\bTODO\b")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]', re.M)


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def without_comments(text):
    """The text with its comments blanked: every offset and line stays where it was."""
    return re.sub(f"({LITERAL})|{COMMENT}",
                  lambda match: match.group() if match.group(1) else blank(match), text, flags=re.S)


def only_code(text):
    return re.sub(LITERAL, blank, without_comments(text), flags=re.S)


def without_directives(code):
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", blank, code, flags=re.M)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def blocks(code):
    """What stands in braces at file level: offsets of its head, brace and end, and its depth."""
    start, opened, depth, deepest = 0, 0, 0, 0
    for match in re.finditer(r"[{};]", code):
        if match.group() == "{":
            depth += 1
            deepest = max(deepest, depth)
            if depth == 1:
                opened = match.start()
        elif match.group() == "}" and depth:
            depth -= 1
            if depth == 0:
                yield start, opened, match.start(), deepest
                deepest = 0
        if depth == 0:
            start = match.end()


def last_group(head):
    """What stands in the last parentheses of a head that ends with them; None for other heads."""
    depth = 0
    for at in range(len(head) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(head[at], 0)
        if depth == 0:
            return head[at + 1:-1] if head[at] == "(" else None
    return None


def functions(code):
    """(first line, last line, name, number of parameters, brace depth) of each function."""
    for start, opened, end, deepest in blocks(code):
        head = re.sub(r"__attribute__\s*\(\(.*?\)\)", "", code[start:opened], flags=re.S).strip()
        inside = last_group(head)
        if inside is None:
            continue
        named = re.search(r"(\w+)\s*$", head[:len(head) - len(inside) - 2])
        if not named or "=" in head:
            continue
        while "(" in inside:
            inside = re.sub(r"\([^()]*\)", "_", inside)
        names = [part.strip() for part in inside.split(",")]
        first = start + len(code[start:opened]) - len(code[start:opened].lstrip())
        yield (line_of(code, first), line_of(code, end), named.group(1),
               sum(name not in ("", "void", "...") for name in names), deepest)


class Source:
    """A file: its path from the root, its text, and its code without comments and literals."""

    def __init__(self, root, path):
        self.root, self.path = root, path
        self.text = pathlib.Path(root, path).read_text(encoding="utf-8")
        self.code = only_code(self.text)

    def found(self, pattern, text, message):
        for match in pattern.finditer(text):
            yield line_of(text, match.start()), message.format(match.group().rstrip("( \t\n"))


def check_lines(source):
    for number, line in enumerate(source.text.split("\n"), 1):
        # As clang-format counts: a mark stands over the letter before it.
        columns = sum(not unicodedata.combining(letter) for letter in line.expandtabs(8))
        if columns > LINE:
            yield number, f"{columns} columns, more than {LINE}"


def check_file(source):
    lines = source.text.count("\n")
    if not source.text.startswith("/*"):
        yield 1, "does not open with a comment that says what the file is for"
    if source.path.endswith(".c") and lines > FILE:
        yield lines, f"{lines} lines, more than {FILE}"


def check_functions(source):
    for first, last, name, parameters, depth in functions(without_directives(source.code)):
        if last - first + 1 > FUNCTION:
            yield first, f"{name} has {last - first + 1} lines, more than {FUNCTION}"
        if depth > DEPTH:
            yield first, f"{name} nests braces {depth} deep, more than {DEPTH}"
        if parameters > PARAMETERS and not source.path.startswith(PARAMETERS_EXEMPT):
            yield first, f"{name} has {parameters} parameters, more than {PARAMETERS}"


def check_banned(source):
    yield from source.found(BANNED, source.code, "{} is banned")
    yield from source.found(TODO, source.text, "{}: do it, or write down why not")


def check_memory(source):
    if not source.path.startswith(("lib/", "tests/")):
        yield from source.found(MEMORY, source.code, "{} only in lib/: use the arena")


def check_yder(source):
    if source.path != "lib/core/log.c":
        yield from source.found(YDER, source.code, "{} only in lib/core/log.c: use log_event")


def may_include(path, target):
    prefixes = [prefix for prefix in INCLUDES if path.startswith(prefix + "/")]
    if not prefixes:
        return True
    return any(target == allowed or
               fnmatch.fnmatch(target, allowed if "*" in allowed else allowed + "/*")
               for allowed in INCLUDES[max(prefixes, key=len)])


def check_includes(source):
    own = re.sub(r"\.c$", ".h", source.path)
    own_exists = own != source.path and pathlib.Path(source.root, own).exists()
    from_root = tuple(folder + "/" for folder in FOLDERS)
    for index, match in enumerate(INCLUDE.finditer(without_comments(source.text))):
        quote, target = match.groups()
        line = line_of(source.text, match.start(1))
        if index == 0 and own_exists and target != own:
            yield line, f"{own} comes first: a header stands on its own"
        if quote == "<":
            continue
        if not target.startswith(from_root) and not target.endswith(".gen.h"):
            yield line, f"{target} is not written from the root"
        elif not may_include(source.path, target):
            yield line, f"{os.path.dirname(source.path)}/ may not include {target}"


RULES = {"lines": check_lines, "file": check_file, "functions": check_functions,
         "banned": check_banned, "memory": check_memory, "yder": check_yder,
         "includes": check_includes}


def sources(root):
    for folder in FOLDERS:
        for path in sorted(pathlib.Path(root, folder).rglob("*.[ch]")):
            if ".gen." not in path.name and "node_modules" not in path.parts:
                yield Source(root, path.relative_to(root).as_posix())


def mistakes(root):
    for source in sources(root):
        for rule, check in RULES.items():
            if (source.path, rule) not in EXEMPT:
                for line, message in check(source):
                    yield source.path, line, message


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[1]
    all_mistakes = sorted(mistakes(root))
    for path, line, message in all_mistakes:
        print(f"{path}:{line}: {message}")
    sys.exit(1 if all_mistakes else 0)


if __name__ == "__main__":
    main()
