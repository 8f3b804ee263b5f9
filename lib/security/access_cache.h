/* Remembers verified access tokens, so that a session's second request costs microseconds.
 *
 * Keyed by the token's SHA-256: the token itself is not kept, and a cache read by accident signs
 * nobody in. It is of fixed size and full of what expires last. Safe in threads. */
#ifndef CARE_SECURITY_ACCESS_CACHE_H
#define CARE_SECURITY_ACCESS_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct access_claims;
struct access_token_cache;

/* What a miss hands to access_cache_keep: which token it was, and when it was asked for. */
struct access_ticket {
	unsigned char digest[32];
	uint64_t epoch;
};

/* Room for about `entries` tokens (0.7 KiB each; rounded up). An entry is trusted until its token
 * expires, or for trust_s seconds if that is not 0 and comes first: the longest that a revocation
 * which reached another process may go unnoticed here. Aborts without memory. */
struct access_token_cache *access_token_cache_new(size_t entries, int64_t trust_s);

/* NULL is allowed. */
void access_token_cache_free(struct access_token_cache *cache);

/* True: the claims of a token that was kept and still holds at now_s. False: the ticket to keep it
 * with once it has been verified, and its session found alive. */
bool access_cache_find(struct access_token_cache *cache, const char *token, int64_t now_s,
	struct access_claims *ret, struct access_ticket *ret_ticket);

/* Keeps verified claims. A ticket from before an access_token_forget keeps nothing, because the
 * session may be the one that was forgotten; the next request will. */
void access_cache_keep(struct access_token_cache *cache, const struct access_ticket *ticket,
	const struct access_claims *claims, int64_t now_s);

/* Drops every token of a session: call it after the revocation is committed. */
void access_token_forget(struct access_token_cache *cache, const char *session_id);

#endif
