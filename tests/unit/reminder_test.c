/* Reminder planning: every rule, and the nights on which clocks change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/core/instant.h"
#include "lib/domain/reminder.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define AT(hour, minute) ((hour)*60 + (minute))

static const char *const early = "2020-01-01T00:00:00Z";

struct row {
	const char *zone;
	int quiet_from_min, quiet_until_min;
	const char *now, *start, *send;
	enum reminder_rule rule;
};

static const struct row window_rows[] = {
	/* 12 h before lies in the day, at either edge of the night, or inside it. */
	{"Africa/Lagos", AT(21, 0), AT(7, 0), NULL, "2026-11-22T20:00:00+01:00",
		"2026-11-22T08:00:00+01:00", REMINDER_PREFERRED},
	{"Africa/Lagos", AT(21, 0), AT(7, 0), NULL, "2026-11-22T19:00:00+01:00",
		"2026-11-22T07:00:00+01:00", REMINDER_PREFERRED},
	{"Africa/Lagos", AT(21, 0), AT(7, 0), NULL, "2026-11-22T18:59:00+01:00",
		"2026-11-22T07:00:00+01:00", REMINDER_MOVED_LATER},
	{"Africa/Lagos", AT(21, 0), AT(7, 0), NULL, "2026-11-22T13:00:00+01:00",
		"2026-11-22T07:00:00+01:00", REMINDER_MOVED_LATER},
	{"Africa/Lagos", AT(21, 0), AT(7, 0), NULL, "2026-11-23T08:59:59+01:00",
		"2026-11-22T20:59:59+01:00", REMINDER_PREFERRED},
	/* All quiet from 12 h to 6 h before: the end that is nearer to the day. */
	{"Africa/Lagos", AT(21, 0), AT(7, 0), NULL, "2026-11-22T12:59:00+01:00",
		"2026-11-22T06:59:00+01:00", REMINDER_WINDOW_QUIET},
	{"Africa/Lagos", AT(21, 0), AT(7, 0), NULL, "2026-11-23T09:00:00+01:00",
		"2026-11-22T21:00:00+01:00", REMINDER_WINDOW_QUIET},
	{"Africa/Lagos", AT(21, 0), AT(7, 0), NULL, "2026-11-23T11:00:00+01:00",
		"2026-11-22T23:00:00+01:00", REMINDER_WINDOW_QUIET}, /* as far: the beginning */
	{"Africa/Lagos", AT(21, 0), AT(7, 0), NULL, "2026-11-23T11:01:00+01:00",
		"2026-11-23T05:01:00+01:00", REMINDER_WINDOW_QUIET},
	/* Quiet hours inside one day, none, and nearly always. */
	{"Africa/Lagos", AT(13, 0), AT(15, 0), NULL, "2026-11-23T02:00:00+01:00",
		"2026-11-22T15:00:00+01:00", REMINDER_MOVED_LATER},
	{"Africa/Lagos", AT(7, 0), AT(7, 0), NULL, "2026-11-22T15:00:00+01:00",
		"2026-11-22T03:00:00+01:00", REMINDER_PREFERRED},
	{"Africa/Lagos", AT(0, 1), AT(0, 0), NULL, "2026-11-22T10:00:00+01:00",
		"2026-11-22T00:00:00+01:00", REMINDER_MOVED_LATER},
	{"Africa/Lagos", AT(0, 0), AT(23, 59), NULL, "2026-11-22T14:00:00+01:00",
		"2026-11-22T02:00:00+01:00", REMINDER_WINDOW_QUIET},
};

