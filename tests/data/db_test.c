/* lib/data's database: who asks, what errors mean, and what a transaction leaves behind. */
#include "tests/data/probe.h"

#include <string.h>

#define ADA "00000000-0000-7000-8000-00000000000a"
#define BEN "00000000-0000-7000-8000-00000000000b"
#define LINK "00000000-0000-7000-8000-00000000000c"

static int open_pool(void **state)
{
	*state = probe_open(3);
	return 0;
}

static int close_pool(void **state)
{
	db_close(*state);
	return 0;
}

static int empty_table(void **state)
{
	(void)state;
	probe_owner("DELETE FROM probe.probe");
	return 0;
}

static void assert_member(struct work *work, const char *json, const char *name, const char *value)
{
	assert_string_equal(probe_member(work, json, name), value);
}

static void read_tells_who_asks(void **state)
{
	struct work work = probe_work(*state, DB_CLIENT, ADA);
	const char *json;

	work.link_id = LINK;
	assert_int_equal(q_probe_settings(&work, &json), P_OK);
	assert_member(&work, json, "role", "app_client");
	assert_member(&work, json, "user_id", ADA);
	assert_member(&work, json, "link_id", LINK);
	assert_member(&work, json, "request_id", "probe-1");
	assert_member(&work, json, "read_only", "on");
	probe_done(&work);
}

static void nothing_leaks_to_the_next(void **state)
{
	struct work work = probe_work(*state, DB_CLIENT, ADA), next;
	const char *json, *backend;

	assert_int_equal(q_probe_settings(&work, &json), P_OK);
	backend = probe_member(&work, json, "backend");
	next = probe_work(*state, DB_CLIENT, NULL);
	next.request_id = NULL;
	assert_int_equal(q_probe_settings(&next, &json), P_OK);
	assert_member(&next, json, "backend", backend);
	assert_member(&next, json, "user_id", "");
	assert_member(&next, json, "request_id", "");
	probe_done(&next);
	probe_done(&work);
}

static void write_tells_who_asks(void **state)
{
	struct work work = probe_work(*state, DB_ADMIN, BEN);
	const char *json, *backend;

	work_begin(&work, WORK_WRITE);
	assert_int_equal(q_probe_settings(&work, &json), P_OK);
	assert_member(&work, json, "role", "app_admin");
	assert_member(&work, json, "read_only", "off");
	backend = probe_member(&work, json, "backend");
	assert_int_equal(q_probe_settings(&work, &json), P_OK);
	assert_member(&work, json, "user_id", BEN);
	assert_member(&work, json, "backend", backend);
	assert_int_equal(work_commit(&work), P_OK);
	assert_null(work.connection);
	probe_done(&work);
}

static void read_cannot_write(void **state)
{
	struct work work = probe_work(*state, DB_ADMIN, ADA);

	assert_int_equal(q_probe_insert(&work, "1", ADA, "1"), P_INTERNAL);
	assert_non_null(strstr(work.fault, "25006"));
	probe_done(&work);
}

static void count_is(struct db *db, enum db_role role, const char *actor, const char *count)
{
	struct work work = probe_work(db, role, actor);
	const char *json;

	assert_int_equal(q_probe_count(&work, &json), P_OK);
	assert_member(&work, json, "count", count);
	probe_done(&work);
}

static void policies_hold(void **state)
{
	struct work work = probe_work(*state, DB_WORKER, NULL);

	work_begin(&work, WORK_WRITE);
	assert_int_equal(q_probe_insert(&work, "1", ADA, NULL), P_OK);
	assert_int_equal(q_probe_insert(&work, "2", BEN, NULL), P_OK);
	assert_int_equal(work_commit(&work), P_OK);
	probe_done(&work);
	count_is(*state, DB_CLIENT, ADA, "1");
	count_is(*state, DB_CLIENT, NULL, "0");
	count_is(*state, DB_ADMIN, NULL, "2");
	work = probe_work(*state, DB_PUBLIC, NULL);
	assert_int_equal(q_probe_count(&work, &(const char *){NULL}), P_INTERNAL);
	assert_non_null(strstr(work.fault, "42501"));
	probe_done(&work);
}

static void rollback_leaves_nothing(void **state)
{
	struct work work = probe_work(*state, DB_ADMIN, ADA);

	work_begin(&work, WORK_WRITE);
	assert_int_equal(q_probe_insert(&work, "1", ADA, "1"), P_OK);
	work_rollback(&work);
	assert_int_equal(work.mode, WORK_READ);
	probe_done(&work);
	count_is(*state, DB_ADMIN, NULL, "0");
}

/* PostgreSQL answers COMMIT of a failed transaction with ROLLBACK and no error. */
static void commit_after_a_failure_is_one(void **state)
{
	struct work work = probe_work(*state, DB_ADMIN, ADA);

	work_begin(&work, WORK_WRITE);
	assert_int_equal(q_probe_insert(&work, "1", ADA, "1"), P_OK);
	assert_int_equal(q_probe_insert(&work, "2", ADA, "2"), P_SLOT_TAKEN);
	assert_int_equal(work_commit(&work), P_INTERNAL);
	probe_done(&work);
	count_is(*state, DB_ADMIN, NULL, "0");
}

