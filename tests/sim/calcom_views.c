/* Cal.com: bookings and event types as its API shows them. */
#include <string.h>

#include "tests/sim/calcom.h"
#include "tests/sim/clock.h"

static const char *title_of(struct arena *arena, const struct booking *booking)
{
	return arena_printf(arena, "%s between %s and %s", booking->type->title,
		booking->type->host_name, booking->name);
}

static json_t *host_of(const struct event_type *type)
{
	return json_pack("{s:I,s:s,s:s,s:s,s:s,s:s}", "id", 1000 + (json_int_t)type->id, "name",
		type->host_name, "email", type->host_email, "displayEmail", type->host_email,
		"username", "care-host", "timeZone", type->time_zone);
}

static json_t *attendee_of(const struct booking *booking)
{
	json_t *attendee = json_pack("{s:s,s:s,s:s,s:s,s:s,s:b}", "name", booking->name, "email",
		booking->email, "displayEmail", booking->email, "timeZone", booking->time_zone,
		"language", booking->language, "absent", booking->absent);

	if (booking->phone)
		json_object_set_new(attendee, "phoneNumber", json_string(booking->phone));
	return attendee;
}

static void set_text(json_t *view, const char *name, const char *value)
{
	if (value)
		json_object_set_new(view, name, json_string(value));
}

static json_t *answers_of(const struct booking *booking)
{
	json_t *answers = json_copy(booking->responses);

	json_object_set_new(answers, "name", json_string(booking->name));
	json_object_set_new(answers, "email", json_string(booking->email));
	json_object_set_new(answers, "displayEmail", json_string(booking->email));
	return answers;
}

json_t *calcom_view(struct arena *arena, const struct booking *booking)
{
	const struct event_type *type = booking->type;
	json_t *view = json_pack(
		"{s:I,s:s,s:s,s:s,s:[o],s:s,s:s,s:s,s:I,s:I,s:{s:I,s:s},s:s,s:s,s:b,"
		"s:s,s:s,s:O,s:s,s:[o],s:O,s:o}",
		"id", (json_int_t)booking->id, "uid", booking->uid, "title",
		title_of(arena, booking), "description", "", "hosts", host_of(type), "status",
		booking->status, "start", clock_iso(arena, booking->start_ms), "end",
		clock_iso(arena, booking->end_ms), "duration",
		(json_int_t)((booking->end_ms - booking->start_ms) / 60000), "eventTypeId",
		(json_int_t)type->id, "eventType", "id", (json_int_t)type->id, "slug", type->slug,
		"meetingUrl", booking->location, "location", booking->location, "absentHost",
		booking->absent_host, "createdAt", clock_iso(arena, booking->created_ms),
		"updatedAt", clock_iso(arena, booking->updated_ms), "metadata", booking->metadata,
		"icsUid", booking->ical_uid, "attendees", attendee_of(booking), "guests",
		booking->guests, "bookingFieldsResponses", answers_of(booking));

	set_text(view, "cancellationReason", booking->cancellation_reason);
	set_text(view, "cancelledByEmail", booking->cancelled_by);
	set_text(view, "reschedulingReason", booking->rescheduling_reason);
	set_text(view, "rescheduledByEmail", booking->rescheduled_by);
	set_text(view, "rescheduledFromUid", booking->from ? booking->from->uid : NULL);
	set_text(view, "rescheduledToUid", booking->to ? booking->to->uid : NULL);
	return view;
}

/* What 2024-04-15 answers: other names, statuses in capitals. */
json_t *calcom_view_old(struct arena *arena, const struct booking *booking)
{
	char *status = arena_strdup(arena, booking->status);

	for (char *at = status; *at; at++)
		*at = (char)(*at - 'a' + 'A');
	return json_pack(
		"{s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:O,s:[{s:s,s:s,s:s,s:s}],s:{s:I,s:s},s:{s:I,s:s,"
		"s:s}}",
		"id", (json_int_t)booking->id, "uid", booking->uid, "title",
		title_of(arena, booking), "startTime", clock_iso(arena, booking->start_ms),
		"endTime", clock_iso(arena, booking->end_ms), "status", status, "location",
		booking->location, "metadata", booking->metadata, "attendees", "name",
		booking->name, "email", booking->email, "timeZone", booking->time_zone, "locale",
		booking->language, "eventType", "id", (json_int_t)booking->type->id, "slug",
		booking->type->slug, "user", "id", 1000 + (json_int_t)booking->type->id, "email",
		booking->type->host_email, "name", booking->type->host_name);
}

static json_t *fields_of(void)
{
	static const struct {
		const char *type, *slug;
		int required, hidden;
	} fields[] = {{"name", "name", 1, 0}, {"email", "email", 1, 0},
		{"radioInput", "location", 0, 0}, {"text", "title", 1, 1},
		{"textarea", "notes", 0, 0}, {"multiemail", "guests", 0, 0},
		{"textarea", "rescheduleReason", 0, 0}};
	json_t *shown = json_array();

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		json_array_append_new(shown,
			json_pack("{s:b,s:s,s:s,s:b,s:b}", "isDefault", 1, "type", fields[i].type,
				"slug", fields[i].slug, "required", fields[i].required, "hidden",
				fields[i].hidden));
	json_array_append_new(shown,
		json_pack("{s:b,s:s,s:s,s:s,s:b,s:s,s:b}", "isDefault", 0, "type", "text", "slug",
			"intake-ref", "label", "Intake ref", "required", 0, "placeholder", "",
			"hidden", 1));
	return shown;
}

json_t *calcom_view_type(const struct event_type *type)
{
	json_t *policy = type->requires_confirmation
		? json_pack("{s:s,s:b}", "type", "always", "blockUnconfirmedBookingsInBooker",
			  type->blocks_unconfirmed)
		: json_pack("{s:b}", "disabled", 1);

	return json_pack(
		"{s:I,s:I,s:s,s:s,s:s,s:[{s:s,s:s}],s:o,s:n,s:b,s:I,s:I,s:i,s:i,s:{},s:i,s:s,"
		"s:b,s:{s:b},s:o,s:{s:b},s:b,s:I,s:[{s:I,s:s}]}",
		"id", (json_int_t)type->id, "lengthInMinutes", (json_int_t)type->length_min,
		"title", type->title, "slug", type->slug, "description", "", "locations", "type",
		"integration", "integration", "cal-video", "bookingFields", fields_of(),
		"recurrence", "disableGuests", 0, "slotInterval", (json_int_t)type->step_min,
		"minimumBookingNotice", (json_int_t)type->notice_min, "beforeEventBuffer", 0,
		"afterEventBuffer", 0, "metadata", "price", 0, "currency", "usd", "isInstantEvent",
		0, "bookingWindow", "disabled", 1, "confirmationPolicy", policy, "seats",
		"disabled", 1, "hidden", 0, "ownerId", 1000 + (json_int_t)type->id, "users", "id",
		1000 + (json_int_t)type->id, "name", type->host_name);
}
