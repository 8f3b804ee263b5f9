/* lib/data's database when it is slow, gone, or wanted by everyone at once. */
#include "tests/data/probe.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "lib/data/connection.h"

#define ADA "00000000-0000-7000-8000-00000000000a"

enum { POOL = 4, THREADS = 16, ROUNDS = 60 };

static const char kill_backends[] = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
				    "WHERE usename = 'care_api'";

static int open_pool(void **state)
{
	probe_owner("DELETE FROM probe.probe");
	*state = probe_open(POOL);
	return 0;
}

static int close_pool(void **state)
{
	db_close(*state);
	return 0;
}

static void assert_works(struct db *db)
{
	struct work work = probe_work(db, DB_ADMIN, NULL);
	const char *json;

	assert_int_equal(q_probe_settings(&work, &json), P_OK);
	probe_done(&work);
}

static void dead_idle_connections_are_replaced(void **state)
{
	struct work work = probe_work(*state, DB_ADMIN, NULL);

	assert_works(*state);
	probe_owner(kill_backends);
	assert_works(*state);
	probe_owner(kill_backends);
	work_begin(&work, WORK_WRITE);
	assert_int_equal(q_probe_insert(&work, "1", NULL, NULL), P_OK);
	assert_int_equal(work_commit(&work), P_OK);
	probe_done(&work);
}

/* The connection dies under the first query, when nothing can be lost by asking again; not under a
 * later one. */
static void a_first_query_is_asked_again(void **state)
{
	struct work work = probe_work(*state, DB_ADMIN, NULL);
	const char *json;

	probe_owner("SELECT setval('probe.deaths', 2)");
	work_begin(&work, WORK_WRITE);
	assert_int_equal(q_probe_die(&work, &json), P_OK);
	assert_string_equal(probe_member(&work, json, "calls"), "4");
	assert_int_equal(q_probe_die(&work, &json), P_UNAVAILABLE);
	assert_int_equal(q_probe_die(&work, &json), P_UNAVAILABLE);
	probe_done(&work);
	assert_works(*state);
}

static void a_transaction_does_not_survive_its_connection(void **state)
{
	struct work work = probe_work(*state, DB_ADMIN, NULL);
	const char *json;

	work_begin(&work, WORK_WRITE);
	assert_int_equal(q_probe_insert(&work, "1", NULL, NULL), P_OK);
	probe_owner(kill_backends);
	assert_int_equal(q_probe_insert(&work, "2", NULL, NULL), P_UNAVAILABLE);
	assert_true(work.retry_after_s > 0);
	assert_int_equal(q_probe_insert(&work, "3", NULL, NULL), P_UNAVAILABLE);
	assert_int_not_equal(work_commit(&work), P_OK);
	assert_null(work.connection);
	assert_int_equal(q_probe_count(&work, &json), P_OK);
	assert_string_equal(probe_member(&work, json, "count"), "0");
	probe_done(&work);
}

static void a_lost_commit_is_not_called_done(void **state)
{
	struct work work = probe_work(*state, DB_ADMIN, NULL);

	work_begin(&work, WORK_WRITE);
	assert_int_equal(q_probe_insert(&work, "1", NULL, NULL), P_OK);
	probe_owner(kill_backends);
	assert_int_equal(work_commit(&work), P_UNAVAILABLE);
	probe_done(&work);
	assert_works(*state);
}

static void a_slow_statement_is_cut(void **state)
{
	struct work work = probe_work(*state, DB_ADMIN, NULL);
	int64_t start_ms = monotonic_ms();
	const char *json;

	assert_int_equal(q_probe_fail(&work, &json, "timeout"), P_UNAVAILABLE);
	assert_in_range(monotonic_ms() - start_ms, TIMEOUT_MS - 50, TIMEOUT_MS + 1500);
	probe_done(&work);
	assert_works(*state);
}

/* A server that neither answers nor hangs up: only our own deadline helps. */
static void a_silent_server_is_given_up(void **state)
{
	struct work work = probe_work(*state, DB_ADMIN, NULL);
	struct db_state seen;
	int64_t start_ms;
	const char *json;
	enum problem p;
	pid_t backend;

	work_begin(&work, WORK_WRITE);
	assert_int_equal(q_probe_settings(&work, &json), P_OK);
	backend = (pid_t)strtol(probe_member(&work, json, "backend"), NULL, 10);
	assert_true(backend > 1);
	assert_int_equal(kill(backend, SIGSTOP), 0);
	start_ms = monotonic_ms();
	p = q_probe_settings(&work, &json);
	kill(backend, SIGCONT);
	assert_int_equal(p, P_UNAVAILABLE);
	assert_in_range(monotonic_ms() - start_ms, TIMEOUT_MS, TIMEOUT_MS + 2000);
	probe_done(&work);
	assert_works(*state);
	db_state(*state, &seen);
	assert_true(seen.reachable);
	assert_int_equal(seen.in_use, 0);
}

