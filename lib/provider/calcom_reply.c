/* Reading Cal.com. Errors come in two envelopes, and only the message tells most of them apart. */
#include "lib/provider/calcom_reply.h"

#include <stdlib.h>
#include <string.h>

#include "lib/core/text.h"
#include "lib/provider/calcom_booking.h"
#include "lib/provider/wire.h"

/* Words of the message, and what they mean to us. All that make another slot necessary are one. */
static const struct {
	const char *words, *code;
} known[] = {
	{"already has booking at this time", "slot_taken"},
	{"no_available_users_found", "slot_taken"},
	{"no more seats left", "slot_taken"},
	{"booking_conflict", "slot_taken"},
	{"can't be booked at the", "slot_taken"},
	{"book a meeting in the past", "slot_taken"},
	{"already been cancelled", "already_cancelled"},
	{"already cancelled", "already_cancelled"},
	{"to booking with uid", "already_rescheduled"},
	{"event type with id", "event_type_not_found"},
};

/* The class name in code means nothing by itself ("BadRequestException"). */
static const char *message_of(struct reply *reply)
{
	const json_t *error = json_object_get(reply->json, "error");
	const char *message = wire_string(reply->arena, error, "message");

	return message ? message : wire_string(reply->arena, reply->json, "message");
}

static const char *code_of(struct reply *reply, const char *message)
{
	for (size_t i = 0; message && i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcasestr(message, known[i].words))
			return known[i].code;
	}
	return wire_string(reply->arena, json_object_get(reply->json, "error"), "code");
}

/* Not found is the booking, unless it is the event type, which is our setting. */
static enum outcome refine(struct reply *reply, enum outcome outcome, const char *code)
{
	if (outcome != OUTCOME_REFUSED)
		return outcome;
	if (text_equal(code, "event_type_not_found"))
		return OUTCOME_CONFIG;
	return reply->answer.status == 404 ? OUTCOME_NOT_FOUND : outcome;
}

static enum outcome refusal(struct reply *reply)
{
	const char *message = message_of(reply);
	const char *code = code_of(reply, message);
	enum outcome outcome = reply_outcome(reply, message != NULL);

	if (reply_is_2xx(reply))
		outcome = OUTCOME_UNKNOWN;
	return reply_fail(reply, refine(reply, outcome, code), code,
		message ? message : "reply without an envelope");
}

static enum outcome check(struct reply *reply)
{
	if (reply->answer.failure != HTTP_ANSWERED)
		return reply_unanswered(reply);
	if (reply_is_2xx(reply) &&
		text_equal(json_string_value(json_object_get(reply->json, "status")), "success"))
		return OUTCOME_OK;
	return refusal(reply);
}

static size_t count_slots(json_t *days)
{
	const char *day;
	json_t *slots;
	size_t count = 0;

	json_object_foreach(days, day, slots) count += json_array_size(slots);
	return count;
}

/* False when a slot has no start: the shape of another API version. */
static bool add_day(
	const json_t *slots, int64_t from_s, int64_t until_s, int64_t *starts, size_t *count)
{
	const json_t *slot;
	size_t at;

	if (!json_is_array(slots))
		return false;
	json_array_foreach(slots, at, slot)
	{
		int64_t start_ms, start_s;

		if (!wire_instant_ms(slot, "start", &start_ms))
			return false;
		start_s = start_ms / 1000;
		if (start_s >= from_s && start_s < until_s)
			starts[(*count)++] = start_s;
	}
	return true;
}

static int by_start(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static size_t drop_repeats(int64_t *starts, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (!kept || starts[kept - 1] != starts[i])
			starts[kept++] = starts[i];
	}
	return kept;
}

enum outcome calcom_read_slots(
	struct reply *reply, int64_t from_s, int64_t until_s, struct scheduler_slots *ret)
{
	enum outcome outcome = check(reply);
	json_t *days = json_object_get(reply->json, "data"), *slots;
	size_t count = 0;
	int64_t *starts;
	const char *day;

