/* Paths and query strings as they come over the wire: percent-decoded once, and strictly. */
#ifndef CARE_HTTP_URL_H
#define CARE_HTTP_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/core/arena.h"

enum { QUERY_PAIRS_MAX = 64 };

struct query_pair {
	const char *name, *value;
};

struct query {
	struct query_pair pairs[QUERY_PAIRS_MAX];
	size_t count;
};

/* The decoded text in the arena; NULL for a broken escape, a NUL, or bytes that are not UTF-8. With
 * plus_is_space a + is a space, as in query strings. */
char *url_decode(struct arena *arena, const char *text, size_t length, bool plus_is_space);

/* Splits "a=1&b=2"; NULL is an empty query. False for what url_decode refuses, and for more than
 * QUERY_PAIRS_MAX pairs. */
bool query_parse(struct arena *arena, const char *text, struct query *ret);

#endif
