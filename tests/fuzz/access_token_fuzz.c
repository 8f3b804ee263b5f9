/* libFuzzer: the parser in front of libjwt. The first byte says what the rest is: T a whole token,
 * H the JSON of a header, P the JSON of a payload, so that base64url does not keep the fuzzer out.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/security/access_parse.h"

#define HEADER                                                                                     \
	"{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":"                                              \
	"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"
#define ISSUER "https://api.care.example"
#define AUDIENCE "care-api"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static char *token_of(struct arena *arena, char kind, const char *bytes, size_t length)
{
	const char *encoded;

	if (kind == 'T')
		return arena_strndup(arena, bytes, length);
	encoded = base64url_encode(arena, bytes, length);
	if (kind == 'H')
		return arena_printf(arena, "%s.e30.AAAA", encoded);
	return arena_printf(
		arena, "%s.%s.AAAA", base64url_encode(arena, HEADER, strlen(HEADER)), encoded);
}

/* What was accepted has one spelling: each part, decoded and encoded again, is itself. */
static void must_be_canonical(struct arena *arena, const char *token)
{
	int parts = 0;

	for (const char *end; token; token = *end ? end + 1 : NULL) {
		unsigned char *bytes;
		size_t length, again;

		end = strchrnul(token, '.');
		length = (size_t)(end - token);
		bytes = base64url_decode(arena, token, length, &again);
		must(bytes != NULL);
		must(strncmp(base64url_encode(arena, bytes, again), token, length) == 0);
		parts++;
	}
	must(parts == 3);
}

static void must_be_in_bounds(const struct access_claims *claims)
{
	unsigned char uuid[UUID_SIZE];

	must(uuid_parse(claims->subject, uuid) && uuid_parse(claims->session_id, uuid));
	must(claims->role >= ACCESS_CLIENT && claims->role <= ACCESS_INTEGRATOR);
	must(memchr(claims->scope, '\0', sizeof(claims->scope)) != NULL);
	must(claims->id[0] && memchr(claims->id, '\0', sizeof(claims->id)) != NULL);
	must(claims->issued_at_s > 0 && claims->issued_at_s < claims->expires_at_s);
	must(access_claims_in_time(claims, claims->expires_at_s + ACCESS_SKEW_S) == ACCESS_EXPIRED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena;
	struct access_parts parts;
	struct access_claims claims;
	const char *token;

	if (!size)
		return 0;
	arena = arena_new();
	token = token_of(arena, (char)data[0], (const char *)data + 1, size - 1);
	if (access_parse(arena, token, &parts) == ACCESS_OK) {
		must_be_canonical(arena, token);
		must(strlen(parts.kid) == KID_LENGTH);
		if (access_claims_read(parts.payload, ISSUER, AUDIENCE, &claims))
			must_be_in_bounds(&claims);
	}
	arena_free(arena);
	return 0;
}
