/* What Cal.com's replies become: envelopes, messages, versions, shapes of a booking. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/canned.h"

#include "lib/provider/calcom_reply.h"

#define ERROR_A(code, message)                                                                     \
	"{\"status\":\"error\",\"timestamp\":\"2025-01-01T00:00:00.000Z\",\"path\":\"/v2/"         \
	"bookings\","                                                                              \
	"\"error\":{\"code\":\"" code "\",\"message\":\"" message "\",\"details\":{}}}"
#define ERROR_B(status, message) "{\"statusCode\":" #status ",\"message\":\"" message "\"}"
#define SUCCESS(data) "{\"status\":\"success\",\"data\":" data "}"
#define BOOKING(members)                                                                           \
	"{\"id\":123,\"uid\":\"5vQFqxDFMjdgKGMijqtqRw\",\"status\":\"accepted\","                  \
	"\"start\":\"2026-11-22T09:00:00.000Z\",\"end\":\"2026-11-22T09:30:00.000Z\"" members "}"

enum { START_S = 1795338000 /* 2026-11-22T09:00:00Z */ };

static const struct {
	int status;
	enum outcome outcome;
	const char *body;
	const char *code;
} failures[] = {
	{400, OUTCOME_REFUSED,
		ERROR_A("BadRequestException",
			"User either already has booking at this time or is not available"),
		"slot_taken"},
	{400, OUTCOME_REFUSED,
		ERROR_A("BadRequestException",
			"One of the hosts either already has booking at this "
			"time or is not available"),
		"slot_taken"},
	{400, OUTCOME_REFUSED,
		ERROR_B(400, "User either already has booking at this time or is not available"),
		"slot_taken"},
	{409, OUTCOME_REFUSED, ERROR_B(409, "booking_conflict_error"), "slot_taken"},
	{409, OUTCOME_REFUSED,
		ERROR_A("ConflictException", "No more seats left at this seated booking."),
		"slot_taken"},
	{400, OUTCOME_REFUSED,
		ERROR_A("BadRequestException", "Attempting to book a meeting in the past."),
		"slot_taken"},
	{400, OUTCOME_REFUSED,
		ERROR_A("BadRequestException",
			"The event type can't be booked at the \\\"start\\\" "
			"time provided."),
		"slot_taken"},
	{400, OUTCOME_REFUSED,
		ERROR_A("BadRequestException", "Missing required booking field response: x"),
		"BadRequestException"},
	{404, OUTCOME_CONFIG, ERROR_A("NotFoundException", "Event type with id 7 not found."),
		"event_type_not_found"},
	{404, OUTCOME_NOT_FOUND, ERROR_A("NotFoundException", "Booking not found"),
		"NotFoundException"},
	{404, OUTCOME_NOT_FOUND, "{\"message\":\"Cannot GET /v2/bookings/x\",\"statusCode\":404}",
		NULL},
	{404, OUTCOME_CONFIG, "<html>", NULL},
	{401, OUTCOME_CONFIG,
		ERROR_A("UnauthorizedException",
			"ApiAuthStrategy - api key - Your api key is not valid"),
		"UnauthorizedException"},
	{403, OUTCOME_CONFIG, ERROR_A("ForbiddenException", "no"), "ForbiddenException"},
	{429, OUTCOME_BUSY, ERROR_A("ThrottlerException", "Too Many Requests"),
		"ThrottlerException"},
	{500, OUTCOME_UNKNOWN, ERROR_A("INTERNAL_SERVER_ERROR", "no"), "INTERNAL_SERVER_ERROR"},
	{503, OUTCOME_UNKNOWN, "<html>", NULL},
	{301, OUTCOME_UNKNOWN, "", NULL},
	{200, OUTCOME_UNKNOWN, "", NULL},
	{200, OUTCOME_UNKNOWN, "{\"status\":\"error\",\"error\":{\"message\":\"x\"}}", NULL},
	{201, OUTCOME_UNKNOWN, SUCCESS("null"), NULL},
	{201, OUTCOME_UNKNOWN, SUCCESS("{}"), NULL},
	{201, OUTCOME_UNKNOWN, SUCCESS("[]"), NULL},
	{201, OUTCOME_UNKNOWN,
		SUCCESS("{\"uid\":5,\"status\":\"accepted\",\"start\":\"2026-11-22T09:00:00Z\"}"),
		NULL},
	{201, OUTCOME_UNKNOWN,
		SUCCESS("{\"uid\":\"x\",\"status\":\"accepted\",\"start\":\"tomorrow\"}"), NULL},
	{201, OUTCOME_UNKNOWN, SUCCESS(BOOKING(",\"uid\":\"again\"")), NULL},
};

