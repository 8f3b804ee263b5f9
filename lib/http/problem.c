/* Looking problems up by name and by number. */
#include "problem.gen.h"

#include <string.h>

enum problem problem_from_code(const char *code)
{
	for (int p = P_INTERNAL; code && p < PROBLEM_COUNT; p++)
		if (strcmp(problems[p].code, code) == 0)
			return (enum problem)p;
	return P_INTERNAL;
}

const struct problem_info *problem_info(enum problem p)
{
	return &problems[p < PROBLEM_COUNT ? p : P_INTERNAL];
}
