/* Passwords: argon2id with 19 MiB, two passes and one lane (the OWASP minimum; about 30 ms of a
 * core and all the memory bandwidth it can get), behind a gate.
 *
 * Hashing is the one slow thing a handler does, so the gate lets a few in at once, lets a few more
 * wait for a bounded time, and turns the rest away: a flood of logins costs its callers a 503, not
 * every other caller their threads. Text is hashed as it comes, byte for byte; nothing is cut off.
 */
#ifndef CARE_SECURITY_PASSWORD_H
#define CARE_SECURITY_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/core/arena.h"

enum { PASSWORD_LENGTH_MIN = 8, PASSWORD_LENGTH_MAX = 1024 }; /* bytes */

enum password_result {
	PASSWORD_OK,
	PASSWORD_WRONG,
	PASSWORD_BUSY,     /* nothing was hashed: answer 503 with Retry-After */
	PASSWORD_LENGTH,   /* password_hash only: outside the bounds above */
	PASSWORD_BAD_HASH, /* what is stored is not an argon2id hash of acceptable cost */
};

struct password_gate;

struct password_limits {
	unsigned at_once;     /* hashes at the same time; 0: one per processor */
	unsigned waiting_max; /* callers that may wait for a turn */
	unsigned wait_ms_max; /* how long one of them waits */
};

/* One per process. Hashes once, to have something to compare unknown users' passwords with. NULL
 * when that first hash fails (no memory). Safe in threads from here on. */
struct password_gate *password_gate_new(const struct password_limits *limits);

/* Nobody may be inside. NULL is allowed. */
void password_gate_free(struct password_gate *gate);

/* A new encoded hash ("$argon2id$v=19$m=19456,t=2,p=1$…", 97 characters) with a random salt.
 * PASSWORD_OK, PASSWORD_LENGTH or PASSWORD_BUSY; ret_encoded is set only on PASSWORD_OK. */
enum password_result password_hash(struct password_gate *gate, struct arena *arena,
	const char *password, size_t length, const char **ret_encoded);

/* PASSWORD_OK, PASSWORD_WRONG, PASSWORD_BUSY or PASSWORD_BAD_HASH. encoded is what is stored; NULL
 * for a user that does not exist or has no password: the same work is done and the answer is
 * PASSWORD_WRONG. A length outside the bounds is PASSWORD_WRONG at once, for known and unknown
 * users alike. */
enum password_result password_verify(
	struct password_gate *gate, const char *password, size_t length, const char *encoded);

/* True when encoded was made with other parameters than password_hash uses now: after a successful
 * verify, store a new hash. */
bool password_needs_rehash(const char *encoded);

#endif
