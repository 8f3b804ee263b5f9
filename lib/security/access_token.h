/* Access tokens: RS256 JWTs (RFC 7519, RFC 8725), signed and verified by libjwt behind a parser of
 * our own.
 *
 * libjwt takes the algorithm from the token, accepts an empty key, ignores crit, lets the last of
 * two equal members win and reads several spellings of one token. So nothing reaches it before
 * access_parse.h has taken the token apart strictly, with the algorithm pinned and the key chosen
 * from our own set; and the claims are read from our parse, not from libjwt's. */
#ifndef CARE_SECURITY_ACCESS_TOKEN_H
#define CARE_SECURITY_ACCESS_TOKEN_H

#include <stdint.h>

#include "lib/core/arena.h"
#include "lib/security/access_cache.h"
#include "lib/security/access_keys.h"
#include "lib/security/encode.h"

enum {
	ACCESS_TOKEN_LENGTH_MAX = 4096,
	ACCESS_LIFETIME_S_MAX = 3600, /* exp - iat; longer ones are neither signed nor accepted */
	ACCESS_SKEW_S = 30,           /* how far the clocks of two machines may be apart */
	ACCESS_SCOPE_SIZE = 512,
	ACCESS_ID_SIZE = 65,
};

enum access_role { ACCESS_CLIENT, ACCESS_STAFF, ACCESS_ADMIN, ACCESS_INTEGRATOR };

struct access_claims {
	char subject[UUID_TEXT_SIZE];    /* sub: the user, or the integrator's subject row */
	char session_id[UUID_TEXT_SIZE]; /* sid */
	enum access_role role;           /* role: client, staff, admin, integrator */
	char scope[ACCESS_SCOPE_SIZE];   /* scope (RFC 8693): words with one space between, or "" */
	char id[ACCESS_ID_SIZE];         /* jti: 1 to 64 of A-Z a-z 0-9 - _ */
	int64_t issued_at_s;             /* iat, Unix seconds */
	int64_t not_before_s;            /* nbf */
	int64_t expires_at_s;            /* exp */
};

enum access_result {
	ACCESS_OK,
	ACCESS_MALFORMED,   /* not three canonical base64url parts of strict JSON, or too long */
	ACCESS_HEADER,      /* the header is not exactly {alg: RS256, typ: JWT, kid} */
	ACCESS_UNKNOWN_KEY, /* kid is none of ours */
	ACCESS_FORGED,      /* the signature does not hold */
	ACCESS_CLAIMS,      /* signed by us, but not the claims of an access token for us */
	ACCESS_NOT_YET,     /* nbf or iat lies in the future */
	ACCESS_EXPIRED,
};

/* "expired" and so on, for logs. The caller is told no more than "expired" or "invalid". */
const char *access_result_name(enum access_result result);

/* "client", "staff", "admin", "integrator" */
const char *access_role_name(enum access_role role);

/* The token, about 800 characters; 1 to 2 ms of a core. An empty id becomes a random one,
 * not_before_s 0 becomes issued_at_s. NULL when access_token_verify would refuse these claims at
 * issued_at_s, or when signing fails. */
char *access_token_sign(struct arena *arena, const struct access_token_keys *keys,
	const struct access_claims *claims);

/* Everything but the session: whether that has been revoked is the caller's question to the
 * database. token may be NULL and hostile. ret is set only with ACCESS_OK. Safe in threads. */
enum access_result access_token_verify(const struct access_token_keys *keys, const char *token,
	int64_t now_s, struct access_claims *ret);

/* The same, asking and filling the cache. */
enum access_result access_token_verify_cached(const struct access_token_keys *keys,
	struct access_token_cache *cache, const char *token, int64_t now_s,
	struct access_claims *ret);

#endif