static void deferred_constraint_speaks_at_commit(void **state)
{
	struct work work = probe_work(*state, DB_ADMIN, ADA);

	work_begin(&work, WORK_WRITE);
	assert_int_equal(q_probe_insert(&work, "1", ADA, "7"), P_OK);
	assert_int_equal(q_probe_insert(&work, "2", BEN, "7"), P_OK);
	assert_int_equal(work_commit(&work), P_BOOKING_EXISTS);
	assert_null(work.connection);
	probe_done(&work);
	count_is(*state, DB_ADMIN, NULL, "0");
}

static void rows_are_read_by_name(void **state)
{
	struct work work = probe_work(*state, DB_ADMIN, NULL);
	struct rows rows;

	work_begin(&work, WORK_WRITE);
	assert_int_equal(q_probe_insert(&work, "1", ADA, "4"), P_OK);
	assert_int_equal(q_probe_insert(&work, "2", NULL, "6"), P_OK);
	assert_int_equal(q_probe_list(&work, &rows, "10"), P_OK);
	assert_int_equal(rows.count, 2);
	assert_string_equal(rows_text(&rows, 0, "owner_id"), ADA);
	assert_null(rows_text(&rows, 1, "owner_id"));
	assert_int_equal(rows_integer(&rows, 1, "small"), 6);
	assert_false(rows_bool(&rows, 0, "large"));
	assert_true(rows_bool(&rows, 1, "large"));
	probe_done(&work);
}

static void one_is_one(void **state)
{
	struct work work = probe_work(*state, DB_ADMIN, NULL);
	const char *json = "untouched";

	assert_int_equal(q_probe_nothing(&work, &json), P_NOT_FOUND);
	assert_int_equal(q_probe_null(&work, &json), P_NOT_FOUND);
	assert_int_equal(q_probe_two(&work, &json), P_INTERNAL);
	assert_string_equal(json, "untouched");
	probe_done(&work);
}

static void text_passes_unharmed(void **state)
{
	static const char words[] = "Ìtọ́jú ₦ '; DROP TABLE probe; -- \\ \" $1 :words";
	struct work work = probe_work(*state, DB_ADMIN, NULL);
	char *large = arena_alloc(work.arena, 3000001);
	const char *json;

	assert_int_equal(q_probe_echo(&work, &json, words), P_OK);
	assert_member(&work, json, "text", words);
	/* More than the socket's buffers hold, both ways. */
	memset(large, 'x', 3000000);
	assert_int_equal(q_probe_echo(&work, &json, large), P_OK);
	assert_member(&work, json, "text", large);
	assert_int_equal(q_probe_echo(&work, &json, "\xff"), P_BAD_REQUEST);
	probe_done(&work);
}

static const struct {
	const char *what;
	enum problem problem;
	long retry_after_s;
} failures[] = {
	{"raise", P_SLOT_UNAVAILABLE, 0},
	{"raise unknown", P_INTERNAL, 0},
	{"unique", P_SLOT_TAKEN, 0},
	{"unnamed unique", P_INTERNAL, 0},
	{"check", P_BAD_REQUEST, 0},
	{"null", P_BAD_REQUEST, 0},
	{"parent", P_BAD_REQUEST, 0},
	{"strict", P_NOT_FOUND, 0},
	{"text", P_BAD_REQUEST, 0},
	{"timeout", P_UNAVAILABLE, 2},
	{"40001", P_SERIALIZATION_FAILURE, 1},
	{"40P01", P_SERIALIZATION_FAILURE, 1},
	{"55P03", P_UNAVAILABLE, 1},
	{"25006", P_UNAVAILABLE, 2},
	{"53300", P_UNAVAILABLE, 5},
	{"53100", P_UNAVAILABLE, 5},
	{"08006", P_UNAVAILABLE, 2},
	{"57P01", P_UNAVAILABLE, 2},
	{"54000", P_BAD_REQUEST, 0},
	{"42501", P_INTERNAL, 0},
	{"XX000", P_INTERNAL, 0},
};

static void errors_become_problems(void **state)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
		struct work work = probe_work(*state, DB_ADMIN, NULL);
		const char *json = NULL;
		enum problem p;

		work_begin(&work, WORK_WRITE);
		p = q_probe_fail(&work, &json, failures[i].what);
		if (p != failures[i].problem || work.retry_after_s != failures[i].retry_after_s)
			fail_msg("%s is %s (%s), retry after %ld s", failures[i].what,
				problem_info(p)->code, work.fault, work.retry_after_s);
		assert_non_null(work.fault);
		assert_null(json);
		probe_done(&work);
	}
	count_is(*state, DB_ADMIN, NULL, "0");
}

