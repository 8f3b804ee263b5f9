/* Making, deriving and hashing refresh tokens. */
#include "lib/security/refresh_token.h"

#include <string.h>

enum { TOKEN_BYTES = 32, PREFIX_LENGTH = 3, DIGITS = 43 };

static const char label[] = "care refresh child 1";

char *refresh_token_make(struct arena *arena)
{
	return arena_printf(arena, "cr_%s", random_text(arena, TOKEN_BYTES));
}

char *refresh_token_child(struct arena *arena, const unsigned char key[KEY_SIZE],
	const char *session_id, const char *parent)
{
	unsigned char session[UUID_SIZE], mac[HMAC_SIZE_MAX];
	char *input;

	if (!refresh_token_hash(arena, parent) || !uuid_parse(session_id, session))
		return NULL;
	input = arena_printf(arena, "%s:%s:%s", label, session_id, parent);
	hmac_raw(HMAC_SHA256, (struct span){key, KEY_SIZE}, span_text(input), mac);
	return arena_printf(arena, "cr_%s", base64url_encode(arena, mac, TOKEN_BYTES));
}

char *refresh_token_hash(struct arena *arena, const char *token)
{
	size_t length;

	if (!token || strnlen(token, PREFIX_LENGTH + DIGITS + 1) != PREFIX_LENGTH + DIGITS)
		return NULL;
	if (strncmp(token, "cr_", PREFIX_LENGTH) != 0 ||
		!base64url_decode(arena, token + PREFIX_LENGTH, DIGITS, &length))
		return NULL;
	return sha256_hex(arena, token, PREFIX_LENGTH + DIGITS);
}
