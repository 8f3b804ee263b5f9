/* lib/data's Redis: replies, limits, deadlines, and a server that comes and goes. */
/* Before cmocka.h, whose macro fail() would swallow our function. */
#include "lib/data/connection.h"
#include "lib/data/redis_pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { POOL = 3, THREADS = 8, ROUNDS = 200 };

#define WORDS(...) ((const char *const[]){__VA_ARGS__})
#define COUNT(...) ((int)(sizeof(WORDS(__VA_ARGS__)) / sizeof(const char *)))
#define ASK(...)                                                                                   \
	redis_command(fixture->redis, fixture->arena, 0, COUNT(__VA_ARGS__), WORDS(__VA_ARGS__),   \
		&fixture->reply)

struct fixture {
	struct redis *redis;
	struct arena *arena;
	struct redis_reply reply;
};

static const char *setting(void)
{
	const char *value = getenv("CARE_TEST_REDIS_URL");

	if (!value)
		fail_msg("CARE_TEST_REDIS_URL is not set: run this through pytest tests/data");
	return value;
}

static int set_up(void **state)
{
	static struct fixture fixture;

	fixture.redis = redis_open(setting(), POOL);
	fixture.arena = arena_new();
	*state = &fixture;
	return !fixture.redis;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	redis_close(fixture->redis);
	arena_free(fixture->arena);
	return 0;
}

static void replies_are_copied(void **state)
{
	struct fixture *fixture = *state;

	assert_true(ASK("FLUSHALL"));
	assert_true(ASK("SET", "a", "Ìtọ́jú"));
	assert_true(ASK("GET", "a"));
	assert_int_equal(fixture->reply.kind, REDIS_TEXT);
	assert_string_equal(fixture->reply.text, "Ìtọ́jú");
	assert_true(ASK("GET", "absent"));
	assert_int_equal(fixture->reply.kind, REDIS_NONE);
	assert_true(ASK("INCR", "n"));
	assert_int_equal(fixture->reply.kind, REDIS_INTEGER);
	assert_int_equal(fixture->reply.integer, 1);
	assert_true(ASK("INCR", "a"));
	assert_int_equal(fixture->reply.kind, REDIS_ERROR);
	assert_non_null(strstr(fixture->reply.text, "not an integer"));
	assert_true(redis_is_reachable(fixture->redis));
}

static void streams_nest(void **state)
{
	struct fixture *fixture = *state;
	const struct redis_reply *entry;

	assert_true(ASK("XADD", "s", "1-1", "id", "x"));
	assert_true(ASK("XREAD", "STREAMS", "s", "0"));
	assert_int_equal(fixture->reply.kind, REDIS_LIST);
	assert_string_equal(fixture->reply.items[0].items[0].text, "s");
	entry = &fixture->reply.items[0].items[1].items[0];
	assert_string_equal(entry->items[0].text, "1-1");
	assert_int_equal(entry->items[1].count, 2);
	assert_string_equal(entry->items[1].items[1].text, "x");
}

static void pipelines_keep_order(void **state)
{
	struct fixture *fixture = *state;
	const struct redis_batch commands[] = {
		{3, WORDS("SET", "p", "1")}, {2, WORDS("NONSENSE", "p")}, {2, WORDS("INCR", "p")}};
	struct redis_reply replies[3];

	assert_true(redis_pipeline(fixture->redis, fixture->arena, commands, 3, replies));
	assert_int_equal(replies[0].kind, REDIS_TEXT);
	assert_int_equal(replies[1].kind, REDIS_ERROR);
	assert_int_equal(replies[2].integer, 2);
}

static void a_block_may_last(void **state)
{
	struct fixture *fixture = *state;
	const char *const wait[] = {"BLPOP", "nothing", "1"};
	int64_t start_ms = monotonic_ms();

	assert_true(redis_command(fixture->redis, fixture->arena, 1000, 3, wait, &fixture->reply));
	assert_int_equal(fixture->reply.kind, REDIS_NONE);
	assert_in_range(monotonic_ms() - start_ms, 900, 3000);
}

static void silence_is_given_up(void **state)
{
	struct fixture *fixture = *state;
	const char *const wait[] = {"BLPOP", "nothing", "3"};
	int64_t start_ms = monotonic_ms();

	assert_false(redis_command(fixture->redis, fixture->arena, 0, 3, wait, &fixture->reply));
	assert_in_range(monotonic_ms() - start_ms, 400, 2000);
	/* Now the pool is away, which costs nobody half a second. */
	start_ms = monotonic_ms();
	assert_false(ASK("PING"));
	assert_in_range(monotonic_ms() - start_ms, 0, 200);
	usleep(600000);
	assert_true(ASK("PING"));
}

static void limit_is_exact(void **state)
{
	struct fixture *fixture = *state;
	struct redis_limit limit;

	assert_true(ASK("DEL", "limit"));
	for (int left = 6; left >= 0; left--) {
		assert_true(
			redis_limit_take(fixture->redis, fixture->arena, "limit", 7, 3600, &limit));
		assert_false(limit.exceeded);
		assert_int_equal(limit.remaining, left);
	}
	assert_in_range(limit.reset_s, 3599, 3600);
	for (int i = 0; i < 3; i++) {
		assert_true(
			redis_limit_take(fixture->redis, fixture->arena, "limit", 7, 3600, &limit));
		assert_true(limit.exceeded);
		assert_int_equal(limit.remaining, 0);
		assert_in_range(limit.reset_s, 3600 / 7 - 2, 3600 / 7 + 1);
	}
	assert_true(ASK("PTTL", "limit"));
	assert_in_range(fixture->reply.integer, 3590000, 3600000);
}

