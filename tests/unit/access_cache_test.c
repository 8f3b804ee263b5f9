/* The cache of verified tokens: hits, ends of trust, forgotten sessions, threads, and its cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <time.h>

#include "tests/unit/access_forge.h"

#define SUBJECT "018f2a6e-7b1c-7def-8abc-0123456789ab"
#define SESSION "018f2a6e-7b1c-7def-8abc-0123456789ac"
#define OTHER_SESSION "018f2a6e-7b1c-7def-8abc-0123456789ad"

enum { NOW = 1800000000, EXPIRES_AT = NOW + 900 };

static struct arena *arena;
static struct forge_key key;
static struct access_token_keys *keys;

static int open_keys(void **state)
{
	char complaint[256];

	(void)state;
	arena = arena_new();
	forge_key_make(&key, GNUTLS_PK_RSA, 2048);
	keys = forge_keys(arena, forge_private_pem(arena, &key), 0600, complaint);
	return keys ? 0 : -1;
}

static int close_keys(void **state)
{
	(void)state;
	access_token_keys_free(keys);
	forge_key_free(&key);
	arena_free(arena);
	return 0;
}

static struct access_claims claims_of(const char *session_id)
{
	struct access_claims claims = {.subject = SUBJECT,
		.scope = "bookings:read",
		.role = ACCESS_CLIENT,
		.issued_at_s = NOW,
		.not_before_s = NOW,
		.expires_at_s = EXPIRES_AT};

	memcpy(claims.session_id, session_id, UUID_TEXT_SIZE);
	return claims;
}

static const char *token_of(const char *session_id)
{
	struct access_claims claims = claims_of(session_id);

	return access_token_sign(arena, keys, &claims);
}

static bool is_kept(struct access_token_cache *cache, const char *token, int64_t now_s)
{
	struct access_claims claims;
	struct access_ticket ticket;

	return access_cache_find(cache, token, now_s, &claims, &ticket);
}

static enum access_result verify(struct access_token_cache *cache, const char *token, int64_t now_s)
{
	struct access_claims claims;

	return access_token_verify_cached(keys, cache, token, now_s, &claims);
}

static void verified_tokens_are_kept_as_they_are(void **state)
{
	struct access_token_cache *cache = access_token_cache_new(100, 0);
	const char *token = token_of(SESSION);
	struct access_claims plain, miss, hit;

	(void)state;
	assert_int_equal(access_token_verify(keys, token, NOW, &plain), ACCESS_OK);
	assert_false(is_kept(cache, token, NOW));
	assert_int_equal(access_token_verify_cached(keys, cache, token, NOW, &miss), ACCESS_OK);
	assert_true(is_kept(cache, token, NOW));
	assert_int_equal(access_token_verify_cached(keys, cache, token, NOW, &hit), ACCESS_OK);
	assert_memory_equal(&plain, &miss, sizeof(plain));
	assert_memory_equal(&plain, &hit, sizeof(plain));
	access_token_cache_free(cache);
}

static void refused_tokens_are_not_kept(void **state)
{
	struct access_token_cache *cache = access_token_cache_new(100, 0);
	char *token = arena_strdup(arena, token_of(SESSION));

	(void)state;
	token[strlen(token) - 5] ^= 1;
	assert_int_not_equal(verify(cache, token, NOW), ACCESS_OK);
	assert_false(is_kept(cache, token, NOW));
	assert_int_equal(verify(cache, NULL, NOW), ACCESS_MALFORMED);
	assert_int_equal(verify(cache, "", NOW), ACCESS_MALFORMED);
	assert_int_equal(
		verify(cache, arena_printf(arena, "%5000s", token), NOW), ACCESS_MALFORMED);
	access_token_cache_free(cache);
}

static void kept_tokens_still_expire(void **state)
{
	struct access_token_cache *cache = access_token_cache_new(100, 0);
	const char *token = token_of(SESSION);

	(void)state;
	assert_int_equal(verify(cache, token, NOW), ACCESS_OK);
	assert_int_equal(verify(cache, token, EXPIRES_AT + 29), ACCESS_OK);
	assert_int_equal(verify(cache, token, EXPIRES_AT + 30), ACCESS_EXPIRED);
	assert_int_equal(verify(cache, token, NOW - 31), ACCESS_NOT_YET);
	access_token_cache_free(cache);
}

static void trust_can_be_shorter_than_the_token(void **state)
{
	struct access_token_cache *cache = access_token_cache_new(100, 60);
	const char *token = token_of(SESSION);

	(void)state;
	assert_int_equal(verify(cache, token, NOW), ACCESS_OK);
	assert_true(is_kept(cache, token, NOW + 59));
	assert_false(is_kept(cache, token, NOW + 60));
	assert_int_equal(verify(cache, token, NOW + 60), ACCESS_OK);
	assert_true(is_kept(cache, token, NOW + 119));
	access_token_cache_free(cache);
}

static void forgetting_drops_one_session(void **state)
{
	struct access_token_cache *cache = access_token_cache_new(100, 0);
	const char *first = token_of(SESSION), *second = token_of(SESSION);
	const char *other = token_of(OTHER_SESSION);

	(void)state;
	verify(cache, first, NOW);
	verify(cache, second, NOW);
	verify(cache, other, NOW);
	access_token_forget(cache, SESSION);
	assert_false(is_kept(cache, first, NOW));
	assert_false(is_kept(cache, second, NOW));
	assert_true(is_kept(cache, other, NOW));
	access_token_cache_free(cache);
}

/* A request that looked before the revocation must not put the session back after it. */
static void a_ticket_from_before_keeps_nothing(void **state)
{
	struct access_token_cache *cache = access_token_cache_new(100, 0);
	const char *token = token_of(SESSION);
	struct access_claims claims = claims_of(SESSION);
	struct access_ticket before, after;

	(void)state;
	assert_false(access_cache_find(cache, token, NOW, &claims, &before));
	access_token_forget(cache, SESSION);
	access_cache_keep(cache, &before, &claims, NOW);
	assert_false(access_cache_find(cache, token, NOW, &claims, &after));
	access_cache_keep(cache, &after, &claims, NOW);
	assert_true(is_kept(cache, token, NOW));
	access_token_cache_free(cache);
}

