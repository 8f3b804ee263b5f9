/* Cal.com: moving, cancelling, confirming and missing bookings, over the API and in its own pages.
 */
#include <string.h>

#include "tests/sim/calcom.h"
#include "tests/sim/clock.h"

static bool is(const struct booking *booking, const char *status)
{
	return !strcmp(booking->status, status);
}

static const char *keep(struct sim *sim, const char *text)
{
	return arena_strdup(sim->arena, text);
}

static void touch(struct sim *sim, struct booking *booking, const char *status)
{
	booking->status = status;
	booking->updated_ms = clock_now(sim);
	booking->sequence++;
}

static const char *why_not_moved(
	struct call *call, const struct booking *booking, const struct change *change)
{
	int64_t now_ms = clock_now(call->sim);

	if (booking->to)
		return arena_printf(call->arena,
			"Can't reschedule booking with uid=%s because it has been rescheduled "
			"already to "
			"booking with uid=%s. You can reschedule that one instead.",
			booking->uid, booking->to->uid);
	if (is(booking, "cancelled") || is(booking, "rejected"))
		return arena_printf(call->arena,
			"Can't reschedule booking with uid=%s because it has been %s", booking->uid,
			booking->status);
	if (change->start_ms < now_ms)
		return "Attempting to book a meeting in the past.";
	if (!calcom_open(booking->type, change->start_ms) ||
		!calcom_free(call->sim, booking->type, change->start_ms, booking, false))
		return "User either already has booking at this time or is not available";
	return NULL;
}

/* A new booking with a new id and uid takes the old one's place. */
static struct booking *move(struct sim *sim, struct booking *old, const struct change *change)
{
	struct booking *moved = calcom_add(sim, old->type, change->start_ms);
	bool by_host = change->by && !strcmp(change->by, old->type->host_email);

	moved->ical_uid = old->ical_uid;
	moved->name = old->name;
	moved->email = old->email;
	moved->phone = old->phone;
	moved->time_zone = old->time_zone;
	moved->language = old->language;
	moved->metadata = old->metadata;
	moved->responses = old->responses;
	moved->guests = old->guests;
	moved->end_ms = moved->start_ms + (old->end_ms - old->start_ms);
	moved->sequence = old->sequence + 1;
	moved->from = old;
	moved->rescheduling_reason = keep(sim, change->reason);
	moved->rescheduled_by = keep(sim, change->by ? change->by : old->email);
	if (by_host)
		moved->status = "accepted";
	old->to = moved;
	old->rescheduled_by = moved->rescheduled_by;
	old->rescheduling_reason = moved->rescheduling_reason;
	touch(sim, old, "cancelled");
	return moved;
}

static void reschedule(struct call *call, struct booking *booking, bool in_page)
{
	const char *reason = call_field(call, "reschedulingReason"), *wrong;
	const char *by = call_field(call, "rescheduledBy");
	struct change change = {.reason = reason ? reason : call_field(call, "reason"), .by = by};
	struct booking *moved;

	if (!clock_parse(call_field(call, "start"), &change.start_ms, NULL)) {
		calcom_invalid(call, "start", "start must be a valid ISO 8601 date string");
		return;
	}
	wrong = why_not_moved(call, booking, &change);
	if (wrong) {
		calcom_fail(call, 400, wrong);
		return;
	}
	moved = move(call->sim, booking, &change);
	if (is(moved, "accepted")) {
		calcom_schedule_meeting(call->sim, moved);
		calcom_tell_moved(call->sim, moved, in_page ? ORIGIN_PAGE : ORIGIN_API);
	} else {
		calcom_tell_booked(call->sim, moved, in_page ? ORIGIN_PAGE : ORIGIN_API);
	}
	calcom_succeed(call, 201, calcom_view(call->arena, moved));
}

static void cancel(struct call *call, struct booking *booking)
{
	const char *reason = call_field(call, "cancellationReason"),
		   *by = call_field(call, "cancelledBy");
	bool request = json_is_true(json_object_get(call->body, "request_reschedule"));

	if (is(booking, "cancelled") || is(booking, "rejected")) {
		calcom_fail_plain(call, 400, "This booking has already been cancelled.");
		return;
	}
	if (booking->end_ms < clock_now(call->sim)) {
		calcom_fail_plain(call, 400, "Cannot cancel a booking that has already ended.");
		return;
	}
	if (!reason)
		reason = call_field(call, "reason");
	booking->cancellation_reason = keep(call->sim, reason);
	booking->cancelled_by = keep(call->sim, by ? by : booking->email);
	touch(call->sim, booking, "cancelled");
	calcom_tell_cancelled(call->sim, booking, request);
	calcom_succeed(call, 200, calcom_view(call->arena, booking));
}