static const struct row booking_rows[] = {
	{"Africa/Lagos", AT(21, 0), AT(7, 0), "2026-11-22T08:00:00+01:00",
		"2026-11-22T20:00:00+01:00", "2026-11-22T08:00:00+01:00", REMINDER_PREFERRED},
	{"Africa/Lagos", AT(21, 0), AT(7, 0), "2026-11-22T08:00:01+01:00",
		"2026-11-22T20:00:00+01:00", "2026-11-22T08:00:01+01:00", REMINDER_BOOKED_INSIDE},
	{"Africa/Lagos", AT(21, 0), AT(7, 0), "2026-11-22T14:00:00+01:00",
		"2026-11-22T20:00:00+01:00", "2026-11-22T14:00:00+01:00", REMINDER_BOOKED_INSIDE},
	{"Africa/Lagos", AT(21, 0), AT(7, 0), "2026-11-22T14:00:01+01:00",
		"2026-11-22T20:00:00+01:00", "2026-11-22T14:00:01+01:00", REMINDER_BOOKED_LATE},
	/* Booked at night: when the night ends, or at the better end of what is left. */
	{"Africa/Lagos", AT(21, 0), AT(7, 0), "2026-11-22T03:00:17+01:00",
		"2026-11-22T14:00:00+01:00", "2026-11-22T07:00:00+01:00", REMINDER_BOOKED_INSIDE},
	{"Africa/Lagos", AT(21, 0), AT(7, 0), "2026-11-22T03:00:17+01:00",
		"2026-11-22T11:00:00+01:00", "2026-11-22T05:00:00+01:00", REMINDER_WINDOW_QUIET},
	{"Africa/Lagos", AT(21, 0), AT(7, 0), "2026-11-21T22:30:17+01:00",
		"2026-11-22T10:00:00+01:00", "2026-11-21T22:30:17+01:00", REMINDER_WINDOW_QUIET},
	/* Booked later than 6 h before: at once, also at night; to the last second. */
	{"Africa/Lagos", AT(21, 0), AT(7, 0), "2026-11-22T03:00:00+01:00",
		"2026-11-22T08:00:00+01:00", "2026-11-22T03:00:00+01:00", REMINDER_BOOKED_LATE},
	{"Africa/Lagos", AT(21, 0), AT(7, 0), "2026-11-22T19:59:59+01:00",
		"2026-11-22T20:00:00+01:00", "2026-11-22T19:59:59+01:00", REMINDER_BOOKED_LATE},
};

static const struct row clock_rows[] = {
	/* London loses an hour at 01:00 on 29 March: 12 elapsed hours before 19:30 is 06:30 GMT
	 * shown as 07:30; before 13:30 it is 00:30, and the night is an hour shorter. */
	{"Europe/London", AT(21, 0), AT(7, 0), NULL, "2026-03-29T19:30:00+01:00",
		"2026-03-29T07:30:00+01:00", REMINDER_PREFERRED},
	{"Europe/London", AT(21, 0), AT(7, 0), NULL, "2026-03-29T13:30:00+01:00",
		"2026-03-29T07:00:00+01:00", REMINDER_MOVED_LATER},
	{"Europe/London", AT(21, 0), AT(7, 0), NULL, "2026-03-29T09:30:00+01:00",
		"2026-03-28T20:30:00Z", REMINDER_PREFERRED},
	/* Quiet hours that end inside the hour that is skipped end when the clock jumps; those
	 * that lie inside it never come. */
	{"Europe/London", AT(21, 0), AT(1, 30), NULL, "2026-03-29T12:30:00+01:00",
		"2026-03-29T01:00:00Z", REMINDER_MOVED_LATER},
	{"Europe/London", AT(1, 10), AT(1, 50), NULL, "2026-03-29T14:00:00+01:00",
		"2026-03-29T01:00:00Z", REMINDER_PREFERRED},
	/* London repeats 01:00 to 02:00 on 25 October: both are quiet. */
	{"Europe/London", AT(21, 0), AT(7, 0), NULL, "2026-10-25T09:30:00Z",
		"2026-10-24T22:30:00+01:00", REMINDER_WINDOW_QUIET},
	{"Europe/London", AT(21, 0), AT(1, 30), NULL, "2026-10-25T12:15:00Z",
		"2026-10-25T01:30:00+01:00", REMINDER_MOVED_LATER},
	{"Europe/London", AT(21, 0), AT(1, 30), NULL, "2026-10-25T13:15:00Z",
		"2026-10-25T01:30:00Z", REMINDER_MOVED_LATER},
	{"America/New_York", AT(22, 0), AT(8, 0), NULL, "2026-11-01T14:00:00-05:00",
		"2026-11-01T08:00:00-05:00", REMINDER_MOVED_LATER},
	{"Australia/Sydney", AT(22, 0), AT(8, 0), NULL, "2026-10-04T15:00:00+11:00",
		"2026-10-04T08:00:00+11:00", REMINDER_MOVED_LATER},
	/* Lord Howe Island moves by half an hour. */
	{"Australia/Lord_Howe", AT(22, 0), AT(2, 15), NULL, "2026-10-04T13:30:00+11:00",
		"2026-10-04T02:30:00+11:00", REMINDER_MOVED_LATER},
};

