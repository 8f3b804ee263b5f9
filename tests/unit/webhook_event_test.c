/* What inbound events say, with every looseness that was seen in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/canned.h"

#include "lib/provider/webhook.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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

/* NULL is nothing; amounts of events without one are -1. */
static const struct {
	const char *body;
	struct paystack_event event;
} paystack_rows[] = {
	{"{\"event\":\"charge.success\",\"data\":{\"id\":18446744073709551615,\"reference\":\"BK-"
	 "1\","
	 "\"status\":\"success\",\"amount\":10000,\"currency\":\"NGN\",\"domain\":\"live\","
	 "\"metadata\":0,\"plan\":{}}}",
		{.event = "charge.success",
			.reference = "BK-1",
			.id = "18446744073709551615",
			.status = "success",
			.amount_minor = 10000,
			.currency = "NGN",
			.domain = "live"}},
	{"{\"event\":\"refund.processed\",\"data\":{\"id\":\"16074284\",\"status\":\"processed\","
	 "\"transaction_reference\":\"BK-1\",\"refund_reference\":null,\"amount\":\"5000\","
	 "\"merchant_note\":\"note\"}}",
		{.event = "refund.processed",
			.reference = "BK-1",
			.id = "16074284",
			.status = "processed",
			.amount_minor = 5000,
			.merchant_note = "note"}},
	{"{\"event\":\"charge.dispute.create\",\"data\":{\"id\":358950,\"status\":\"pending\","
	 "\"transaction\":{\"reference\":\"BK-1\"},\"transaction_reference\":null,"
	 "\"dueAt\":\"2020-11-25T18:00:00.000Z\",\"updated_at\":\"2020-11-24T18:00:02.000Z\"}}",
		{.event = "charge.dispute.create",
			.reference = "BK-1",
			.id = "358950",
			.status = "pending",
			.amount_minor = -1,
			.due_at = "2020-11-25T18:00:00.000Z",
			.updated_at = "2020-11-24T18:00:02.000Z"}},
	{"{\"event\":\"subscription.expiring_cards\",\"data\":[{}]}",
		{.event = "subscription.expiring_cards", .amount_minor = -1}},
	{"{\"event\":\"new.kind\"}", {.event = "new.kind", .amount_minor = -1}},
	{"{\"event\":\"x\",\"data\":{\"amount\":-5,\"reference\":7,\"id\":1.5}}",
		{.event = "x", .amount_minor = -1}},
};

static void assert_text(const char *is, const char *should)
{
	assert_int_equal(is != NULL, should != NULL);
	if (is && should)
		assert_string_equal(is, should);
}

static void paystack_events_are_read(void **state)
{
	for (size_t i = 0; i < COUNT(paystack_rows); i++) {
		const char *body = paystack_rows[i].body;
		const struct paystack_event *should = &paystack_rows[i].event;
		struct paystack_event is;

		assert_true(webhook_paystack_read(*state, body, strlen(body), &is));
		assert_text(is.event, should->event);
		assert_text(is.reference, should->reference);
		assert_text(is.id, should->id);
		assert_text(is.status, should->status);
		assert_text(is.domain, should->domain);
		assert_text(is.currency, should->currency);
		assert_int_equal(is.amount_minor, should->amount_minor);
		assert_text(is.refund_reference, should->refund_reference);
		assert_text(is.merchant_note, should->merchant_note);
		assert_text(is.updated_at, should->updated_at);
		assert_text(is.due_at, should->due_at);
	}
}

static void what_is_no_event_is_refused(void **state)
{
	static const char *const bodies[] = {"", "{}", "[]", "null", "false", "{\"event\":1}",
		"{\"event\":\"x\"", "{\"triggerEvent\":null}", "{\"event\":\"\\u0000\"}"};

	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct paystack_event paid;
		struct calcom_event moved;

		assert_false(webhook_paystack_read(*state, bodies[i], strlen(bodies[i]), &paid));
		assert_false(webhook_calcom_read(*state, bodies[i], strlen(bodies[i]), &moved));
	}
}

