/* Cal.com API v2, the scheduler (https://cal.com/docs/api-reference/v2).
 *
 * A missing or wrong cal-api-version answers with another body and no error, so every call sends
 * the version its endpoint is documented with. */
#include <stdlib.h>
#include <string.h>

#include "lib/core/instant.h"
#include "lib/core/text.h"
#include "lib/provider/calcom_booking.h"
#include "lib/provider/calcom_reply.h"
#include "lib/provider/scheduler.h"
#include "lib/provider/wire.h"

#define SLOTS_VERSION "cal-api-version: 2024-09-04"
#define BOOKINGS_VERSION "cal-api-version: 2024-08-13"

enum {
	PAGE = 100,
	PAGE_BYTES_MAX = 4 * 1024 * 1024,
	FIND_WINDOW_S = 24 * 3600, /* no service lasts longer: beforeEnd is about the end */
};

static void get(struct reply *reply, const struct scheduler_account *account, const char *version,
	const char *path)
{
	const char *headers[] = {
		arena_printf(reply->arena, "Authorization: Bearer %s", account->api_key), version,
		NULL};
	struct http_call call = {
		.method = "GET",
		.url = arena_printf(reply->arena, "%s%s", account->base_url, path),
		.headers = headers,
		.reply_max = PAGE_BYTES_MAX,
	};

	reply_fetch(reply, &call);
}

/* False when the body could not be written. */
static bool post(struct reply *reply, const struct scheduler_account *account, const char *path,
	json_t *value)
{
	const char *body = wire_write(reply->arena, value);
	const char *headers[] = {
		arena_printf(reply->arena, "Authorization: Bearer %s", account->api_key),
		BOOKINGS_VERSION, "Content-Type: application/json", NULL};
	struct http_call call = {
		.method = "POST",
		.url = arena_printf(reply->arena, "%s%s", account->base_url, path),
		.headers = headers,
		.body = body,
		.body_length = body ? strlen(body) : 0,
	};

	if (body)
		reply_fetch(reply, &call);
	return body != NULL;
}

static enum outcome unwritable(struct reply *reply)
{
	return reply_fail(reply, OUTCOME_REFUSED, "not_utf8", "request is not UTF-8");
}

static const char *escaped_instant(struct arena *arena, int64_t instant_s)
{
	return wire_escape(arena, instant_format_utc(arena, instant_s));
}

static enum outcome slots(struct arena *arena, const struct scheduler_account *account,
	const char *event_type_id, int64_t from_s, int64_t until_s, struct scheduler_slots *ret,
	struct provider_error *error)
{
	struct reply reply = {.arena = arena, .error = error};

	get(&reply, account, SLOTS_VERSION,
		arena_printf(arena, "/slots?eventTypeId=%s&start=%s&end=%s&timeZone=UTC",
			wire_escape(arena, event_type_id), escaped_instant(arena, from_s),
			escaped_instant(arena, until_s)));
	return calcom_read_slots(&reply, from_s, until_s, ret);
}

static json_t *attendee(const struct scheduler_request *request)
{
	json_t *body = json_pack("{s:s, s:s, s:s, s:s}", "name", request->name, "email",
		request->email, "timeZone", request->time_zone, "language", "en");

	if (body && request->phone)
		json_object_set_new(body, "phoneNumber", json_string(request->phone));
	return body;
}

/* The reference goes twice: metadata shows in GET, the hidden field survives cancel and reject. */
static json_t *booking_body(
	struct arena *arena, const struct scheduler_request *request, json_int_t event_type_id)
{
	json_t *body = json_pack("{s:s, s:I}", "start",
		instant_format_utc(arena, request->start_at_s), "eventTypeId", event_type_id);

	if (!body || json_object_set_new(body, "attendee", attendee(request)) ||
		json_object_set_new(body, "metadata",
			json_pack("{s:s}", CALCOM_REFERENCE_KEY, request->reference)) ||
		json_object_set_new(body, "bookingFieldsResponses",
			json_pack("{s:s}", CALCOM_REFERENCE_FIELD, request->reference))) {
		json_decref(body);
		return NULL;
	}
	return body;
}

static enum outcome book(struct arena *arena, const struct scheduler_account *account,
	const struct scheduler_request *request, struct scheduler_booking *ret,
	struct provider_error *error)
{
	struct reply reply = {.arena = arena, .error = error};
	struct calcom_expected expected = {
		.reference = request->reference, .start_at_s = request->start_at_s};
	char *end = NULL;
	long long type = strtoll(request->event_type_id, &end, 10);

	if (type <= 0 || *end)
		return reply_fail(&reply, OUTCOME_CONFIG, "event_type_not_found",
			"event type id is not a number");
	if (!post(&reply, account, "/bookings", booking_body(arena, request, type)))
		return unwritable(&reply);
	return calcom_read_booking(&reply, &expected, ret);
}