static void limit_comes_back(void **state)
{
	struct fixture *fixture = *state;
	struct redis_limit limit;

	assert_true(ASK("DEL", "short"));
	assert_true(redis_limit_take(fixture->redis, fixture->arena, "short", 1, 1, &limit));
	assert_true(redis_limit_take(fixture->redis, fixture->arena, "short", 1, 1, &limit));
	assert_true(limit.exceeded);
	assert_int_equal(limit.reset_s, 1);
	usleep(1050000);
	assert_true(redis_limit_take(fixture->redis, fixture->arena, "short", 1, 1, &limit));
	assert_false(limit.exceeded);
}

static void limit_outlives_its_script(void **state)
{
	struct fixture *fixture = *state;
	struct redis_limit limit;

	assert_true(ASK("DEL", "limit"));
	for (int left = 2; left >= 0; left--) {
		assert_true(ASK("SCRIPT", "FLUSH"));
		assert_true(
			redis_limit_take(fixture->redis, fixture->arena, "limit", 3, 60, &limit));
		assert_int_equal(limit.remaining, left);
	}
}

static void lost_connections_are_replaced(void **state)
{
	struct fixture *fixture = *state;

	assert_true(ASK("PING"));
	assert_true(ASK("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"));
	assert_true(ASK("PING"));
}

static void *take_limits(void *argument)
{
	struct redis *redis = argument;
	struct arena *arena = arena_new();
	struct redis_limit limit;
	intptr_t taken = 0;

	for (int i = 0; i < ROUNDS; i++) {
		if (!redis_limit_take(redis, arena, "threads", 100, 3600, &limit))
			taken = -10000;
		else if (!limit.exceeded)
			taken++;
	}
	arena_free(arena);
	return (void *)taken;
}

static void threads_share_a_limit(void **state)
{
	struct fixture *fixture = *state;
	pthread_t threads[THREADS];
	intptr_t taken = 0;

	assert_true(ASK("DEL", "threads"));
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, take_limits, fixture->redis);
	for (int i = 0; i < THREADS; i++) {
		void *mine;

		pthread_join(threads[i], &mine);
		taken += (intptr_t)mine;
	}
	assert_int_equal(taken, 100);
}

static void nobody_home_is_said_fast(void **state)
{
	struct redis *redis = redis_open("unix:/nonexistent/redis.sock", 2);
	struct arena *arena = arena_new();
	int64_t start_ms = monotonic_ms();
	struct redis_limit limit;

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_false(redis_limit_take(redis, arena, "k", 1, 1, &limit));
	assert_in_range(monotonic_ms() - start_ms, 0, 1000);
	assert_false(redis_is_reachable(redis));
	redis_close(redis);
	arena_free(arena);
}

static const struct {
	const char *url, *path, *host, *user, *password;
	int port, database;
} addresses[] = {
	{"redis://localhost", NULL, "localhost", NULL, NULL, 6379, 0},
	{"redis://localhost:7000/3", NULL, "localhost", NULL, NULL, 7000, 3},
	{"redis://[::1]:7000/", NULL, "::1", NULL, NULL, 7000, 0},
	{"redis://:se:c@ret@h", NULL, "h", NULL, "se:c@ret", 6379, 0},
	{"redis://secret@h", NULL, "h", NULL, "secret", 6379, 0},
	{"redis://care:secret@h:1/2", NULL, "h", "care", "secret", 1, 2},
	{"unix:/run/redis/r.sock", "/run/redis/r.sock", NULL, NULL, NULL, 6379, 0},
};

static const char *const strange_addresses[] = {"redis://", "redis://:7000", "redis://h:port",
	"redis://h:70000", "redis://h/x", "redis://[::1]7000", "redis://[::1", "rediss://h",
	"http://h", ""};

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static void urls_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		struct redis_address got;

		assert_true(redis_address_parse(addresses[i].url, &got));
		if (!same(got.path, addresses[i].path) || !same(got.host, addresses[i].host) ||
			!same(got.user, addresses[i].user) ||
			!same(got.password, addresses[i].password) ||
			got.port != addresses[i].port || got.database != addresses[i].database)
			fail_msg("%s is read wrongly", addresses[i].url);
		redis_address_free(&got);
	}
	for (size_t i = 0; i < sizeof(strange_addresses) / sizeof(*strange_addresses); i++) {
		struct redis_address got;

		if (redis_address_parse(strange_addresses[i], &got))
			fail_msg("%s is read", strange_addresses[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(replies_are_copied, set_up, tear_down),
		cmocka_unit_test_setup_teardown(streams_nest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pipelines_keep_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_block_may_last, set_up, tear_down),
		cmocka_unit_test_setup_teardown(silence_is_given_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(limit_is_exact, set_up, tear_down),
		cmocka_unit_test_setup_teardown(limit_comes_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(limit_outlives_its_script, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lost_connections_are_replaced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(threads_share_a_limit, set_up, tear_down),
		cmocka_unit_test(nobody_home_is_said_fast),
		cmocka_unit_test(urls_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