/* Many more tokens than room: it stays of its size, and what it does return is right. */
static void a_full_cache_returns_the_right_claims(void **state)
{
	struct access_token_cache *cache = access_token_cache_new(1, 0);
	unsigned kept = 0;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		char *token = arena_printf(arena, "token %d", i);
		struct access_claims claims = claims_of(SESSION);
		struct access_ticket ticket;

		snprintf(claims.id, sizeof(claims.id), "%d", i);
		assert_false(access_cache_find(cache, token, NOW, &claims, &ticket));
		access_cache_keep(cache, &ticket, &claims, NOW);
		assert_true(is_kept(cache, token, NOW));
	}
	for (int i = 0; i < 2000; i++) {
		struct access_claims got;
		struct access_ticket ticket;

		if (!access_cache_find(
			    cache, arena_printf(arena, "token %d", i), NOW, &got, &ticket))
			continue;
		assert_string_equal(got.id, arena_printf(arena, "%d", i));
		kept++;
	}
	assert_int_equal(kept, 128);
	access_token_cache_free(cache);
}

struct runner {
	pthread_t thread;
	struct access_token_cache *cache;
	const char *const *tokens;
	unsigned wrong;
};

static void *run(void *argument)
{
	struct runner *runner = argument;

	for (int i = 0; i < 2000; i++) {
		const char *session = i % 2 ? OTHER_SESSION : SESSION;
		struct access_claims claims;

		if (i % 100 == 99)
			access_token_forget(runner->cache, session);
		if (access_token_verify_cached(keys, runner->cache, runner->tokens[i % 2], NOW,
			    &claims) != ACCESS_OK ||
			strcmp(claims.session_id, session) != 0)
			runner->wrong++;
	}
	return NULL;
}

static void threads_share_it(void **state)
{
	const char *const tokens[] = {token_of(SESSION), token_of(OTHER_SESSION)};
	struct access_token_cache *cache = access_token_cache_new(100, 0);
	struct runner runners[4];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		runners[i] = (struct runner){.cache = cache, .tokens = tokens};
		assert_int_equal(pthread_create(&runners[i].thread, NULL, run, &runners[i]), 0);
	}
	for (size_t i = 0; i < 4; i++) {
		pthread_join(runners[i].thread, NULL);
		assert_int_equal(runners[i].wrong, 0);
	}
	access_token_cache_free(cache);
}

static double seconds(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* What the cache is for. The bound is loose because the machine may be busy; the figures are
 * printed. */
static void a_hit_is_much_cheaper_than_a_signature(void **state)
{
	struct access_token_cache *cache = access_token_cache_new(10000, 0);
	const char *token = token_of(SESSION);
	struct access_claims claims;
	double from = seconds(), plain_s, hit_s;

	(void)state;
	for (int i = 0; i < 200; i++)
		access_token_verify(keys, token, NOW, &claims);
	plain_s = (seconds() - from) / 200;
	verify(cache, token, NOW);
	from = seconds();
	for (int i = 0; i < 20000; i++)
		assert_int_equal(verify(cache, token, NOW), ACCESS_OK);
	hit_s = (seconds() - from) / 20000;
	print_message("verify %.1f us, hit %.2f us, token of %zu characters\n", plain_s * 1e6,
		hit_s * 1e6, strlen(token));
	assert_true(hit_s < plain_s / 2);
	access_token_cache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verified_tokens_are_kept_as_they_are),
		cmocka_unit_test(refused_tokens_are_not_kept),
		cmocka_unit_test(kept_tokens_still_expire),
		cmocka_unit_test(trust_can_be_shorter_than_the_token),
		cmocka_unit_test(forgetting_drops_one_session),
		cmocka_unit_test(a_ticket_from_before_keeps_nothing),
		cmocka_unit_test(a_full_cache_returns_the_right_claims),
		cmocka_unit_test(threads_share_it),
		cmocka_unit_test(a_hit_is_much_cheaper_than_a_signature),
	};

	return cmocka_run_group_tests(tests, open_keys, close_keys);
}