static void failures_become_outcomes(void **state)
{
	static const struct calcom_expected anything = {0};

	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		struct reply *reply = canned(*state, failures[i].status, failures[i].body);
		struct scheduler_booking booking = {0};

		assert_int_equal(
			calcom_read_booking(reply, &anything, &booking), failures[i].outcome);
		assert_null(booking.uid);
		if (failures[i].code)
			assert_string_equal(reply->error->code, failures[i].code);
	}
}

static void no_answer_is_busy_only_when_nothing_was_sent(void **state)
{
	assert_int_equal(
		calcom_read_cancelled(canned_failure(*state, HTTP_NOT_SENT)), OUTCOME_BUSY);
	assert_int_equal(calcom_read_cancelled(canned_failure(*state, HTTP_LOST)), OUTCOME_UNKNOWN);
	assert_int_equal(
		calcom_read_cancelled(canned_failure(*state, HTTP_TOO_LARGE)), OUTCOME_UNKNOWN);
}

/* A uid opens a booking: it must not reach a log through an error. */
static void a_second_reschedule_is_refused_without_the_uid(void **state)
{
	static const struct calcom_expected anything = {0};
	struct reply *reply = canned(*state, 400,
		ERROR_A("BadRequestException",
			"Booking was already rescheduled to booking with "
			"uid=5vQFqxDFMjdgKGMijqtqRw."));
	struct scheduler_booking booking;

	assert_int_equal(calcom_read_booking(reply, &anything, &booking), OUTCOME_REFUSED);
	assert_string_equal(reply->error->code, "already_rescheduled");
	assert_null(strstr(reply->error->message, "5vQF"));
}

static void cancelling_twice_is_fine(void **state)
{
	static const struct {
		int status;
		enum outcome outcome;
		const char *body;
	} rows[] = {
		{200, OUTCOME_OK, SUCCESS(BOOKING(""))},
		{200, OUTCOME_OK, SUCCESS("[" BOOKING("") "]")},
		{400, OUTCOME_OK, ERROR_B(400, "This booking has already been cancelled.")},
		{400, OUTCOME_OK, ERROR_A("BadRequestException", "Booking is already cancelled")},
		{400, OUTCOME_REFUSED, ERROR_B(400, "This booking has already ended.")},
		{404, OUTCOME_NOT_FOUND, ERROR_A("NotFoundException", "Booking not found")},
		{500, OUTCOME_UNKNOWN, ERROR_B(500, "This booking has already been cancelled.")},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
			calcom_read_cancelled(canned(*state, rows[i].status, rows[i].body)),
			rows[i].outcome);
}

static void a_booking_is_the_one_asked_for(void **state)
{
	static const char reference[] = ",\"metadata\":{\"reference\":\"ref-1\"}";
	const char *body = arena_printf(*state, "{\"status\":\"success\",\"data\":%s%s}}",
		"{\"id\":1,\"uid\":\"new\",\"status\":\"accepted\","
		"\"start\":\"2026-11-22T09:00:00Z\"",
		reference);
	static const struct {
		struct calcom_expected expected;
		enum outcome outcome;
	} rows[] = {
		{{0}, OUTCOME_OK},
		{{.uid = "new"}, OUTCOME_OK},
		{{.uid = "other"}, OUTCOME_UNKNOWN},
		{{.old_uid = "old"}, OUTCOME_OK},
		{{.old_uid = "new"}, OUTCOME_UNKNOWN},
		{{.start_at_s = START_S}, OUTCOME_OK},
		{{.start_at_s = START_S + 60}, OUTCOME_UNKNOWN},
		{{.reference = "ref-1"}, OUTCOME_OK},
		{{.reference = "ref-2"}, OUTCOME_UNKNOWN},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scheduler_booking booking;

		assert_int_equal(
			calcom_read_booking(canned(*state, 201, body), &rows[i].expected, &booking),
			rows[i].outcome);
	}
}

