/* What inbound webhooks say; see webhook.h. Read leniently: the sender is known by now, and an
 * event that cannot be read helps nobody. */
#include <jansson.h>
#include <string.h>

#include "lib/provider/calcom_booking.h"
#include "lib/provider/webhook.h"
#include "lib/provider/wire.h"

static const char *either(
	struct arena *arena, const json_t *object, const char *one, const char *other)
{
	const char *string = wire_string(arena, object, one);

	return string ? string : wire_string(arena, object, other);
}

/* Refunds name the transaction beside themselves, disputes and invoices hold a piece of it. */
static const char *transaction_reference(struct arena *arena, const json_t *data)
{
	const char *reference = either(arena, data, "reference", "transaction_reference");

	return reference ? reference
			 : wire_string(arena, json_object_get(data, "transaction"), "reference");
}

bool webhook_paystack_read(
	struct arena *arena, const char *body, size_t length, struct paystack_event *ret)
{
	const json_t *root = wire_parse_signed(arena, body, length);
	const json_t *data = json_object_get(root, "data");
	const char *event = wire_string(arena, root, "event");

	if (!event)
		return false;
	*ret = (struct paystack_event){
		.event = event,
		.reference = transaction_reference(arena, data),
		.id = wire_id(arena, data, "id"),
		.status = wire_string(arena, data, "status"),
		.domain = wire_string(arena, data, "domain"),
		.currency = wire_string(arena, data, "currency"),
		.refund_reference = wire_string(arena, data, "refund_reference"),
		.merchant_note = wire_string(arena, data, "merchant_note"),
		.updated_at = either(arena, data, "updated_at", "updatedAt"),
		.due_at = either(arena, data, "dueAt", "due_at"),
	};
	if (!wire_integer(data, "amount", &ret->amount_minor) || ret->amount_minor < 0)
		ret->amount_minor = -1;
	return true;
}

bool webhook_calcom_read(
	struct arena *arena, const char *body, size_t length, struct calcom_event *ret)
{
	const json_t *root = wire_parse_signed(arena, body, length);
	const json_t *payload = json_object_get(root, "payload");
	const char *trigger = wire_string(arena, root, "triggerEvent");

	if (!trigger)
		return false;
	/* MEETING_STARTED and MEETING_ENDED are flat. */
	if (!json_is_object(payload))
		payload = root;
	*ret = (struct calcom_event){
		.trigger = trigger,
		.request_reschedule = wire_truth(payload, "requestReschedule"),
	};
	calcom_booking(arena, payload, &ret->booking);
	ret->uid = ret->booking.uid;
	ret->reschedule_uid = ret->booking.rescheduled_from_uid;
	ret->no_show = ret->booking.absent || wire_truth(payload, "noShowHost");
	if (!wire_instant_ms(root, "createdAt", &ret->created_at_ms))
		ret->created_at_ms = 0;
	return true;
}