static void silence_is_not_asked_twice(void **state)
{
	struct work work = probe_work(*state, DB_ADMIN, NULL);
	int64_t start_ms;
	const char *json;
	enum problem p;
	pid_t backend;

	assert_int_equal(q_probe_settings(&work, &json), P_OK);
	backend = (pid_t)strtol(probe_member(&work, json, "backend"), NULL, 10);
	assert_true(backend > 1);
	assert_int_equal(kill(backend, SIGSTOP), 0);
	start_ms = monotonic_ms();
	p = q_probe_settings(&work, &json);
	kill(backend, SIGCONT);
	assert_int_equal(p, P_UNAVAILABLE);
	assert_in_range(monotonic_ms() - start_ms, TIMEOUT_MS, TIMEOUT_MS + 2000);
	probe_done(&work);
	assert_works(*state);
}

static void everyone_waits_a_little(void **state)
{
	struct work holders[POOL], late = probe_work(*state, DB_CLIENT, ADA);
	int64_t start_ms;
	const char *json;

	for (int i = 0; i < POOL; i++) {
		holders[i] = probe_work(*state, DB_ADMIN, NULL);
		work_begin(&holders[i], WORK_WRITE);
		assert_int_equal(q_probe_count(&holders[i], &json), P_OK);
	}
	start_ms = monotonic_ms();
	assert_int_equal(q_probe_count(&late, &json), P_OVERLOADED);
	assert_in_range(monotonic_ms() - start_ms, 450, 2000);
	assert_true(late.retry_after_s > 0);
	for (int i = 0; i < POOL; i++)
		probe_done(&holders[i]);
	/* Now the admins' connections serve a client. */
	assert_int_equal(q_probe_count(&late, &json), P_OK);
	probe_done(&late);
}

struct worker {
	pthread_t thread;
	struct db *db;
	int number;
	int wrong;
};

/* cmocka's assertions belong to the main thread. */
static void read_once(struct worker *worker, enum db_role role)
{
	struct arena *names = arena_new();
	const char *actor = arena_printf(
		names, "00000000-0000-7000-8000-%012d", worker->number * 1000 + (int)role);
	struct work work = probe_work(worker->db, role, actor);
	const char *json;
	enum problem p;

	do
		p = q_probe_settings(&work, &json);
	while (p == P_OVERLOADED);
	if (p != P_OK || !strstr(json, actor) || !strstr(json, db_role_name(role)))
		worker->wrong++;
	probe_done(&work);
	arena_free(names);
}

static void write_once(struct worker *worker, bool commit)
{
	struct work work = probe_work(worker->db, DB_WORKER, NULL);
	const char *json;
	enum problem p;

	work_begin(&work, WORK_WRITE);
	do
		p = q_probe_bump(&work, &json, "1");
	while (p == P_OVERLOADED);
	if (p != P_OK)
		worker->wrong++;
	if (commit && work_commit(&work) != P_OK)
		worker->wrong++;
	probe_done(&work);
}

static void *work_hard(void *argument)
{
	struct worker *worker = argument;

	for (int round = 0; round < ROUNDS; round++) {
		read_once(worker, (enum db_role)(round % DB_ROLE_COUNT));
		if (round % 4 == 0)
			write_once(worker, round % 8 == 0);
	}
	return NULL;
}

static void threads_do_not_meet(void **state)
{
	struct worker workers[THREADS];
	struct work work = probe_work(*state, DB_ADMIN, NULL);
	struct db_state seen;
	const char *json;

	probe_owner("INSERT INTO probe.probe (probe_id) VALUES (1)");
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){.db = *state, .number = i + 1};
		pthread_create(&workers[i].thread, NULL, work_hard, &workers[i]);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		assert_int_equal(workers[i].wrong, 0);
	}
	work_begin(&work, WORK_WRITE);
	assert_int_equal(q_probe_bump(&work, &json, "1"), P_OK);
	/* 8 of 60 rounds of each thread were committed, and this one counts itself. */
	assert_int_equal(strtol(probe_member(&work, json, "count"), NULL, 10),
		THREADS * ((ROUNDS + 7) / 8) + 1);
	probe_done(&work);
	db_state(*state, &seen);
	assert_int_equal(seen.in_use, 0);
	assert_int_equal(seen.waiting, 0);
	assert_true(seen.connections <= POOL);
}