static const struct scheduler_booking *with_reference(
	const struct scheduler_page *page, int64_t start_at_s, const char *reference)
{
	for (size_t i = 0; i < page->count; i++) {
		const struct scheduler_booking *booking = &page->bookings[i];

		if (text_equal(booking->reference, reference) &&
			booking->start_at_s >= start_at_s && booking->start_at_s <= start_at_s + 1)
			return booking;
	}
	return NULL;
}

/* afterStart may or may not take its own bound, so the second before is asked for and left out. */
static enum outcome find(struct arena *arena, const struct scheduler_account *account,
	const char *email, int64_t start_at_s, const char *reference, struct scheduler_booking *ret,
	struct provider_error *error)
{
	struct reply reply = {.arena = arena, .error = error};
	const struct scheduler_booking *booking;
	struct scheduler_page page;
	enum outcome outcome;

	get(&reply, account, BOOKINGS_VERSION,
		arena_printf(arena,
			"/bookings?attendeeEmail=%s&afterStart=%s&beforeEnd=%s"
			"&sortCreated=desc&take=%d",
			wire_escape(arena, email), escaped_instant(arena, start_at_s - 1),
			escaped_instant(arena, start_at_s + FIND_WINDOW_S), PAGE));
	outcome = calcom_read_page(&reply, PAGE, &page);
	if (outcome != OUTCOME_OK)
		return outcome;
	booking = with_reference(&page, start_at_s, reference);
	if (booking) {
		*ret = *booking;
		return OUTCOME_OK;
	}
	return page.has_more ? reply_fail(&reply, OUTCOME_UNKNOWN, "too_many_pages",
				       "more bookings than one page")
			     : OUTCOME_NOT_FOUND;
}

static enum outcome get_booking(struct arena *arena, const struct scheduler_account *account,
	const char *uid, struct scheduler_booking *ret, struct provider_error *error)
{
	struct reply reply = {.arena = arena, .error = error};
	struct calcom_expected expected = {.uid = uid};

	get(&reply, account, BOOKINGS_VERSION,
		arena_printf(arena, "/bookings/%s", wire_escape(arena, uid)));
	return calcom_read_booking(&reply, &expected, ret);
}

static enum outcome reschedule(struct arena *arena, const struct scheduler_account *account,
	const char *uid, int64_t start_at_s, const char *reason, struct scheduler_booking *ret,
	struct provider_error *error)
{
	struct reply reply = {.arena = arena, .error = error};
	struct calcom_expected expected = {.old_uid = uid, .start_at_s = start_at_s};
	json_t *body = json_pack("{s:s, s:s*}", "start", instant_format_utc(arena, start_at_s),
		"reschedulingReason", reason);

	if (!post(&reply, account,
		    arena_printf(arena, "/bookings/%s/reschedule", wire_escape(arena, uid)), body))
		return unwritable(&reply);
	return calcom_read_booking(&reply, &expected, ret);
}

static enum outcome cancel(struct arena *arena, const struct scheduler_account *account,
	const char *uid, const char *reason, struct provider_error *error)
{
	struct reply reply = {.arena = arena, .error = error};
	json_t *body = json_pack("{s:s*}", "cancellationReason", reason);

	if (!post(&reply, account,
		    arena_printf(arena, "/bookings/%s/cancel", wire_escape(arena, uid)), body))
		return unwritable(&reply);
	return calcom_read_cancelled(&reply);
}

static enum outcome decide(struct arena *arena, const struct scheduler_account *account,
	const char *uid, bool accept, const char *reason, struct scheduler_booking *ret,
	struct provider_error *error)
{
	struct reply reply = {.arena = arena, .error = error};
	struct calcom_expected expected = {.uid = uid};
	const char *path = arena_printf(
		arena, "/bookings/%s/%s", wire_escape(arena, uid), accept ? "confirm" : "decline");
	json_t *body = accept ? json_object() : json_pack("{s:s*}", "reason", reason);

	if (!post(&reply, account, path, body))
		return unwritable(&reply);
	return calcom_read_booking(&reply, &expected, ret);
}

static enum outcome changed(struct arena *arena, const struct scheduler_account *account,
	const char *updated_after, size_t skip, struct scheduler_page *ret,
	struct provider_error *error)
{
	struct reply reply = {.arena = arena, .error = error};

	get(&reply, account, BOOKINGS_VERSION,
		arena_printf(arena,
			"/bookings?afterUpdatedAt=%s&sortUpdatedAt=asc&take=%d&skip=%zu",
			wire_escape(arena, updated_after), PAGE, skip));
	return calcom_read_page(&reply, PAGE, ret);
}

const struct scheduler_provider calcom = {
	.slots = slots,
	.book = book,
	.find = find,
	.get = get_booking,
	.reschedule = reschedule,
	.decide = decide,
	.cancel = cancel,
	.changed = changed,
};