static void a_recurring_uid_answers_with_a_list(void **state)
{
	static const struct calcom_expected expected = {.uid = "b"};
	struct scheduler_booking booking;

	assert_int_equal(
		calcom_read_booking(
			canned(*state, 200,
				SUCCESS("[{\"uid\":\"a\",\"status\":\"accepted\",\"start\":"
					"\"2026-11-22T09:00:00Z\"},{\"uid\":\"b\",\"status\":"
					"\"pending\",\"start\":\"2026-11-29T09:00:00Z\"}]")),
			&expected, &booking),
		OUTCOME_OK);
	assert_string_equal(booking.status, "pending");
	assert_int_equal(booking.start_at_s, START_S + 7 * 24 * 3600);
}

static void a_booking_is_read_whole(void **state)
{
	static const struct calcom_expected anything = {0};
	struct scheduler_booking booking;

	assert_int_equal(
		calcom_read_booking(
			canned(*state, 200,
				SUCCESS(BOOKING(
					",\"updatedAt\":\"2026-11-20T10:00:00.123Z\","
					"\"eventType\":{\"id\":9,\"slug\":\"s\"},"
					"\"eventTypeId\":8,\"metadata\":{},"
					"\"bookingFieldsResponses\":{\"intake-ref\":\"r\"},"
					"\"attendees\":[{\"name\":\"Ada\",\"email\":\"a@b.c\","
					"\"timeZone\":\"Africa/Lagos\",\"absent\":false},"
					"{\"absent\":true}],"
					"\"rescheduledFromUid\":\"old\",\"location\":{},"
					"\"rescheduledToUid\":null,"
					"\"cancellationReason\":\"ill\""))),
			&anything, &booking),
		OUTCOME_OK);
	assert_string_equal(booking.uid, "5vQFqxDFMjdgKGMijqtqRw");
	assert_string_equal(booking.booking_id, "123");
	assert_string_equal(booking.event_type_id, "9");
	assert_int_equal(booking.start_at_s, START_S);
	assert_int_equal(booking.end_at_s, START_S + 1800);
	assert_int_equal(booking.updated_at_ms, (START_S - 2 * 24 * 3600 + 3600) * 1000LL + 123);
	assert_string_equal(booking.reference, "r");
	assert_string_equal(booking.attendee_name, "Ada");
	assert_string_equal(booking.attendee_email, "a@b.c");
	assert_string_equal(booking.attendee_time_zone, "Africa/Lagos");
	assert_string_equal(booking.rescheduled_from_uid, "old");
	assert_null(booking.rescheduled_to_uid);
	assert_string_equal(booking.cancellation_reason, "ill");
	assert_null(booking.location);
	assert_true(booking.absent);
}

static void instants_come_in_three_formats(void **state)
{
	static const struct calcom_expected expected = {.start_at_s = START_S};
	static const char *const formats[] = {
		"2026-11-22T09:00:00Z", "2026-11-22T09:00:00.000Z", "2026-11-22T10:00:00+01:00"};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		const char *body = arena_printf(*state,
			SUCCESS("{\"uid\":\"u\",\"status\":\"accepted\",\"start\":\"%s\"}"),
			formats[i]);
		struct scheduler_booking booking;

		assert_int_equal(
			calcom_read_booking(canned(*state, 200, body), &expected, &booking),
			OUTCOME_OK);
	}
}

static void slots_are_sorted_and_cut_to_the_window(void **state)
{
	struct scheduler_slots slots;

	assert_int_equal(
		calcom_read_slots(
			canned(*state, 200,
				SUCCESS("{\"2026-11-23\":[{\"start\":\"2026-11-23T09:00:00.000Z\"}]"
					","
					"\"2026-11-22\":[{\"start\":\"2026-11-22T10:00:00.000+01:"
					"00\"},"
					"{\"start\":\"2026-11-22T09:00:00Z\"},"
					"{\"start\":\"2026-11-22T08:59:59Z\"}],"
					"\"2026-11-24\":[{\"start\":\"2026-11-24T09:00:00Z\"}],"
					"\"2026-11-25\":[]}")),
			START_S, START_S + 2 * 24 * 3600, &slots),
		OUTCOME_OK);
	assert_int_equal(slots.count, 2);
	assert_int_equal(slots.starts[0], START_S);
	assert_int_equal(slots.starts[1], START_S + 24 * 3600);
}

