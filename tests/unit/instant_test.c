/* Instants: what is parsed and refused, and clocks that change. The expected values were taken from
 * date(1); tests/property compares many more with Python. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "lib/core/instant.h"

static int open_arena(void **state)
{
	*state = arena_new();
	return 0;
}

static int close_arena(void **state)
{
	arena_free(*state);
	return 0;
}

static void now_is_now(void **state)
{
	int64_t before_s = g_get_real_time() / 1000000;
	int64_t now_s = instant_now_s();
	int64_t now_ms = instant_now_ms();
	int64_t after_s = g_get_real_time() / 1000000;

	assert_in_range(now_s, before_s, after_s);
	assert_in_range(now_ms / 1000, before_s, after_s);
	(void)state;
}

static void zones_are_names_of_tzdata(void **state)
{
	static const struct {
		const char *zone;
		bool is_known;
	} rows[] = {
		{"Africa/Lagos", true},
		{"America/Argentina/Buenos_Aires", true},
		{"America/Port-au-Prince", true},
		{"Etc/GMT+5", true},
		{"UTC", true},
		{"EST5EDT", true},
		{NULL, false},
		{"", false},
		{"local", false},
		{"localtime", false},
		{"Africa", false}, /* a folder */
		{"Africa/", false},
		{"Africa/Atlantis", false},
		{"africa/lagos", false},
		{"+01:00", false},
		{"UTC+1", false},
		{"EST5", false}, /* POSIX rules, which GLib would take */
		{"Z", false},
		{"/usr/share/zoneinfo/UTC", false},
		{"../zoneinfo/UTC", false},
		{"Africa/../UTC", false},
		{"posix/UTC", false},
		{"right/UTC", false}, /* counts leap seconds */
		{"tzdata.zi", false},
		{"Africa/Lagos ", false},
		{"Africa/Lagos\n", false},
		{"Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		if (zone_is_known(rows[i].zone) != rows[i].is_known)
			fail_msg("%s should be %s", rows[i].zone,
				rows[i].is_known ? "known" : "unknown");
	(void)state;
}

static void good_timestamps_are_parsed(void **state)
{
	static const struct {
		const char *text;
		int64_t instant_s;
	} rows[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"2026-11-22T09:00:00Z", 1795338000},
		{"2026-11-22t09:00:00z", 1795338000},
		{"2026-11-22T10:00:00+01:00", 1795338000},
		{"2026-11-22T03:30:00-05:30", 1795338000},
		{"2026-11-22T09:00:00-00:00", 1795338000},
		{"2026-11-22T09:00:00.999999999999Z", 1795338000},
		{"2024-02-29T23:59:59Z", 1709251199},
		{"1969-12-31T23:59:59.9Z", -1},
		{"0001-01-01T00:00:00Z", INSTANT_MIN_S},
		{"9999-12-31T23:59:59Z", INSTANT_MAX_S},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		int64_t instant_s = 42;

		if (!instant_parse(rows[i].text, &instant_s) || instant_s != rows[i].instant_s)
			fail_msg("%s gave %" PRId64, rows[i].text, instant_s);
	}
	(void)state;
}

static void bad_timestamps_are_refused(void **state)
{
	static const char *const rows[] = {NULL, "", "2026-11-22", "2026-11-22T09:00Z",
		"2026-11-22T09:00:00", "2026-11-22 09:00:00Z", "2026-11-22T09:00:00z ",
		" 2026-11-22T09:00:00Z", "2026-11-22T09:00:00.Z", "2026-11-22T09:00:00,5Z",
		"2026-11-22T09:00:60Z", "2026-11-22T24:00:00Z", "2026-11-22T09:60:00Z",
		"2026-02-29T09:00:00Z", "2026-13-01T09:00:00Z", "2026-00-01T09:00:00Z",
		"2026-11-00T09:00:00Z", "2026-11-31T09:00:00Z", "26-11-22T09:00:00Z",
		"2026-1-22T09:00:00Z", "+2026-11-22T09:00:00Z", "-026-11-22T09:00:00Z",
		"2026-11-22T09:00:00+1:00", "2026-11-22T09:00:00+0100", "2026-11-22T09:00:00+01",
		"2026-11-22T09:00:00+24:00", "2026-11-22T09:00:00+01:60", "2026-11-22T09:00:00ZZ",
		"20261122T090000Z", "2026-W47-7T09:00:00Z", "0000-01-01T00:00:00Z",
		"0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		int64_t instant_s = 42;

		if (instant_parse(rows[i], &instant_s))
			fail_msg("%s gave %" PRId64, rows[i], instant_s);
		assert_int_equal(instant_s, 42);
	}
	(void)state;
}