static void read_calcom(struct arena *arena, const char *body, struct calcom_event *ret)
{
	assert_true(webhook_calcom_read(arena, body, strlen(body), ret));
}

static void a_reschedule_names_both_bookings(void **state)
{
	struct calcom_event event;

	read_calcom(*state,
		"{\"triggerEvent\":\"BOOKING_RESCHEDULED\",\"createdAt\":\"2026-11-22T09:00:00."
		"250Z\","
		"\"payload\":{\"uid\":\"new\",\"rescheduleUid\":\"old\",\"bookingId\":201,"
		"\"eventTypeId\":100,\"status\":\"ACCEPTED\",\"startTime\":\"2026-11-22T09:00:"
		"00Z\","
		"\"endTime\":\"2026-11-22T10:15:00+01:00\",\"metadata\":{\"videoCallUrl\":\"x\"},"
		"\"userFieldsResponses\":{\"intake-ref\":{\"label\":\"l\",\"value\":\"ref\","
		"\"isHidden\":true}},\"attendees\":[{\"name\":\"Ada\",\"email\":\"a@b.example\","
		"\"timeZone\":\"Africa/Lagos\"}],\"location\":\"integrations:daily\"}}",
		&event);
	assert_string_equal(event.trigger, "BOOKING_RESCHEDULED");
	assert_string_equal(event.uid, "new");
	assert_string_equal(event.reschedule_uid, "old");
	assert_int_equal(event.created_at_ms, 1795338000250);
	assert_string_equal(event.booking.booking_id, "201");
	assert_string_equal(event.booking.event_type_id, "100");
	assert_string_equal(event.booking.status, "accepted");
	assert_int_equal(event.booking.start_at_s, 1795338000);
	assert_int_equal(event.booking.end_at_s, 1795338900);
	assert_string_equal(event.booking.reference, "ref");
	assert_string_equal(event.booking.attendee_email, "a@b.example");
	assert_string_equal(event.booking.location, "integrations:daily");
	assert_false(event.request_reschedule);
	assert_false(event.no_show);
}

/* The reference is looked for in the hidden field first and in metadata last. */
static void the_reference_is_found_where_it_survives(void **state)
{
	static const struct {
		const char *members, *reference;
	} rows[] = {
		{"\"userFieldsResponses\":{\"intake-ref\":{\"value\":\"a\"}},"
		 "\"metadata\":{\"reference\":\"b\"}",
			"a"},
		{"\"userFieldsResponses\":{},\"responses\":{\"intake-ref\":{\"value\":\"c\"}}",
			"c"},
		{"\"responses\":{\"intake-ref\":\"raw\"}", "raw"},
		{"\"responses\":{\"intake-ref\":{\"label\":\"empty\"}},"
		 "\"metadata\":{\"reference\":\"b\"}",
			"b"},
		{"\"userFieldsResponses\":null,\"responses\":null,\"metadata\":null", NULL},
		{"\"metadata\":{\"reference\":5}", NULL},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct calcom_event event;

		read_calcom(*state,
			arena_printf(*state,
				"{\"triggerEvent\":\"BOOKING_CREATED\",\"payload\":{%s}}",
				rows[i].members),
			&event);
		assert_text(event.booking.reference, rows[i].reference);
	}
}

