/* Cal.com: tells what happened, to the configured receiver and to every subscription. */
#include <string.h>

#include "tests/sim/calcom.h"
#include "tests/sim/clock.h"
#include "tests/sim/webhook.h"

static bool is_g2(const struct sim *sim)
{
	return !strcmp(setting_text(sim, "calcom_generation"), "G2");
}

/* 410 switches a receiver off for good in the newer generation. */
static void switch_off(struct sim *sim, void *argument)
{
	const struct delivery *delivery = argument;
	const struct list *subscriptions = &sim->calcom->subscriptions;
	bool known = false;

	if (!is_g2(sim))
		return;
	for (size_t i = 0; i < subscriptions->count; i++) {
		struct subscription *subscription = subscriptions->items[i];

		if (!strcmp(subscription->url, delivery->url)) {
			subscription->active = false;
			known = true;
		}
	}
	if (!known)
		json_object_set_new(sim->settings, "calcom_webhook_active", json_false());
}

static bool wants(const struct subscription *subscription, const char *event)
{
	const json_t *trigger;
	size_t at;

	if (!subscription->active || subscription->deleted)
		return false;
	json_array_foreach(subscription->triggers, at, trigger)
	{
		if (!strcmp(json_string_value(trigger), event))
			return true;
	}
	return false;
}

/* One configured receiver gets everything; a subscription to the same URL takes its place. */
static void send_all(struct sim *sim, struct arena *arena, struct hook *hook)
{
	const char *own = hook_url(sim, arena, "/webhooks/calcom");
	const struct list *subscriptions = &sim->calcom->subscriptions;
	bool subscribed = false;

	for (size_t i = 0; i < subscriptions->count; i++) {
		const struct subscription *subscription = subscriptions->items[i];

		if (!subscription->deleted && !strcmp(subscription->url, own))
			subscribed = true;
		hook->url = subscription->url;
		hook->key = subscription->secret;
		if (wants(subscription, hook->event) ||
			(!strcmp(hook->event, "PING") && !subscription->deleted))
			hook_send(sim, hook);
	}
	hook->url = own;
	hook->key = setting_text(sim, "calcom_webhook_secret");
	if (!subscribed && setting_true(sim, "calcom_webhook_active"))
		hook_send(sim, hook);
}

/* Takes body over. */
static void send(struct sim *sim, const char *event, json_t *body)
{
	struct arena *arena = arena_new();
	struct hook hook = {.vendor = "calcom", .event = event, .body = body, .gone = switch_off};

	send_all(sim, arena, &hook);
	json_decref(body);
	arena_free(arena);
}

/* Takes payload over. */
static void send_payload(struct sim *sim, const char *event, json_t *payload)
{
	struct arena *arena = arena_new();

	send(sim, event,
		json_pack("{s:s,s:s,s:o}", "triggerEvent", event, "createdAt",
			clock_iso(arena, clock_now(sim)), "payload", payload));
	arena_free(arena);
}

/* What of the metadata a code path lets through: all with the video link, or the link alone. */
static json_t *metadata_for(const struct booking *booking, bool whole)
{
	json_t *metadata = whole ? json_copy(booking->metadata) : json_object();

	if (!strcmp(booking->status, "accepted"))
		json_object_set_new(metadata, "videoCallUrl", json_string(booking->location));
	return metadata;
}

void calcom_tell_booked(struct sim *sim, const struct booking *booking, enum calcom_origin origin)
{
	struct arena *arena = arena_new();
	bool pending = !strcmp(booking->status, "pending");
	json_t *payload = calcom_payload_booked(sim, arena, booking);

	json_object_set_new(
		payload, "metadata", metadata_for(booking, origin != ORIGIN_CONFIRM || is_g2(sim)));
	if (pending && booking->from && is_g2(sim))
		json_object_set_new(payload, "rescheduleUid", json_string(booking->from->uid));
	send_payload(sim, pending ? "BOOKING_REQUESTED" : "BOOKING_CREATED", payload);
	arena_free(arena);
}

void calcom_tell_moved(struct sim *sim, const struct booking *booking, enum calcom_origin origin)
{
	struct arena *arena = arena_new();
	const struct booking *old = booking->from;
	json_t *payload = calcom_payload_booked(sim, arena, booking);

	json_object_del(payload, "iCalUID");
	json_object_set_new(
		payload, "metadata", metadata_for(booking, origin == ORIGIN_API || is_g2(sim)));
	json_object_set_new(payload, "rescheduleId", json_integer(old->id));
	json_object_set_new(payload, "rescheduleUid", json_string(old->uid));
	json_object_set_new(payload, "rescheduleStartTime",
		json_string(clock_iso_seconds(arena, old->start_ms, "Z")));
	json_object_set_new(payload, "rescheduleEndTime",
		json_string(clock_iso_seconds(arena, old->end_ms, "Z")));
	json_object_set_new(payload, "rescheduledBy", json_string(booking->rescheduled_by));
	send_payload(sim, "BOOKING_RESCHEDULED", payload);
	arena_free(arena);
}

void calcom_tell_cancelled(struct sim *sim, const struct booking *booking, bool request_reschedule)
{
	struct arena *arena = arena_new();
	json_t *payload = calcom_payload_ended(sim, arena, booking);

	if (is_g2(sim))
		json_object_set_new(payload, "metadata", metadata_for(booking, true));
	json_object_set_new(payload, "requestReschedule", json_boolean(request_reschedule));
	send_payload(sim, "BOOKING_CANCELLED", payload);
	arena_free(arena);
}

void calcom_tell_rejected(struct sim *sim, const struct booking *booking)
{
	struct arena *arena = arena_new();

	send_payload(sim, "BOOKING_REJECTED", calcom_payload_ended(sim, arena, booking));
	arena_free(arena);
}

void calcom_tell_absent(struct sim *sim, const struct booking *booking)
{
	struct arena *arena = arena_new();

	send_payload(sim, "BOOKING_NO_SHOW_UPDATED",
		json_pack("{s:s,s:[{s:s,s:b}],s:s,s:I}", "message",
			arena_printf(arena, "%s %s as no-show", booking->email,
				booking->absent ? "marked" : "unmarked"),
			"attendees", "email", booking->email, "noShow", booking->absent,
			"bookingUid", booking->uid, "bookingId", (json_int_t)booking->id));
	arena_free(arena);
}

void calcom_tell_meeting(struct sim *sim, const struct booking *booking, bool ended)
{
	const char *event = ended ? "MEETING_ENDED" : "MEETING_STARTED";
	struct arena *arena = arena_new();
	json_t *body = calcom_payload_meeting(arena, booking);

	json_object_set_new(body, "triggerEvent", json_string(event));
	send(sim, event, body);
	arena_free(arena);
}

void calcom_ping(struct call *call)
{
	const char *now = clock_iso(call->arena, clock_now(call->sim));

	send_payload(call->sim, "PING",
		json_pack("{s:s,s:s,s:s,s:s,s:s,s:[{s:s,s:s,s:s,s:{s:s},s:i}],s:{s:s,s:s,s:s,s:{s:"
			  "s},s:i}}",
			"type", "Test", "title", "Test trigger event", "description", "",
			"startTime", now, "endTime", now, "attendees", "email", "jdoe@example.com",
			"name", "John Doe", "timeZone", "Europe/London", "language", "locale", "en",
			"utcOffset", 0, "organizer", "name", "Cal", "email", "no-reply@cal.com",
			"timeZone", "Europe/London", "language", "locale", "en", "utcOffset", 0));
	reply_json(call, 202, json_pack("{s:s}", "status", "success"));
}
