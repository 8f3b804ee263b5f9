/* Passwords: hashes verify, costs are checked, and the gate turns callers away in bounded time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <argon2.h>
#include <pthread.h>
#include <time.h>

#include "lib/security/password.h"

static const char password[] = "correct horse battery";

static struct password_gate *gate;

static int open_gate(void **state)
{
	gate = password_gate_new(&(struct password_limits){0, 4, 5000});
	*state = arena_new();
	return gate ? 0 : -1;
}

static int close_gate(void **state)
{
	arena_free(*state);
	password_gate_free(gate);
	return 0;
}

static enum password_result verify(const char *text, const char *encoded)
{
	return password_verify(gate, text, strlen(text), encoded);
}

static const char *hash_of(struct arena *arena, const char *text)
{
	const char *encoded = NULL;

	assert_int_equal(password_hash(gate, arena, text, strlen(text), &encoded), PASSWORD_OK);
	return encoded;
}

static void password_round_trip(void **state)
{
	const char *encoded = hash_of(*state, password);

	assert_int_equal(strlen(encoded), 97);
	assert_memory_equal(encoded, "$argon2id$v=19$m=19456,t=2,p=1$", 31);
	assert_int_equal(verify(password, encoded), PASSWORD_OK);
	assert_int_equal(verify("correct horse batterz", encoded), PASSWORD_WRONG);
	assert_int_equal(verify("correct horse batter", encoded), PASSWORD_WRONG);
	assert_string_not_equal(encoded, hash_of(*state, password));
	assert_false(password_needs_rehash(encoded));
}

/* Nothing is cut off: passwords that differ only in their last byte are different. */
static void password_bounds(void **state)
{
	char text[PASSWORD_LENGTH_MAX + 2];
	const char *encoded = NULL;

	memset(text, 'x', sizeof(text));
	assert_int_equal(password_hash(gate, *state, text, 7, &encoded), PASSWORD_LENGTH);
	assert_int_equal(password_hash(gate, *state, text, 1025, &encoded), PASSWORD_LENGTH);
	assert_null(encoded);
	assert_int_equal(password_hash(gate, *state, text, 8, &encoded), PASSWORD_OK);
	assert_int_equal(password_verify(gate, text, 8, encoded), PASSWORD_OK);
	assert_int_equal(password_verify(gate, text, 7, encoded), PASSWORD_WRONG);
	assert_int_equal(password_hash(gate, *state, text, 1024, &encoded), PASSWORD_OK);
	assert_int_equal(password_verify(gate, text, 1024, encoded), PASSWORD_OK);
	assert_int_equal(password_verify(gate, text, 1025, encoded), PASSWORD_WRONG);
	text[1023] = 'y';
	assert_int_equal(password_verify(gate, text, 1024, encoded), PASSWORD_WRONG);
}

static void password_older_costs_still_verify(void **state)
{
	char encoded[128];

	(void)state;
	assert_int_equal(argon2id_hash_encoded(1, 1024, 1, password, strlen(password), "saltsalt",
				 8, 32, encoded, sizeof(encoded)),
		ARGON2_OK);
	assert_int_equal(verify(password, encoded), PASSWORD_OK);
	assert_true(password_needs_rehash(encoded));
	assert_true(password_needs_rehash(NULL));
	assert_true(password_needs_rehash("$2b$12$abcdefghijklmnopqrstuv"));
}

static void password_stored_hash_is_not_trusted(void **state)
{
	static const char *const bad[] = {"", "!", "plain text", "$2b$12$abcdefghijklmnopqrstuv",
		"$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
		"$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
		"$argon2id$v=19$m=19456,t=1000000,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
		"$argon2id$v=19$m=19456,t=2,p=1000$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
		"$argon2id$v=19$m=-1,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
		"$argon2id$v=19$m=19456,t=2,p=1$not base64$aGFzaGhhc2hoYXNoaGFzaA",
		"$argon2id$v=19$m=19456,t=2,p=1$", "$argon2id$v=19$m=19456,t=2,p=1"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(verify(password, bad[i]), PASSWORD_BAD_HASH);
}

static double seconds(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* The shortest of a few runs, so that a busy machine does not decide. */
static double cost_of(const char *encoded)
{
	double best = 1e9;

	for (int i = 0; i < 5; i++) {
		double from = seconds();

		assert_int_equal(verify("some wrong password", encoded), PASSWORD_WRONG);
		if (seconds() - from < best)
			best = seconds() - from;
	}
	return best;
}

/* An unknown user must not answer much faster or slower than a known one. */
static void password_of_nobody_costs_the_same(void **state)
{
	double known = cost_of(hash_of(*state, password)), unknown = cost_of(NULL);

	assert_true(unknown > known / 2 && unknown < known * 2);
}

struct caller {
	pthread_t thread;
	struct password_gate *gate;
	enum password_result result;
	double took_s;
};

static void *call(void *argument)
{
	struct caller *caller = argument;
	double from = seconds();

	caller->result = password_verify(caller->gate, password, strlen(password), NULL);
	caller->took_s = seconds() - from;
	return NULL;
}

static unsigned count_busy(struct password_gate *narrow, struct caller *callers, size_t count)
{
	unsigned busy = 0;

	for (size_t i = 0; i < count; i++) {
		callers[i].gate = narrow;
		assert_int_equal(pthread_create(&callers[i].thread, NULL, call, &callers[i]), 0);
	}
	for (size_t i = 0; i < count; i++) {
		pthread_join(callers[i].thread, NULL);
		busy += callers[i].result == PASSWORD_BUSY;
	}
	return busy;
}

/* One at a time and nobody may wait: of eight at once, some are turned away without hashing. */
static void gate_turns_away_when_the_queue_is_full(void **state)
{
	struct password_gate *narrow = password_gate_new(&(struct password_limits){1, 0, 1000});
	struct caller callers[8];
	unsigned busy = count_busy(narrow, callers, 8);

	(void)state;
	assert_in_range(busy, 1, 7);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(callers[i].result,
			callers[i].result == PASSWORD_BUSY ? PASSWORD_BUSY : PASSWORD_WRONG);
	assert_int_equal(password_verify(narrow, password, 21, NULL), PASSWORD_WRONG);
	password_gate_free(narrow);
}

/* Room to wait, but a deadline shorter than one hash. */
static void gate_turns_away_at_the_deadline(void **state)
{
	struct password_gate *narrow = password_gate_new(&(struct password_limits){1, 100, 1});
	struct caller callers[8];
	unsigned busy = count_busy(narrow, callers, 8);

	(void)state;
	assert_in_range(busy, 1, 7);
	assert_int_equal(password_verify(narrow, password, 21, NULL), PASSWORD_WRONG);
	password_gate_free(narrow);
}

static void gate_serves_everyone_who_may_wait(void **state)
{
	struct password_gate *narrow = password_gate_new(&(struct password_limits){1, 100, 60000});
	struct caller callers[8];

	(void)state;
	assert_int_equal(count_busy(narrow, callers, 8), 0);
	password_gate_free(narrow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(password_round_trip),
		cmocka_unit_test(password_bounds),
		cmocka_unit_test(password_older_costs_still_verify),
		cmocka_unit_test(password_stored_hash_is_not_trusted),
		cmocka_unit_test(password_of_nobody_costs_the_same),
		cmocka_unit_test(gate_turns_away_when_the_queue_is_full),
		cmocka_unit_test(gate_turns_away_at_the_deadline),
		cmocka_unit_test(gate_serves_everyone_who_may_wait),
	};

	return cmocka_run_group_tests(tests, open_gate, close_gate);
}