static void *keep_asking(void *argument)
{
	struct worker *worker = argument;

	for (int round = 0; round < ROUNDS; round++) {
		struct work work = probe_work(worker->db, DB_ADMIN, NULL);
		const char *json;
		enum problem p = q_probe_settings(&work, &json);

		if (p != P_OK && p != P_UNAVAILABLE && p != P_OVERLOADED)
			worker->wrong++;
		probe_done(&work);
	}
	return NULL;
}

/* Backends die under the threads' hands: nothing worse than a 503, and no place is lost. */
static void threads_survive_the_server(void **state)
{
	struct worker workers[THREADS];
	struct db_state seen;

	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){.db = *state, .number = i + 1};
		pthread_create(&workers[i].thread, NULL, keep_asking, &workers[i]);
	}
	for (int i = 0; i < 10; i++)
		probe_owner(kill_backends);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		assert_int_equal(workers[i].wrong, 0);
	}
	db_state(*state, &seen);
	assert_int_equal(seen.in_use, 0);
	assert_true(seen.connections >= 0 && seen.connections <= POOL);
	probe_owner("SELECT pg_sleep(0.6)"); /* longer than the pool stays away */
	assert_works(*state);
}

static void *wake_later(void *listener)
{
	probe_owner("SELECT pg_sleep(0.1)");
	db_listener_wake(listener);
	return NULL;
}

static void *notify_later(void *listener)
{
	(void)listener;
	probe_owner("SELECT pg_sleep(0.1); NOTIFY probe");
	return NULL;
}

static void wait_is_ended_by(struct db_listener *listener, void *(*run)(void *))
{
	int64_t start_ms = monotonic_ms();
	pthread_t thread;

	pthread_create(&thread, NULL, run, listener);
	assert_true(db_listener_wait(listener, 10000));
	assert_in_range(monotonic_ms() - start_ms, 0, 5000);
	pthread_join(thread, NULL);
}

static void listener_hears(void **state)
{
	struct db_listener *listener = db_listen(probe_setting("CARE_TEST_URL"), "probe");

	(void)state;
	assert_false(db_listener_wait(listener, 1)); /* opens */
	assert_false(db_listener_wait(listener, 50));
	wait_is_ended_by(listener, wake_later);
	wait_is_ended_by(listener, notify_later);
	probe_owner("NOTIFY probe");
	assert_true(db_listener_wait(listener, 5000));
	assert_false(db_listener_wait(listener, 0));
	probe_owner(kill_backends);
	assert_false(db_listener_wait(listener, 5000));
	assert_false(db_listener_wait(listener, 5000)); /* opens again */
	wait_is_ended_by(listener, notify_later);
	db_listener_close(listener);
}

static void listener_waits_for_the_server(void **state)
{
	struct db_listener *listener = db_listen(probe_setting("CARE_TEST_AWAY_URL"), "probe");
	int64_t start_ms = monotonic_ms();

	(void)state;
	assert_false(db_listener_wait(listener, 200));
	assert_in_range(monotonic_ms() - start_ms, 150, 3000);
	wait_is_ended_by(listener, wake_later);
	db_listener_close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			dead_idle_connections_are_replaced, open_pool, close_pool),
		cmocka_unit_test_setup_teardown(
			a_first_query_is_asked_again, open_pool, close_pool),
		cmocka_unit_test_setup_teardown(silence_is_not_asked_twice, open_pool, close_pool),
		cmocka_unit_test_setup_teardown(
			a_transaction_does_not_survive_its_connection, open_pool, close_pool),
		cmocka_unit_test_setup_teardown(
			a_lost_commit_is_not_called_done, open_pool, close_pool),
		cmocka_unit_test_setup_teardown(a_slow_statement_is_cut, open_pool, close_pool),
		cmocka_unit_test_setup_teardown(a_silent_server_is_given_up, open_pool, close_pool),
		cmocka_unit_test_setup_teardown(everyone_waits_a_little, open_pool, close_pool),
		cmocka_unit_test_setup_teardown(threads_do_not_meet, open_pool, close_pool),
		cmocka_unit_test_setup_teardown(threads_survive_the_server, open_pool, close_pool),
		cmocka_unit_test(listener_hears),
		cmocka_unit_test(listener_waits_for_the_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