static void flags_are_read_from_each_shape(void **state)
{
	static const struct {
		const char *body;
		bool request_reschedule, no_show;
		const char *uid, *old_uid;
	} rows[] = {
		{"{\"triggerEvent\":\"BOOKING_CANCELLED\",\"payload\":{\"uid\":\"u\","
		 "\"requestReschedule\":true}}",
			true, false, "u", NULL},
		{"{\"triggerEvent\":\"BOOKING_CANCELLED\",\"payload\":{\"uid\":\"u\","
		 "\"requestReschedule\":false,\"metadata\":{},\"destinationCalendar\":[]}}",
			false, false, "u", NULL},
		{"{\"triggerEvent\":\"BOOKING_NO_SHOW_UPDATED\",\"payload\":{\"bookingUid\":\"u\","
		 "\"attendees\":[{\"email\":\"a@b.example\",\"noShow\":true}]}}",
			false, true, "u", NULL},
		{"{\"triggerEvent\":\"BOOKING_NO_SHOW_UPDATED\",\"payload\":{\"bookingUid\":\"u\","
		 "\"attendees\":[{\"email\":\"a@b.example\",\"noShow\":false}]}}",
			false, false, "u", NULL},
		{"{\"triggerEvent\":\"AFTER_HOSTS_CAL_VIDEO_NO_SHOW\",\"payload\":"
		 "{\"bookingUid\":\"u\",\"attendees\":[],\"noShowHost\":true}}",
			false, true, "u", NULL},
		{"{\"triggerEvent\":\"MEETING_ENDED\",\"id\":100,\"uid\":\"u\","
		 "\"fromReschedule\":\"old\"}",
			false, false, "u", "old"},
		{"{\"triggerEvent\":\"PING\",\"payload\":{\"type\":\"Test\"}}", false, false, NULL,
			NULL},
		{"{\"triggerEvent\":\"MEETING_STARTED\"}", false, false, NULL, NULL},
		{"{\"triggerEvent\":\"X\",\"payload\":\"text\"}", false, false, NULL, NULL},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct calcom_event event;

		read_calcom(*state, rows[i].body, &event);
		assert_int_equal(event.request_reschedule, rows[i].request_reschedule);
		assert_int_equal(event.no_show, rows[i].no_show);
		assert_text(event.uid, rows[i].uid);
		assert_text(event.reschedule_uid, rows[i].old_uid);
	}
}

static void published_events_are_read(void **state)
{
	static const struct {
		const char *file, *uid;
		bool readable;
	} rows[] = {
		{"calcom/webhook_BOOKING_CREATED.json", "unique-booking-id", true},
		{"calcom/webhook_BOOKING_RESCHEDULED.json", "new-booking-unique-id", true},
		{"calcom/webhook_BOOKING_CANCELLED.json", "unique-booking-identifier", true},
		{"calcom/webhook_BOOKING_PAYMENT_INITIATED.json", NULL, true},
		{"calcom/webhook_BOOKING_NO_SHOW_UPDATED.json", "unique-booking-identifier", true},
		{"calcom/webhook_MEETING_STARTED.json", "unique-booking-identifier", true},
		{"calcom/constructed_webhook_PING.json", NULL, true},
		{"calcom/webhook_RECORDING_READY.json", NULL, false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct calcom_event event;
		size_t length;
		const char *body = sample(*state, rows[i].file, &length);

		if (!body)
			skip();
		assert_int_equal(
			webhook_calcom_read(*state, body, length, &event), rows[i].readable);
		if (rows[i].uid)
			assert_string_equal(event.uid, rows[i].uid);
	}
}

static void published_money_events_are_read(void **state)
{
	static const struct {
		const char *file, *reference;
		int64_t amount_minor;
	} rows[] = {
		{"paystack/webhook.charge.success.json", "qTPrJoy9Bx", 10000},
		{"paystack/webhook.refund.processed.json", "T2154954_412829_3be32076_6lcg3", 5000},
		{"paystack/webhook.refund.failed.json", "T9171231_412325_3be2736c_n6tml", 20000},
		{"paystack/webhook.charge.dispute.create.json", "v3mjfgbnc19v97x", -1},
		{"paystack/webhook.invoice.update.json", "rdtmivs7zf", 50000},
		{"paystack/webhook.subscription.expiring_cards.json", NULL, -1},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct paystack_event event;
		size_t length;
		const char *body = sample(*state, rows[i].file, &length);

		if (!body)
			skip();
		assert_true(webhook_paystack_read(*state, body, length, &event));
		assert_text(event.reference, rows[i].reference);
		assert_int_equal(event.amount_minor, rows[i].amount_minor);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(paystack_events_are_read),
		cmocka_unit_test(what_is_no_event_is_refused),
		cmocka_unit_test(a_reschedule_names_both_bookings),
		cmocka_unit_test(the_reference_is_found_where_it_survives),
		cmocka_unit_test(flags_are_read_from_each_shape),
		cmocka_unit_test(published_events_are_read),
		cmocka_unit_test(published_money_events_are_read),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