static void instants_are_written(void **state)
{
	struct arena *arena = *state;

	assert_string_equal(instant_format_utc(arena, 1795338000), "2026-11-22T09:00:00Z");
	assert_string_equal(instant_format_utc(arena, -1), "1969-12-31T23:59:59Z");
	assert_string_equal(instant_format_utc(arena, INT64_MIN), "0001-01-01T00:00:00Z");
	assert_string_equal(instant_format_utc(arena, INT64_MAX), "9999-12-31T23:59:59Z");
	assert_string_equal(instant_format_zone(arena, 1795338000, "Africa/Lagos"),
		"2026-11-22T10:00:00+01:00");
	assert_string_equal(instant_format_zone(arena, 1795338000, "America/St_Johns"),
		"2026-11-22T05:30:00-03:30");
	/* Liberia was 44 min 30 s behind until 1972: what is written is still the instant. */
	assert_string_equal(
		instant_format_zone(arena, 0, "Africa/Monrovia"), "1969-12-31T23:16:00-00:44");
	assert_null(instant_format_zone(arena, 1795338000, "Africa/Atlantis"));
	assert_null(instant_format_zone(arena, INT64_MAX, "UTC"));
	assert_null(instant_format_zone(arena, INSTANT_MAX_S, "Africa/Lagos"));
}

static void people_read_instants(void **state)
{
	struct arena *arena = *state;

	assert_string_equal(instant_format_person(arena, 1795338000, "Africa/Lagos"),
		"Sunday 22 November 2026, 10:00 (WAT)");
	assert_string_equal(instant_format_person(arena, 1795338000, "Asia/Kathmandu"),
		"Sunday 22 November 2026, 14:45 (UTC+05:45)");
	assert_string_equal(instant_format_person(arena, 1782896400, "Europe/London"),
		"Wednesday 1 July 2026, 10:00 (BST)");
	assert_string_equal(instant_format_person(arena, 1795338000, "America/Sao_Paulo"),
		"Sunday 22 November 2026, 06:00 (UTC-03:00)");
	assert_null(instant_format_person(arena, 1795338000, "+01:00"));
	assert_null(instant_format_person(arena, INT64_MIN, "UTC"));
}

/* Each row is a civil time, the instant it means, and the civil time of that instant when it is
 * another one. */
static const struct {
	const char *zone;
	struct civil civil;
	int64_t instant_s;
	int hour_back;
} civil_rows[] = {
	{"Africa/Lagos", {2026, 11, 22, 10, 0, 0}, 1795338000, 10},
	{"Europe/London", {2026, 3, 29, 0, 59, 59}, 1774745999, 0},
	{"Europe/London", {2026, 3, 29, 1, 30, 0}, 1774747800, 2},  /* in the gap */
	{"Europe/London", {2026, 10, 25, 1, 30, 0}, 1792888200, 1}, /* happens twice */
	{"Europe/London", {2026, 10, 25, 2, 0, 0}, 1792893600, 2},
	{"America/New_York", {2026, 3, 8, 2, 30, 0}, 1772955000, 3},
	{"America/New_York", {2026, 11, 1, 1, 30, 0}, 1793511000, 1},
	{"Australia/Lord_Howe", {2026, 10, 4, 2, 15, 0}, 1791042300, 2}, /* a gap of half an hour */
	{"Pacific/Apia", {2011, 12, 30, 12, 0, 0}, 1325282400, 12},      /* a day that never was */
};

