/* Cal.com: subscriptions to webhooks of the user. */
#include <string.h>

#include "tests/sim/calcom.h"

static const char *const triggers[] = {"BOOKING_CREATED", "BOOKING_PAYMENT_INITIATED",
	"BOOKING_PAID", "BOOKING_RESCHEDULED", "BOOKING_REQUESTED", "BOOKING_CANCELLED",
	"BOOKING_REJECTED", "BOOKING_NO_SHOW_UPDATED", "FORM_SUBMITTED", "MEETING_ENDED",
	"MEETING_STARTED", "RECORDING_READY", "INSTANT_MEETING",
	"RECORDING_TRANSCRIPTION_GENERATED", "OOO_CREATED", "AFTER_HOSTS_CAL_VIDEO_NO_SHOW",
	"AFTER_GUESTS_CAL_VIDEO_NO_SHOW", "FORM_SUBMITTED_NO_EVENT", "ROUTING_FORM_FALLBACK_HIT",
	"DELEGATION_CREDENTIAL_ERROR", "WRONG_ASSIGNMENT_REPORT", NULL};

static bool is_trigger(const char *name)
{
	for (const char *const *trigger = triggers; name && *trigger; trigger++) {
		if (!strcmp(*trigger, name))
			return true;
	}
	return false;
}

/* There is no BOOKING_CONFIRMED, whatever the examples say. */
static bool are_triggers(const json_t *given)
{
	const json_t *trigger;
	size_t at;

	json_array_foreach(given, at, trigger)
	{
		if (!is_trigger(json_string_value(trigger)))
			return false;
	}
	return json_array_size(given) > 0;
}

static json_t *view_of(const struct subscription *subscription)
{
	return json_pack("{s:s,s:i,s:s,s:O,s:b,s:s?,s:n,s:s}", "id", subscription->id, "userId", 1,
		"subscriberUrl", subscription->url, "triggers", subscription->triggers, "active",
		subscription->active, "secret", *subscription->secret ? subscription->secret : NULL,
		"payloadTemplate", "version", subscription->version);
}

static bool is_taken(const struct sim *sim, const char *url, const struct subscription *except)
{
	const struct list *all = &sim->calcom->subscriptions;

	for (size_t i = 0; i < all->count; i++) {
		const struct subscription *other = all->items[i];

		if (other != except && !other->deleted && !strcmp(other->url, url))
			return true;
	}
	return false;
}

static void take_over(struct call *call, struct subscription *subscription)
{
	const json_t *active = json_object_get(call->body, "active");
	const json_t *given = json_object_get(call->body, "triggers");
	const char *url = call_field(call, "subscriberUrl"), *secret = call_field(call, "secret");
	struct arena *arena = call->sim->arena;

	if (url)
		subscription->url = arena_strdup(arena, url);
	if (secret)
		subscription->secret = arena_strdup(arena, secret);
	if (given)
		subscription->triggers = sim_keep(call->sim, json_deep_copy(given));
	if (json_is_boolean(active))
		subscription->active = json_is_true(active);
}

/* False when something is wrong and was said. */
static bool check(struct call *call, const struct subscription *except)
{
	const char *url = call_field(call, "subscriberUrl");
	const json_t *given = json_object_get(call->body, "triggers");

	if (url && is_taken(call->sim, url, except)) {
		calcom_fail(
			call, 409, "Webhook with this subscriberUrl already exists for this user");
		return false;
	}
	if (given && !are_triggers(given)) {
		calcom_invalid(call, "triggers",
			"each value in triggers must be one of the known triggers");
		return false;
	}
	return true;
}

void calcom_webhook_create(struct call *call)
{
	struct sim *sim = call->sim;
	struct subscription *subscription;

	if (!call_field(call, "subscriberUrl") || !json_object_get(call->body, "triggers")) {
		calcom_invalid(call, "subscriberUrl", "subscriberUrl and triggers are required");
		return;
	}
	if (!check(call, NULL))
		return;
	subscription = arena_alloc(sim->arena, sizeof(*subscription));
	subscription->id = arena_printf(sim->arena, "%s-%s-4%s-a%s-%s",
		sim_token(sim->arena, "", ALPHABET_HEX, 8),
		sim_token(sim->arena, "", ALPHABET_HEX, 4),
		sim_token(sim->arena, "", ALPHABET_HEX, 3),
		sim_token(sim->arena, "", ALPHABET_HEX, 3),
		sim_token(sim->arena, "", ALPHABET_HEX, 12));
	subscription->secret = "";
	subscription->version = "2021-10-20";
	subscription->active = true;
	take_over(call, subscription);
	list_add(&sim->calcom->subscriptions, subscription);
	calcom_succeed(call, 201, view_of(subscription));
}

void calcom_webhook_list(struct call *call)
{
	const struct list *all = &call->sim->calcom->subscriptions;
	json_t *data = json_array();

	for (size_t i = 0; i < all->count; i++) {
		const struct subscription *subscription = all->items[i];

		if (!subscription->deleted)
			json_array_append_new(data, view_of(subscription));
	}
	calcom_succeed(call, 200, data);
}

static struct subscription *asked(struct call *call)
{
	const struct list *all = &call->sim->calcom->subscriptions;

	for (size_t i = 0; i < all->count; i++) {
		struct subscription *subscription = all->items[i];

		if (!subscription->deleted && !strcmp(subscription->id, call->segments[1]))
			return subscription;
	}
	calcom_fail(
		call, 404, arena_printf(call->arena, "Webhook (%s) not found", call->segments[1]));
	return NULL;
}

void calcom_webhook_get(struct call *call)
{
	const struct subscription *subscription = asked(call);

	if (subscription)
		calcom_succeed(call, 200, view_of(subscription));
}

void calcom_webhook_change(struct call *call)
{
	struct subscription *subscription = asked(call);

	if (!subscription || !check(call, subscription))
		return;
	take_over(call, subscription);
	calcom_succeed(call, 200, view_of(subscription));
}

void calcom_webhook_delete(struct call *call)
{
	struct subscription *subscription = asked(call);

	if (!subscription)
		return;
	subscription->deleted = true;
	calcom_succeed(call, 200, view_of(subscription));
}