static void no_slots_are_an_answer_and_another_shape_is_none(void **state)
{
	static const struct {
		const char *body;
		enum outcome outcome;
	} rows[] = {
		{SUCCESS("{}"), OUTCOME_OK},
		{SUCCESS("{\"slots\":{\"2026-11-22\":[{\"time\":\"2026-11-22T09:00:00Z\"}]}}"),
			OUTCOME_UNKNOWN},
		{SUCCESS("{\"2026-11-22\":[{\"time\":\"2026-11-22T09:00:00Z\"}]}"),
			OUTCOME_UNKNOWN},
		{SUCCESS("{\"2026-11-22\":[{\"start\":1795338000}]}"), OUTCOME_UNKNOWN},
		{SUCCESS("[]"), OUTCOME_UNKNOWN},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scheduler_slots slots = {.count = 77};

		assert_int_equal(
			calcom_read_slots(canned(*state, 200, rows[i].body), 0, INT64_MAX, &slots),
			rows[i].outcome);
		assert_int_equal(slots.count, rows[i].outcome == OUTCOME_OK ? 0 : 77);
	}
}

static void a_page_says_whether_there_is_more(void **state)
{
	static const struct {
		const char *body;
		size_t count;
		bool more;
	} rows[] = {
		{"{\"status\":\"success\",\"data\":[" BOOKING(
			 "") "],"
			     "\"pagination\":{\"hasNextPage\":true}}",
			1, true},
		{"{\"status\":\"success\",\"data\":[" BOOKING(
			 "") "],"
			     "\"pagination\":{\"hasNextPage\":false}}",
			1, false},
		{"{\"status\":\"success\",\"data\":[],\"pagination\":{\"hasNextPage\":true}}", 0,
			false},
		{SUCCESS("[" BOOKING("") "]"), 1, false},
		{SUCCESS("[" BOOKING("") "," BOOKING("") "]"), 2, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scheduler_page page;

		assert_int_equal(
			calcom_read_page(canned(*state, 200, rows[i].body), 2, &page), OUTCOME_OK);
		assert_int_equal(page.count, rows[i].count);
		assert_int_equal(page.has_more, rows[i].more);
	}
}

static void a_page_with_half_a_booking_is_no_page(void **state)
{
	struct scheduler_page page;

	assert_int_equal(
		calcom_read_page(canned(*state, 200, SUCCESS("[" BOOKING("") ",{\"uid\":\"x\"}]")),
			100, &page),
		OUTCOME_UNKNOWN);
}

static void published_samples_are_read(void **state)
{
	static const struct calcom_expected anything = {0};
	struct scheduler_booking booking;
	struct scheduler_slots slots;
	struct scheduler_page page;
	size_t length;
	const char *body = sample(*state, "calcom/apiv2_assembled_booking.json", &length);

	if (!body)
		skip();
	assert_int_equal(
		calcom_read_booking(canned_bytes(*state, 200, body, length), &anything, &booking),
		OUTCOME_OK);
	assert_string_equal(booking.rescheduled_to_uid, "new_uid_456");
	body = sample(*state, "calcom/apiv2_assembled_bookings_list.json", &length);
	assert_int_equal(
		calcom_read_page(canned_bytes(*state, 200, body, length), 10, &page), OUTCOME_OK);
	assert_true(page.has_more);
	body = sample(*state, "calcom/apiv2_GET_slots_range.json", &length);
	assert_int_equal(
		calcom_read_slots(canned_bytes(*state, 200, body, length), 0, INT64_MAX, &slots),
		OUTCOME_OK);
	assert_int_equal(slots.count, 4);
	body = sample(*state, "calcom/constructed_error_400_slot_taken.json", &length);
	assert_int_equal(
		calcom_read_booking(canned_bytes(*state, 400, body, length), &anything, &booking),
		OUTCOME_REFUSED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_become_outcomes),
		cmocka_unit_test(no_answer_is_busy_only_when_nothing_was_sent),
		cmocka_unit_test(a_second_reschedule_is_refused_without_the_uid),
		cmocka_unit_test(cancelling_twice_is_fine),
		cmocka_unit_test(a_booking_is_the_one_asked_for),
		cmocka_unit_test(a_recurring_uid_answers_with_a_list),
		cmocka_unit_test(a_booking_is_read_whole),
		cmocka_unit_test(instants_come_in_three_formats),
		cmocka_unit_test(slots_are_sorted_and_cut_to_the_window),
		cmocka_unit_test(no_slots_are_an_answer_and_another_shape_is_none),
		cmocka_unit_test(a_page_says_whether_there_is_more),
		cmocka_unit_test(a_page_with_half_a_booking_is_no_page),
		cmocka_unit_test(published_samples_are_read),
	};

	return cmocka_run_group_tests(tests, canned_open, canned_close);
}
