"""problem.gen.h and problem.gen.c: the list of x-problems as an enum and a table."""
from gen.c import BANNER, literal


def constant(code):
    return "P_" + code.upper()


def ordered(contract):
    """internal comes first: what is not known by name is P_INTERNAL."""
    codes = contract["x-problems"]
    return ["internal"] + [code for code in codes if code != "internal"]


def header(contract):
    lines = "".join(f"\t{constant(code)},\n" for code in ordered(contract))
    return BANNER + f"""/* What can go wrong, from x-problems of openapi.yaml. */
#ifndef CARE_PROBLEM_GEN_H
#define CARE_PROBLEM_GEN_H

enum problem {{
\tP_OK,
{lines}\tPROBLEM_COUNT,
}};

struct problem_info {{
\tconst char *code;
\tint status;
\tconst char *title;
}};

/* Indexed by enum problem. */
extern const struct problem_info problems[PROBLEM_COUNT];

/* P_INTERNAL for NULL and for every name that is not a problem. */
enum problem problem_from_code(const char *code);

/* Never NULL; a number that is no problem is an internal one. */
const struct problem_info *problem_info(enum problem p);

#endif
"""


def table(contract):
    rows = "".join(
        f"\t[{constant(code)}] = {{ {literal(code)}, {contract['x-problems'][code]['status']},"
        f" {literal(contract['x-problems'][code]['title'])} }},\n"
        for code in ordered(contract))
    return BANNER + f"""#include "problem.gen.h"

const struct problem_info problems[PROBLEM_COUNT] = {{
\t[P_OK] = {{ "ok", 200, "" }},
{rows}}};
"""
