/* argon2id behind a gate: a semaphore with a bounded queue and a deadline. */
#include "lib/security/password.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <argon2.h>

#include "lib/security/digest.h"

/* OWASP Password Storage Cheat Sheet, argon2id. */
enum { MEMORY_KIB = 19456, PASSES = 2, LANES = 1, SALT_SIZE = 16, HASH_SIZE = 32 };

/* What a stored hash may ask of us: whoever can write one row must not be able to take the machine.
 */
enum { MEMORY_KIB_MAX = 262144, PASSES_MAX = 10, LANES_MAX = 4, ENCODED_SIZE = 128 };

struct password_gate {
	pthread_mutex_t lock;
	pthread_cond_t freed;
	struct password_limits limits;
	unsigned running;
	unsigned waiting;
	char unknown_user[ENCODED_SIZE]; /* the hash of a random password nobody has */
};

struct cost {
	unsigned memory_kib, passes, lanes;
};

/* The number behind name; *text moves behind it. 0, which no cost may be, when there is none. */
static unsigned read_number(const char **text, const char *name)
{
	size_t length = strlen(name);
	unsigned long number;
	char *end;

	if (strncmp(*text, name, length) != 0 || (*text)[length] < '1' || (*text)[length] > '9')
		return 0;
	number = strtoul(*text + length, &end, 10);
	*text = end;
	return number <= UINT_MAX ? (unsigned)number : 0;
}

/* argon2's own decoder checks the rest of the text. */
static bool read_cost(const char *encoded, struct cost *ret)
{
	if (strnlen(encoded, ENCODED_SIZE) == ENCODED_SIZE)
		return false;
	ret->memory_kib = read_number(&encoded, "$argon2id$v=19$m=");
	ret->passes = read_number(&encoded, ",t=");
	ret->lanes = read_number(&encoded, ",p=");
	return ret->memory_kib && ret->passes && ret->lanes && *encoded == '$';
}

static bool cost_is_acceptable(const char *encoded)
{
	struct cost cost;

	return read_cost(encoded, &cost) && cost.memory_kib <= MEMORY_KIB_MAX &&
		cost.passes <= PASSES_MAX && cost.lanes <= LANES_MAX;
}

bool password_needs_rehash(const char *encoded)
{
	struct cost cost;

	return !encoded || !read_cost(encoded, &cost) || cost.memory_kib != MEMORY_KIB ||
		cost.passes != PASSES || cost.lanes != LANES;
}

static bool hash(const char *password, size_t length, char ret[ENCODED_SIZE])
{
	unsigned char salt[SALT_SIZE];

	random_fill(salt, sizeof(salt));
	return argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password, length, salt,
		       sizeof(salt), HASH_SIZE, ret, ENCODED_SIZE) == ARGON2_OK;
}

static void init_lock(struct password_gate *gate)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&gate->lock, NULL);
	pthread_cond_init(&gate->freed, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

struct password_gate *password_gate_new(const struct password_limits *limits)
{
	struct password_gate *gate = calloc(1, sizeof(*gate));
	char nobodys[SALT_SIZE];

	if (!gate)
		return NULL;
	init_lock(gate);
	gate->limits = *limits;
	if (!gate->limits.at_once) {
		long processors = sysconf(_SC_NPROCESSORS_ONLN);

		gate->limits.at_once = processors > 0 ? (unsigned)processors : 1;
	}
	random_fill(nobodys, sizeof(nobodys));
	if (hash(nobodys, sizeof(nobodys), gate->unknown_user))
		return gate;
	password_gate_free(gate);
	return NULL;
}

void password_gate_free(struct password_gate *gate)
{
	if (!gate)
		return;
	pthread_cond_destroy(&gate->freed);
	pthread_mutex_destroy(&gate->lock);
	free(gate);
}

static struct timespec deadline_after(unsigned wait_ms)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += wait_ms / 1000;
	at.tv_nsec += (long)(wait_ms % 1000) * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	return at;
}

/* With the lock held. True when a place came free before the deadline. */
static bool wait_turn(struct password_gate *gate)
{
	struct timespec deadline = deadline_after(gate->limits.wait_ms_max);
	int error = 0;

	if (gate->waiting >= gate->limits.waiting_max)
		return false;
	gate->waiting++;
	while (gate->running >= gate->limits.at_once && !error)
		error = pthread_cond_timedwait(&gate->freed, &gate->lock, &deadline);
	gate->waiting--;
	return gate->running < gate->limits.at_once;
}

static bool enter(struct password_gate *gate)
{
	bool inside;

	pthread_mutex_lock(&gate->lock);
	inside = gate->running < gate->limits.at_once || wait_turn(gate);
	if (inside)
		gate->running++;
	pthread_mutex_unlock(&gate->lock);
	return inside;
}

static void leave(struct password_gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->running--;
	pthread_cond_signal(&gate->freed);
	pthread_mutex_unlock(&gate->lock);
}

static bool length_is_allowed(size_t length)
{
	return length >= PASSWORD_LENGTH_MIN && length <= PASSWORD_LENGTH_MAX;
}

enum password_result password_hash(struct password_gate *gate, struct arena *arena,
	const char *password, size_t length, const char **ret_encoded)
{
	char encoded[ENCODED_SIZE];
	bool done;

	if (!length_is_allowed(length))
		return PASSWORD_LENGTH;
	if (!enter(gate))
		return PASSWORD_BUSY;
	done = hash(password, length, encoded);
	leave(gate);
	if (!done)
		return PASSWORD_BUSY;
	*ret_encoded = arena_strdup(arena, encoded);
	return PASSWORD_OK;
}

/* Out of memory is a kind of busy; everything else argon2 may say is about the stored text. */
static enum password_result result_of(int code)
{
	switch (code) {
	case ARGON2_OK:
		return PASSWORD_OK;
	case ARGON2_VERIFY_MISMATCH:
		return PASSWORD_WRONG;
	case ARGON2_MEMORY_ALLOCATION_ERROR:
		return PASSWORD_BUSY;
	default:
		return PASSWORD_BAD_HASH;
	}
}

enum password_result password_verify(
	struct password_gate *gate, const char *password, size_t length, const char *encoded)
{
	const char *against = encoded ? encoded : gate->unknown_user;
	enum password_result result;

	if (!length_is_allowed(length))
		return PASSWORD_WRONG;
	if (!cost_is_acceptable(against))
		return PASSWORD_BAD_HASH;
	if (!enter(gate))
		return PASSWORD_BUSY;
	result = result_of(argon2id_verify(against, password, length));
	leave(gate);
	return !encoded && result == PASSWORD_OK ? PASSWORD_WRONG : result;
}
