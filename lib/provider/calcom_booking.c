/* Reading a Cal.com booking; see calcom_booking.h. */
#include "lib/provider/calcom_booking.h"

#include <string.h>

#include "lib/provider/wire.h"

/* The first of the members that is a string. */
static const char *either(
	struct arena *arena, const json_t *object, const char *one, const char *other)
{
	const char *string = wire_string(arena, object, one);

	return string ? string : wire_string(arena, object, other);
}

static int64_t instant_ms(const json_t *object, const char *one, const char *other)
{
	int64_t ms;

	if (wire_instant_ms(object, one, &ms) || wire_instant_ms(object, other, &ms))
		return ms;
	return 0;
}

/* The API says accepted, webhooks say ACCEPTED. */
static const char *lower(struct arena *arena, const char *string)
{
	char *copy = arena_strdup(arena, string);

	for (char *c = copy; c && *c; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	}
	return copy;
}

/* A field's answer: the bare value in the API, {label, value} in webhooks. */
static const char *field(
	struct arena *arena, const json_t *object, const char *responses, const char *slug)
{
	const json_t *answers = json_object_get(object, responses);
	const char *value = wire_string(arena, answers, slug);

	return value ? value : wire_string(arena, json_object_get(answers, slug), "value");
}

/* Metadata goes missing on many events; the hidden field survives most of them. */
static const char *reference(struct arena *arena, const json_t *object)
{
	static const char *const responses[] = {
		"userFieldsResponses", "responses", "bookingFieldsResponses"};
	const char *found = NULL;

	for (size_t i = 0; !found && i < sizeof(responses) / sizeof(responses[0]); i++)
		found = field(arena, object, responses[i], CALCOM_REFERENCE_FIELD);
	return found
		? found
		: wire_string(arena, json_object_get(object, "metadata"), CALCOM_REFERENCE_KEY);
}

static bool any_absent(const json_t *attendees)
{
	const json_t *attendee;
	size_t at;

	json_array_foreach(attendees, at, attendee)
	{
		if (wire_truth(attendee, "absent") || wire_truth(attendee, "noShow"))
			return true;
	}
	return false;
}

static void read_ids(struct arena *arena, const json_t *object, struct scheduler_booking *ret)
{
	const char *id = wire_id(arena, object, "bookingId");
	const char *type = wire_id(arena, json_object_get(object, "eventType"), "id");

	ret->uid = either(arena, object, "uid", "bookingUid");
	ret->booking_id = id ? id : wire_id(arena, object, "id");
	ret->event_type_id = type ? type : wire_id(arena, object, "eventTypeId");
	ret->rescheduled_from_uid = either(arena, object, "rescheduledFromUid", "rescheduleUid");
	if (!ret->rescheduled_from_uid)
		ret->rescheduled_from_uid = wire_string(arena, object, "fromReschedule");
	ret->rescheduled_to_uid = wire_string(arena, object, "rescheduledToUid");
}

void calcom_booking(struct arena *arena, const json_t *object, struct scheduler_booking *ret)
{
	const json_t *attendees = json_object_get(object, "attendees");
	const json_t *booker = json_array_get(attendees, 0);

	*ret = (struct scheduler_booking){
		.status = lower(arena, wire_string(arena, object, "status")),
		.start_at_s = instant_ms(object, "start", "startTime") / 1000,
		.end_at_s = instant_ms(object, "end", "endTime") / 1000,
		.updated_at_ms = instant_ms(object, "updatedAt", "updatedAt"),
		.reference = reference(arena, object),
		.attendee_name = wire_string(arena, booker, "name"),
		.attendee_email = wire_string(arena, booker, "email"),
		.attendee_time_zone = wire_string(arena, booker, "timeZone"),
		.cancellation_reason =
			either(arena, object, "cancellationReason", "rejectionReason"),
		.location = wire_string(arena, object, "location"),
		.absent = any_absent(attendees),
	};
	read_ids(arena, object, ret);
}

bool calcom_booking_is_whole(const struct scheduler_booking *booking)
{
	return booking->uid && *booking->uid && booking->status && booking->start_at_s;
}
