/* Bytes as text and back: hex, base64, base64url, UUID. Decoders take one spelling only, so that a
 * token cannot be rewritten into a second one that means the same. */
#ifndef CARE_SECURITY_ENCODE_H
#define CARE_SECURITY_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/core/arena.h"

enum { UUID_SIZE = 16, UUID_TEXT_SIZE = 37 };

/* Lower case. */
char *hex_encode(struct arena *arena, const void *bytes, size_t length);

/* Exactly 2 * length hex digits of either case; false (ret untouched) for anything else. */
bool hex_decode(const char *hex, unsigned char *ret, size_t length);

/* RFC 4648 §4, with padding. */
char *base64_encode(struct arena *arena, const void *bytes, size_t length);

/* RFC 4648 §4: padding is required, the unused bits must be zero, nothing else may stand in it. The
 * bytes are in the arena with a NUL behind them; NULL when the text is not such base64. */
unsigned char *base64_decode(
	struct arena *arena, const char *text, size_t text_length, size_t *ret_length);

/* RFC 4648 §5 without padding, as RFC 7515 wants it. */
char *base64url_encode(struct arena *arena, const void *bytes, size_t length);

/* As base64_decode, for base64url: padding is refused. */
unsigned char *base64url_decode(
	struct arena *arena, const char *text, size_t text_length, size_t *ret_length);

/* The 36 characters PostgreSQL prints, in lower case; false (ret untouched) for any other form. Any
 * version and variant is taken. NULL is false. */
bool uuid_parse(const char *text, unsigned char ret[UUID_SIZE]);

/* The NUL-terminated 36 characters. */
void uuid_format(const unsigned char uuid[UUID_SIZE], char ret[UUID_TEXT_SIZE]);

#endif