static void civil_times_are_instants(void **state)
{
	for (size_t i = 0; i < G_N_ELEMENTS(civil_rows); i++) {
		struct civil back = {0};
		int64_t instant_s = 42;

		assert_true(
			instant_from_civil(&civil_rows[i].civil, civil_rows[i].zone, &instant_s));
		if (instant_s != civil_rows[i].instant_s)
			fail_msg("row %zu gave %" PRId64, i, instant_s);
		assert_true(instant_to_civil(instant_s, civil_rows[i].zone, &back));
		assert_int_equal(back.hour, civil_rows[i].hour_back);
		assert_int_equal(back.second, civil_rows[i].civil.second);
	}
	(void)state;
}

static void impossible_civil_times_are_refused(void **state)
{
	static const struct civil rows[] = {{2026, 2, 29, 0, 0, 0}, {2026, 0, 1, 0, 0, 0},
		{2026, 13, 1, 0, 0, 0}, {2026, 1, 0, 0, 0, 0}, {2026, 4, 31, 0, 0, 0},
		{2026, 1, 1, 24, 0, 0}, {2026, 1, 1, -1, 0, 0}, {2026, 1, 1, 0, 60, 0},
		{2026, 1, 1, 0, 0, 60}, {0, 1, 1, 0, 0, 0}, {10000, 1, 1, 0, 0, 0},
		{1, 1, 1, 0, 0, 0} /* before the first instant in Lagos */};
	static const struct civil good = {2026, 1, 1, 0, 0, 0};
	struct civil civil = {.year = 42};
	int64_t instant_s = 42;

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		assert_false(instant_from_civil(&rows[i], "Africa/Lagos", &instant_s));
	assert_false(instant_from_civil(&good, "Africa/Atlantis", &instant_s));
	assert_int_equal(instant_s, 42);
	assert_false(instant_to_civil(0, "Africa/Atlantis", &civil));
	assert_false(instant_to_civil(INT64_MAX, "UTC", &civil));
	assert_false(instant_to_civil(INT64_MIN, "UTC", &civil));
	assert_int_equal(civil.year, 42);
	(void)state;
}

static const char *const thread_zones[] = {"Africa/Lagos", "Europe/London", "America/New_York",
	"Asia/Tokyo", "Asia/Dubai", "Europe/Paris", "America/Toronto", "Africa/Accra"};

/* Each of the hours back must be the same civil hour, whichever thread loaded the zone. */
static void *look_up_zones(void *unused)
{
	intptr_t mistakes = 0;

	for (int i = 0; i < 20000; i++) {
		const char *zone = thread_zones[i % (int)G_N_ELEMENTS(thread_zones)];
		struct civil civil = {2026, 6, 15, 12, i % 60, 0};
		struct civil back = {0};
		int64_t instant_s = 0;

		if (!instant_from_civil(&civil, zone, &instant_s) ||
			!instant_to_civil(instant_s, zone, &back) ||
			memcmp(&civil, &back, sizeof(civil)) != 0)
			mistakes++;
	}
	(void)unused;
	return (void *)mistakes;
}

static void zones_are_safe_in_threads(void **state)
{
	GThread *threads[4];

	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("zones", look_up_zones, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		assert_null(g_thread_join(threads[i]));
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zones_are_safe_in_threads),
		cmocka_unit_test(now_is_now),
		cmocka_unit_test(zones_are_names_of_tzdata),
		cmocka_unit_test(good_timestamps_are_parsed),
		cmocka_unit_test(bad_timestamps_are_refused),
		cmocka_unit_test_setup_teardown(instants_are_written, open_arena, close_arena),
		cmocka_unit_test_setup_teardown(people_read_instants, open_arena, close_arena),
		cmocka_unit_test(civil_times_are_instants),
		cmocka_unit_test(impossible_civil_times_are_refused),
	};

	return cmocka_run_group_tests_name("instant", tests, NULL, NULL);
}
