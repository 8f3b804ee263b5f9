/* Opaque refresh tokens: "cr_" and 43 characters that mean something only to the session table,
 * where nothing but their SHA-256 is stored. Which one may be used when is decided in SQL, not
 * here. */
#ifndef CARE_SECURITY_REFRESH_TOKEN_H
#define CARE_SECURITY_REFRESH_TOKEN_H

#include "lib/security/digest.h"

/* The first token of a session: 32 random bytes. */
char *refresh_token_make(struct arena *arena);

/* The child of a token, always the same one: HMAC-SHA256 over session id and parent under
 * key_derive(root, "refresh_token"). A client that asks twice within the grace window gets the same
 * child, although its text was never stored, and nobody can compute it from the key and the
 * database alone. NULL when the session id is not a UUID in lower case or parent does not have a
 * token's shape. */
char *refresh_token_child(struct arena *arena, const unsigned char key[KEY_SIZE],
	const char *session_id, const char *parent);

/* What is stored and looked up: the SHA-256 of the whole text in lower-case hex. A plain hash is
 * enough for 256 random bits (OWASP ASVS 5, 6.5.2). NULL when the text (which may be NULL) does not
 * have a token's shape, so that junk never reaches the database. */
char *refresh_token_hash(struct arena *arena, const char *token);

#endif
