/* Reading a question: a verb, whole numbers, and the rest of the line. */
#ifndef CARE_TESTS_PROPERTY_FIELDS_H
#define CARE_TESTS_PROPERTY_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True when line is verb, then count numbers, each behind a blank. *ret_rest is what stands behind
 * the blank that follows, or the line's end. The newline is cut off. */
bool fields_read(
	char *line, const char *verb, int64_t *ret_numbers, size_t count, const char **ret_rest);

#endif