static bool is_pending(struct call *call, const struct booking *booking)
{
	if (!is(booking, "pending"))
		calcom_fail(call, 400,
			arena_printf(call->arena, "Booking with uid=%s is not pending confirmation",
				booking->uid));
	return is(booking, "pending");
}

static void confirm(struct call *call, struct booking *booking)
{
	if (!is_pending(call, booking))
		return;
	if (!calcom_free(call->sim, booking->type, booking->start_ms, booking, false)) {
		calcom_fail(call, 400,
			"User either already has booking at this time or is not available");
		return;
	}
	touch(call->sim, booking, "accepted");
	calcom_schedule_meeting(call->sim, booking);
	calcom_tell_booked(call->sim, booking, ORIGIN_CONFIRM);
	calcom_succeed(call, 200, calcom_view(call->arena, booking));
}

static void decline(struct call *call, struct booking *booking)
{
	if (!is_pending(call, booking))
		return;
	booking->rejection_reason = keep(call->sim, call_field(call, "reason"));
	touch(call->sim, booking, "rejected");
	calcom_tell_rejected(call->sim, booking);
	calcom_succeed(call, 200, calcom_view(call->arena, booking));
}

static void mark_absent(struct call *call, struct booking *booking)
{
	const json_t *attendees = json_object_get(call->body, "attendees"), *attendee;
	size_t at;

	if (clock_now(call->sim) < booking->start_ms) {
		calcom_fail(call, 400,
			"Booking can't be marked as absent because it has not started yet");
		return;
	}
	if (json_object_get(call->body, "host"))
		booking->absent_host = json_is_true(json_object_get(call->body, "host"));
	json_array_foreach(attendees, at, attendee)
	{
		const char *email = json_string_value(json_object_get(attendee, "email"));

		if (email && !strcasecmp(email, booking->email))
			booking->absent = json_is_true(json_object_get(attendee, "absent"));
	}
	booking->updated_ms = clock_now(call->sim);
	calcom_tell_absent(call->sim, booking);
	calcom_succeed(call, 200, calcom_view(call->arena, booking));
}

void calcom_reschedule(struct call *call)
{
	struct booking *booking = calcom_asked(call, 1);

	if (booking)
		reschedule(call, booking, false);
}

void calcom_cancel(struct call *call)
{
	struct booking *booking = calcom_asked(call, 1);

	if (booking)
		cancel(call, booking);
}

void calcom_confirm(struct call *call)
{
	struct booking *booking = calcom_asked(call, 1);

	if (booking)
		confirm(call, booking);
}

void calcom_decline(struct call *call)
{
	struct booking *booking = calcom_asked(call, 1);

	if (booking)
		decline(call, booking);
}

void calcom_mark_absent(struct call *call)
{
	struct booking *booking = calcom_asked(call, 1);

	if (booking)
		mark_absent(call, booking);
}

void calcom_page_reschedule(struct call *call)
{
	struct booking *booking = calcom_asked(call, 2);

	if (booking)
		reschedule(call, booking, true);
}

void calcom_page_cancel(struct call *call)
{
	struct booking *booking = calcom_asked(call, 2);

	if (booking)
		cancel(call, booking);
}

void calcom_page_confirm(struct call *call)
{
	struct booking *booking = calcom_asked(call, 2);

	if (booking)
		confirm(call, booking);
}

void calcom_page_decline(struct call *call)
{
	struct booking *booking = calcom_asked(call, 2);

	if (booking)
		decline(call, booking);
}

/* The host's button; absent false takes it back. Works before the start too. */
void calcom_page_no_show(struct call *call)
{
	struct booking *booking = calcom_asked(call, 2);

	if (!booking)
		return;
	booking->absent = !json_is_false(json_object_get(call->body, "absent"));
	booking->updated_ms = clock_now(call->sim);
	calcom_tell_absent(call->sim, booking);
	calcom_succeed(call, 200, calcom_view(call->arena, booking));
}
