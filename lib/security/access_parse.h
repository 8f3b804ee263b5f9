/* Takes an access token apart before any library sees it. It proves nothing: what it returns is
 * still the sender's word until the signature has been checked.
 *
 * RFC 7515 §5.2 with every "should" read as "must": exactly three parts of canonical base64url, a
 * header of exactly alg, typ and kid, objects without duplicate members, no NUL, nothing behind the
 * JSON. */
#ifndef CARE_SECURITY_ACCESS_PARSE_H
#define CARE_SECURITY_ACCESS_PARSE_H

#include <jansson.h>

#include "lib/security/access_token.h"

struct access_parts {
	char kid[KID_LENGTH + 1];
	const json_t *payload; /* an object; lives in the arena */
	size_t signature_size; /* bytes */
};

/* ACCESS_OK, ACCESS_MALFORMED or ACCESS_HEADER; ret is set only with ACCESS_OK. token may be NULL.
 */
enum access_result access_parse(struct arena *arena, const char *token, struct access_parts *ret);

/* The claims of an access token for this issuer and audience, each of exactly its type, and no
 * others. Times are checked against each other, not against the clock. ret is set only on true. */
bool access_claims_read(
	const json_t *payload, const char *issuer, const char *audience, struct access_claims *ret);

/* ACCESS_OK, ACCESS_NOT_YET or ACCESS_EXPIRED. */
enum access_result access_claims_in_time(const struct access_claims *claims, int64_t now_s);

#endif
