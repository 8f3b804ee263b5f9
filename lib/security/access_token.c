/* Signs and verifies access tokens; the cryptography is libjwt's, the strictness access_parse's. */
#include "lib/security/access_token.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jwt.h>

#include "lib/security/access_parse.h"
#include "lib/security/digest.h"

enum { RANDOM_ID_BYTES = 16 };

const char *access_result_name(enum access_result result)
{
	static const char *const names[] = {
		[ACCESS_OK] = "ok",
		[ACCESS_MALFORMED] = "malformed",
		[ACCESS_HEADER] = "header",
		[ACCESS_UNKNOWN_KEY] = "unknown_key",
		[ACCESS_FORGED] = "forged",
		[ACCESS_CLAIMS] = "claims",
		[ACCESS_NOT_YET] = "not_yet",
		[ACCESS_EXPIRED] = "expired",
	};

	return names[result];
}

static bool add_claims(
	jwt_t *jwt, const struct access_token_keys *keys, const struct access_claims *claims)
{
	int failed = 0;

	failed |= jwt_add_grant(jwt, "iss", access_token_keys_issuer(keys));
	failed |= jwt_add_grant(jwt, "aud", access_token_keys_audience(keys));
	failed |= jwt_add_grant(jwt, "sub", claims->subject);
	failed |= jwt_add_grant(jwt, "sid", claims->session_id);
	failed |= jwt_add_grant(jwt, "role", access_role_name(claims->role));
	failed |= jwt_add_grant(jwt, "scope", claims->scope);
	failed |= jwt_add_grant(jwt, "jti", claims->id);
	failed |= jwt_add_grant_int(jwt, "iat", claims->issued_at_s);
	failed |= jwt_add_grant_int(jwt, "nbf", claims->not_before_s);
	failed |= jwt_add_grant_int(jwt, "exp", claims->expires_at_s);
	return !failed;
}

/* The encoded token, to be freed; NULL when libjwt fails. */
static char *encode(
	jwt_t *jwt, const struct access_token_keys *keys, const struct access_claims *claims)
{
	const struct access_key *key = access_token_keys_current(keys);

	if (jwt_add_header(jwt, "kid", key->kid) != 0 || !add_claims(jwt, keys, claims))
		return NULL;
	if (jwt_set_alg(jwt, JWT_ALG_RS256, (const unsigned char *)key->private_pem,
		    (int)strlen(key->private_pem)) != 0)
		return NULL;
	return jwt_encode_str(jwt);
}

/* What we sign must be what we accept: a token that only fails at the front end helps nobody. */
static bool would_be_accepted(struct arena *arena, const struct access_token_keys *keys,
	const char *token, int64_t issued_at_s)
{
	struct access_parts parts;
	struct access_claims claims;

	return access_parse(arena, token, &parts) == ACCESS_OK &&
		access_claims_read(parts.payload, access_token_keys_issuer(keys),
			access_token_keys_audience(keys), &claims) &&
		access_claims_in_time(&claims, issued_at_s) == ACCESS_OK;
}

char *access_token_sign(struct arena *arena, const struct access_token_keys *keys,
	const struct access_claims *claims)
{
	struct access_claims full = *claims;
	char *token = NULL, *encoded = NULL;
	jwt_t *jwt;

	if (!full.id[0])
		memcpy(full.id, random_text(arena, RANDOM_ID_BYTES), 23);
	if (!full.not_before_s)
		full.not_before_s = full.issued_at_s;
	if (jwt_new(&jwt) != 0)
		return NULL;
	encoded = encode(jwt, keys, &full);
	jwt_free(jwt);
	if (encoded && would_be_accepted(arena, keys, encoded, full.issued_at_s))
		token = arena_strdup(arena, encoded);
	free(encoded);
	return token;
}

/* libjwt checks nothing at all without a key, so there must be one; and it believes the token's
 * algorithm, so that is compared once more with the one pinned. */
static bool signature_holds(const struct access_key *key, const char *token)
{
	jwt_t *jwt = NULL;
	bool holds;

	if (!key->public_pem[0])
		return false;
	if (jwt_decode(&jwt, token, (const unsigned char *)key->public_pem,
		    (int)strlen(key->public_pem)) != 0)
		return false;
	holds = jwt_get_alg(jwt) == JWT_ALG_RS256;
	jwt_free(jwt);
	return holds;
}

static enum access_result verify(struct arena *arena, const struct access_token_keys *keys,
	const char *token, struct access_claims *ret)
{
	struct access_parts parts;
	enum access_result result = access_parse(arena, token, &parts);
	const struct access_key *key;

	if (result != ACCESS_OK)
		return result;
	key = access_token_keys_find(keys, parts.kid);
	if (!key)
		return ACCESS_UNKNOWN_KEY;
	if (parts.signature_size != key->signature_size || !signature_holds(key, token))
		return ACCESS_FORGED;
	return access_claims_read(parts.payload, access_token_keys_issuer(keys),
		       access_token_keys_audience(keys), ret)
		? ACCESS_OK
		: ACCESS_CLAIMS;
}

enum access_result access_token_verify(const struct access_token_keys *keys, const char *token,
	int64_t now_s, struct access_claims *ret)
{
	struct arena *arena = arena_new();
	struct access_claims claims;
	enum access_result result = verify(arena, keys, token, &claims);

	arena_free(arena);
	if (result == ACCESS_OK)
		result = access_claims_in_time(&claims, now_s);
	if (result == ACCESS_OK)
		*ret = claims;
	return result;
}

enum access_result access_token_verify_cached(const struct access_token_keys *keys,
	struct access_token_cache *cache, const char *token, int64_t now_s,
	struct access_claims *ret)
{
	struct access_ticket ticket;
	enum access_result result;

	if (!token || strnlen(token, ACCESS_TOKEN_LENGTH_MAX + 1) > ACCESS_TOKEN_LENGTH_MAX)
		return ACCESS_MALFORMED;
	if (access_cache_find(cache, token, now_s, ret, &ticket))
		return ACCESS_OK;
	result = access_token_verify(keys, token, now_s, ret);
	if (result == ACCESS_OK)
		access_cache_keep(cache, &ticket, ret, now_s);
	return result;
}
