/* JSON as providers speak it: read with distrust, written in one place.
 *
 * Providers are loose with types (numbers as text, text as numbers, objects as "" or 0), so the
 * getters take every spelling that is exact and call all else absent. Objects may be NULL. */
#ifndef CARE_PROVIDER_WIRE_H
#define CARE_PROVIDER_WIRE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/core/arena.h"

/* NULL unless body is one JSON object or array (RFC 8259): no key twice, valid UTF-8, at most 64
 * levels deep. Integers of 19 and more digits become strings, so that an unsigned 64-bit id stays
 * exact. The result lives as long as the arena. */
json_t *wire_parse(struct arena *arena, const char *body, size_t length);

/* The same for webhooks with a genuine signature: of a key that stands twice the last one counts
 * (Cal.com has published such a body). */
json_t *wire_parse_signed(struct arena *arena, const char *body, size_t length);

/* A copy of a string member; NULL when it is absent or no string. */
const char *wire_string(struct arena *arena, const json_t *object, const char *key);

/* wire_string, with "" for NULL. */
const char *wire_string_or_empty(struct arena *arena, const json_t *object, const char *key);

/* An id: a positive integer or a string of 1 to 20 digits, as text; NULL otherwise. */
const char *wire_id(struct arena *arena, const json_t *object, const char *key);

/* An integer, or a string that is exactly one. False when absent, of another type, with a fraction
 * or beyond 64 bits. */
bool wire_integer(const json_t *object, const char *key, int64_t *ret);

/* True, 1 and "true". */
bool wire_truth(const json_t *object, const char *key);

/* An RFC 3339 instant in milliseconds; false when absent or malformed. */
bool wire_instant_ms(const json_t *object, const char *key, int64_t *ret_ms);

/* value as compact JSON; takes the reference. NULL when value is NULL, which is what Jansson makes
 * of a string that is not UTF-8. */
const char *wire_write(struct arena *arena, json_t *value);

/* string percent-encoded, for one path segment or query value. */
const char *wire_escape(struct arena *arena, const char *string);

#endif
