/* Text that grows in an arena, and the few ways we escape it. */
#ifndef CARE_CORE_TEXT_H
#define CARE_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/core/arena.h"

/* data is NUL-terminated and never NULL after text_new; length does not count the NUL. */
struct text {
	struct arena *arena;
	char *data;
	size_t length;
	size_t capacity;
};

struct text *text_new(struct arena *arena);
void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const char *bytes, size_t length);
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds string as a JSON string literal with its quotes (RFC 8259); NULL becomes null. */
void text_add_json(struct text *text, const char *string);

/* Adds string with the five HTML characters escaped. */
void text_add_html(struct text *text, const char *string);

/* Adds string percent-encoded but for RFC 3986 unreserved characters. */
void text_add_url(struct text *text, const char *string);

/* True when the bytes are valid UTF-8 (RFC 3629: no surrogates, no overlong forms) without NUL. */
bool text_is_utf8(const char *bytes, size_t length);

/* A copy with A-Z as a-z, for addresses: they are compared in lower case everywhere (RFC 5321
 * leaves the local part to its host, but no host of note distinguishes). */
char *text_lower(struct arena *arena, const char *text);

/* Both NULL or both the same string. Not for secrets: see security/compare.h. */
bool text_equal(const char *a, const char *b);

#endif