static void details_are_ours(void **state)
{
	struct work work = probe_work(*state, DB_ADMIN, NULL);
	const char *json;

	work_begin(&work, WORK_WRITE);
	q_probe_fail(&work, &json, "raise");
	assert_string_equal(work.detail, "Try Tuesday.");
	work_rollback(&work);
	assert_string_equal(work.detail, "Try Tuesday.");
	/* What a caller sent is neither told nor logged. */
	q_probe_fail(&work, &json, "text");
	assert_null(strstr(work.detail, "secret"));
	assert_null(strstr(work.fault, "secret"));
	assert_non_null(strstr(work.fault, "22P02"));
	probe_done(&work);
}

static void complaints_are_kept(void **state)
{
	struct work work = probe_work(*state, DB_ADMIN, NULL);

	assert_int_equal((fail)(&work, P_CONFLICT, "%d is %s", 7, "odd"), P_CONFLICT);
	assert_string_equal(work.detail, "7 is odd");
	for (int i = 0; i < 20; i++)
		assert_int_equal(fail_at(&work, P_BAD_REQUEST, "/a", "no %d", i), P_BAD_REQUEST);
	assert_int_equal(work.complaint_count, 16);
	assert_string_equal(work.complaints[15].pointer, "/a");
	assert_string_equal(work.complaints[15].message, "no 15");
	probe_done(&work);
}

static void refuses(const char *setting, unsigned roles, const char *why)
{
	const struct db_options options = {
		.url = probe_setting(setting),
		.application_name = "probe",
		.connections_max = 1,
		.statement_timeout_ms = TIMEOUT_MS,
		.roles = roles,
	};
	struct arena *arena = arena_new();
	const char *complaint = "opened";

	assert_null(db_open(&options, arena, &complaint));
	if (!strstr(complaint, why))
		fail_msg("%s: %s", setting, complaint);
	arena_free(arena);
}

static void start_is_refused(void **state)
{
	const unsigned every = (1U << DB_ROLE_COUNT) - 1;

	(void)state;
	refuses("CARE_TEST_OWNER_URL", every, "is a superuser");
	refuses("CARE_TEST_WORKER_URL", every, "may not take role app_");
	refuses("CARE_TEST_EMPTY_URL", every, "run carectl migrate");
	refuses("CARE_TEST_BARE_URL", every, "probe_insert does not fit the database");
	refuses("CARE_TEST_AWAY_URL", every, "connection to server");
	probe_owner("ALTER ROLE care_api INHERIT");
	refuses("CARE_TEST_URL", every, "must be NOINHERIT");
	probe_owner("ALTER ROLE care_api NOINHERIT");
	probe_owner("CREATE TABLE stray (); ALTER TABLE stray OWNER TO app_client");
	refuses("CARE_TEST_URL", every, "owns stray");
	probe_owner("DROP TABLE stray");
	probe_owner("ALTER ROLE care_api SET synchronous_commit = off");
	refuses("CARE_TEST_URL", every, "synchronous_commit is off");
	probe_owner("ALTER ROLE care_api RESET synchronous_commit");
}

static void level_is_compared(void **state)
{
	const unsigned every = (1U << DB_ROLE_COUNT) - 1;

	(void)state;
	probe_owner("INSERT INTO schema_migration VALUES (9999, 'later', '')");
	refuses("CARE_TEST_URL", every, "newer than this program");
	probe_owner("DELETE FROM schema_migration WHERE number = 9999");
	probe_owner("UPDATE schema_migration SET sha256 = 'x' || sha256 WHERE number = 1");
	refuses("CARE_TEST_URL", every, "0001_foundation was changed");
	probe_owner("UPDATE schema_migration SET sha256 = substr(sha256, 2) WHERE number = 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(read_tells_who_asks, empty_table),
		cmocka_unit_test_setup(nothing_leaks_to_the_next, empty_table),
		cmocka_unit_test_setup(write_tells_who_asks, empty_table),
		cmocka_unit_test_setup(read_cannot_write, empty_table),
		cmocka_unit_test_setup(policies_hold, empty_table),
		cmocka_unit_test_setup(rollback_leaves_nothing, empty_table),
		cmocka_unit_test_setup(commit_after_a_failure_is_one, empty_table),
		cmocka_unit_test_setup(deferred_constraint_speaks_at_commit, empty_table),
		cmocka_unit_test_setup(rows_are_read_by_name, empty_table),
		cmocka_unit_test_setup(one_is_one, empty_table),
		cmocka_unit_test_setup(text_passes_unharmed, empty_table),
		cmocka_unit_test_setup(errors_become_problems, empty_table),
		cmocka_unit_test_setup(details_are_ours, empty_table),
		cmocka_unit_test(complaints_are_kept),
		cmocka_unit_test(start_is_refused),
		cmocka_unit_test(level_is_compared),
	};

	return cmocka_run_group_tests(tests, open_pool, close_pool);
}
