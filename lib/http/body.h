/* JSON bodies, from bytes to a value within our limits. */
#ifndef CARE_HTTP_BODY_H
#define CARE_HTTP_BODY_H

#include <stddef.h>

#include <jansson.h>

#include "lib/data/work.h"

enum { BODY_DEPTH_MAX = 32, BODY_ITEMS_MAX = 1000 };

/* P_OK, or P_MALFORMED_JSON with a sentence: not UTF-8, a NUL or half a surrogate pair in a string,
 * a name twice in one object, nested too deep, too many items in one array, not an object or an
 * array. The value lives as long as the arena. */
enum problem body_parse(struct work *work, const char *bytes, size_t length, json_t **ret);

/* The value without spaces, in the arena. */
const char *body_compact(struct work *work, const json_t *value);

#endif