static int64_t parse(const char *text)
{
	int64_t instant_s = 0;

	assert_true(instant_parse(text, &instant_s));
	return instant_s;
}

static struct reminder_request request_of(const struct row *row)
{
	return (struct reminder_request){.start_at_s = parse(row->start),
		.now_s = parse(row->now ? row->now : early),
		.client_zone = row->zone,
		.quiet_from_min = row->quiet_from_min,
		.quiet_until_min = row->quiet_until_min};
}

static void assert_plans(const char *table, const struct row *rows, size_t count)
{
	struct arena *arena = arena_new();

	for (size_t i = 0; i < count; i++) {
		struct reminder_request request = request_of(&rows[i]);
		struct reminder_plan plan = {0};

		assert_true(reminder_plan(&request, &plan));
		if (plan.send_at_s != parse(rows[i].send) || plan.rule != rows[i].rule)
			fail_msg("%s row %zu: %s, %s", table, i,
				instant_format_zone(arena, plan.send_at_s, rows[i].zone),
				reminder_rule_name(plan.rule));
	}
	arena_free(arena);
}

static void the_window_avoids_the_night(void **state)
{
	assert_plans("window", window_rows, COUNT(window_rows));
	(void)state;
}

static void late_bookings_are_reminded_at_once(void **state)
{
	assert_plans("booking", booking_rows, COUNT(booking_rows));
	(void)state;
}

static void changing_clocks_are_followed(void **state)
{
	assert_plans("clock", clock_rows, COUNT(clock_rows));
	(void)state;
}

static void a_started_booking_has_none(void **state)
{
	struct reminder_request request = request_of(&window_rows[0]);
	struct reminder_plan plan = {.rule = REMINDER_PREFERRED};

	request.now_s = request.start_at_s;
	assert_false(reminder_plan(&request, &plan));
	assert_int_equal(plan.rule, REMINDER_STARTED);
	plan.rule = REMINDER_PREFERRED;
	request.now_s = INT64_MAX;
	assert_false(reminder_plan(&request, &plan));
	assert_int_equal(plan.rule, REMINDER_STARTED);
	request.now_s = INT64_MIN;
	assert_true(reminder_plan(&request, &plan));
	assert_int_equal(plan.rule, REMINDER_PREFERRED);
	(void)state;
}

static void nonsense_is_refused(void **state)
{
	const struct reminder_request good = request_of(&window_rows[0]);
	struct reminder_request rows[] = {good, good, good, good, good, good, good, good};
	struct reminder_plan plan = {42, REMINDER_WINDOW_QUIET};

	rows[0].client_zone = "Africa/Atlantis";
	rows[1].client_zone = NULL;
	rows[2].quiet_from_min = -1;
	rows[3].quiet_from_min = 1440;
	rows[4].quiet_until_min = -1;
	rows[5].quiet_until_min = 1440;
	rows[6].start_at_s = INT64_MAX;
	rows[7].start_at_s = INT64_MIN;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_false(reminder_plan(&rows[i], &plan));
	assert_int_equal(plan.send_at_s, 42);
	assert_int_equal(plan.rule, REMINDER_WINDOW_QUIET);
	(void)state;
}

static void every_rule_explains_itself(void **state)
{
	assert_string_equal(reminder_rule_name(REMINDER_PREFERRED), "preferred");
	assert_string_equal(reminder_rule_name(REMINDER_STARTED), "started");
	for (int rule = REMINDER_PREFERRED; rule <= REMINDER_STARTED; rule++) {
		assert_non_null(reminder_rule_name((enum reminder_rule)rule));
		assert_non_null(reminder_rule_text((enum reminder_rule)rule));
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_window_avoids_the_night),
		cmocka_unit_test(late_bookings_are_reminded_at_once),
		cmocka_unit_test(changing_clocks_are_followed),
		cmocka_unit_test(a_started_booking_has_none),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(every_rule_explains_itself),
	};

	return cmocka_run_group_tests_name("reminder", tests, NULL, NULL);
}