	if (outcome != OUTCOME_OK)
		return outcome;
	if (!json_is_object(days))
		return reply_malformed(reply, "slots without days");
	starts = arena_alloc(reply->arena, count_slots(days) * sizeof(*starts));
	json_object_foreach(days, day, slots)
	{
		if (!add_day(slots, from_s, until_s, starts, &count))
			return reply_malformed(reply, "slot without a start");
	}
	qsort(starts, count, sizeof(*starts), by_start);
	*ret = (struct scheduler_slots){.starts = starts, .count = drop_repeats(starts, count)};
	return OUTCOME_OK;
}

/* Recurring uids answer with a list; the booking of that uid is in it, a new one stands alone. */
static const json_t *pick(const json_t *data, const char *uid)
{
	const json_t *row;
	size_t at;

	if (!json_is_array(data))
		return data;
	json_array_foreach(data, at, row)
	{
		if (text_equal(json_string_value(json_object_get(row, "uid")), uid))
			return row;
	}
	return json_array_size(data) == 1 ? json_array_get(data, 0) : NULL;
}

static const char *mismatch(
	const struct scheduler_booking *booking, const struct calcom_expected *expected)
{
	if (!calcom_booking_is_whole(booking))
		return "booking without uid, status or start";
	if (expected->uid && !text_equal(booking->uid, expected->uid))
		return "booking of another uid";
	if (expected->old_uid && text_equal(booking->uid, expected->old_uid))
		return "moved booking has its old uid";
	if (expected->start_at_s && booking->start_at_s != expected->start_at_s)
		return "booking of another time";
	if (expected->reference && booking->reference &&
		!text_equal(booking->reference, expected->reference))
		return "booking of another reference";
	return NULL;
}

enum outcome calcom_read_booking(
	struct reply *reply, const struct calcom_expected *expected, struct scheduler_booking *ret)
{
	enum outcome outcome = check(reply);
	struct scheduler_booking booking;
	const char *why;

	if (outcome != OUTCOME_OK)
		return outcome;
	calcom_booking(
		reply->arena, pick(json_object_get(reply->json, "data"), expected->uid), &booking);
	why = mismatch(&booking, expected);
	if (why)
		return reply_malformed(reply, why);
	*ret = booking;
	return OUTCOME_OK;
}

static bool has_more(const json_t *json, size_t count, size_t take)
{
	const json_t *pagination = json_object_get(json, "pagination");

	if (json_object_get(pagination, "hasNextPage"))
		return count && wire_truth(pagination, "hasNextPage");
	return count >= take;
}

enum outcome calcom_read_page(struct reply *reply, size_t take, struct scheduler_page *ret)
{
	enum outcome outcome = check(reply);
	const json_t *list = json_object_get(reply->json, "data"), *row;
	size_t count = json_array_size(list), at;
	struct scheduler_booking *bookings;

	if (outcome != OUTCOME_OK)
		return outcome;
	if (!json_is_array(list))
		return reply_malformed(reply, "bookings without a list");
	bookings = arena_alloc(reply->arena, count * sizeof(*bookings));
	json_array_foreach(list, at, row)
	{
		calcom_booking(reply->arena, row, &bookings[at]);
		if (!calcom_booking_is_whole(&bookings[at]))
			return reply_malformed(reply, "booking without uid, status or start");
	}
	*ret = (struct scheduler_page){.bookings = bookings,
		.count = count,
		.has_more = has_more(reply->json, count, take)};
	return OUTCOME_OK;
}

enum outcome calcom_read_cancelled(struct reply *reply)
{
	enum outcome outcome = check(reply);

	if (outcome == OUTCOME_REFUSED && strcmp(reply->error->code, "already_cancelled") == 0)
		return OUTCOME_OK;
	return outcome;
}
