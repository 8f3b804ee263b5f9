/* Cal.com: bodies of webhooks, version 2021-10-20, each in the shape its own code path gives it. */
#include <string.h>

#include "tests/sim/calcom.h"
#include "tests/sim/clock.h"

static json_t *organizer_of(const struct booking *booking)
{
	const struct event_type *type = booking->type;

	return json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:{s:s},s:s,s:I}", "id",
		1000 + (json_int_t)type->id, "name", type->host_name, "email", type->host_email,
		"username", "care-host", "usernameInOrg", "care-host", "timeZone", type->time_zone,
		"language", "locale", "en", "timeFormat", "h:mma", "utcOffset",
		(json_int_t)(clock_offset_s(booking->start_ms, type->time_zone) / 60));
}

static json_t *attendees_of(struct arena *arena, const struct booking *booking, bool ended)
{
	size_t word = strcspn(booking->name, " ");
	json_t *attendee = json_pack("{s:s,s:s,s:s,s:{s:s},s:I}", "email", booking->email, "name",
		booking->name, "timeZone", booking->time_zone, "language", "locale",
		booking->language, "utcOffset",
		(json_int_t)(clock_offset_s(booking->start_ms, booking->time_zone) / 60));

	if (ended) {
		json_object_set_new(attendee, "phoneNumber",
			booking->phone ? json_string(booking->phone) : json_null());
		return json_pack("[o]", attendee);
	}
	json_object_set_new(
		attendee, "firstName", json_string(arena_strndup(arena, booking->name, word)));
	json_object_set_new(attendee, "lastName",
		json_string(booking->name[word] ? booking->name + word + 1 : ""));
	if (booking->phone)
		json_object_set_new(attendee, "phoneNumber", json_string(booking->phone));
	return json_pack("[o]", attendee);
}

/* The value's key is left out when there is none. */
static void add_answer(json_t *answers, const char *slug, const char *label, json_t *value)
{
	json_t *answer = json_pack("{s:s,s:b}", "label", label, "isHidden", value == NULL);

	if (value)
		json_object_set_new(answer, "value", value);
	json_object_set_new(answers, slug, answer);
}

static json_t *user_answers(const struct booking *booking)
{
	json_t *answers = json_object(), *value;
	const char *slug;

	json_object_foreach(booking->responses, slug, value)
	{
		json_object_set_new(answers, slug,
			json_pack("{s:s,s:O,s:b}", "label", slug, "value", value, "isHidden",
				!strcmp(slug, "intake-ref")));
	}
	return answers;
}

static json_t *answers_of(const struct booking *booking, bool ended)
{
	json_t *answers = json_object(), *users = user_answers(booking);

	add_answer(answers, "name", ended ? "name" : "your_name", json_string(booking->name));
	add_answer(
		answers, "email", ended ? "email" : "email_address", json_string(booking->email));
	if (!ended) {
		add_answer(answers, "attendeePhoneNumber", "phone_number",
			booking->phone ? json_string(booking->phone) : NULL);
		add_answer(answers, "location", "location",
			json_pack("{s:s,s:s}", "optionValue", "", "value", "integrations:daily"));
		add_answer(answers, "title", "what_is_this_meeting_about", NULL);
		add_answer(answers, "notes", "additional_notes", NULL);
		add_answer(answers, "guests", "additional_guests", json_incref(booking->guests));
	}
	if (!ended || booking->rescheduling_reason)
		add_answer(answers, "rescheduleReason",
			ended ? "rescheduleReason" : "reason_for_reschedule",
			booking->rescheduling_reason ? json_string(booking->rescheduling_reason)
						     : NULL);
	json_object_update(answers, users);
	json_decref(users);
	return answers;
}

/* What all of them have. */
static json_t *common(struct arena *arena, const struct booking *booking, bool ended)
{
	const struct event_type *type = booking->type;
	char *status = arena_strdup(arena, booking->status);

	for (char *at = status; *at; at++)
		*at = (char)(*at - 'a' + 'A');
	return json_pack(
		"{s:s,s:s,s:s,s:s,s:s,s:I,s:o,s:o,s:{},s:o,s:o,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:b,"
		"s:b,s:n,s:I,s:s,s:s}",
		"bookerUrl", "https://app.cal.com", "title",
		arena_printf(
			arena, "%s between %s and %s", type->title, type->host_name, booking->name),
		"type", type->slug, "description", "", "additionalNotes", "", "eventTypeId",
		(json_int_t)type->id, "organizer", organizer_of(booking), "attendees",
		attendees_of(arena, booking, ended), "customInputs", "responses",
		answers_of(booking, ended), "userFieldsResponses", user_answers(booking),
		"location", "integrations:daily", "uid", booking->uid, "eventTitle", type->title,
		"eventDescription", "", "currency", "usd", "length",
		(json_int_t)((booking->end_ms - booking->start_ms) / 60000), "bookingId",
		(json_int_t)booking->id, "requiresConfirmation", type->requires_confirmation,
		"hideOrganizerEmail", 0, "customReplyToEmail", "iCalSequence",
		(json_int_t)booking->sequence, "iCalUID", booking->ical_uid, "status", status);
}

static void set_times(
	json_t *payload, struct arena *arena, const struct booking *booking, const char *suffix)
{
	json_object_set_new(payload, "startTime",
		json_string(clock_iso_seconds(arena, booking->start_ms, suffix)));
	json_object_set_new(
		payload, "endTime", json_string(clock_iso_seconds(arena, booking->end_ms, suffix)));
}

json_t *calcom_payload_booked(struct sim *sim, struct arena *arena, const struct booking *booking)
{
	json_t *payload = common(arena, booking, false);
	json_t *more =
		json_pack("{s:n,s:n,s:b,s:b,s:b,s:b,s:n,s:n,s:i,s:n,s:I,s:b,s:b}", "schedulingType",
			"seatsPerTimeSlot", "seatsShowAttendees", 1, "seatsShowAvailabilityCount",
			1, "disableRescheduling", 0, "disableCancelling", 0, "destinationCalendar",
			"hashedLink", "price", 0, "oneTimePassword", "organizationId",
			(json_int_t)1, "hideCalendarNotes", 0, "hideCalendarEventDetails", 0);

	(void)sim;
	set_times(payload, arena, booking, "Z");
	if (!strcmp(booking->status, "accepted"))
		json_object_set_new(more, "videoCallData",
			json_pack("{s:s,s:s,s:s,s:s}", "type", "daily_video", "id", booking->uid,
				"password", "token", "url", booking->location));
	else
		json_object_set_new(more, "oneTimePassword",
			json_string(sim_token(arena, "", ALPHABET_HEX, 32)));
	json_object_set_new(more, "appsStatus",
		json_pack("[{s:s,s:s,s:i,s:i,s:[]}]", "appName", "daily-video", "type",
			"daily_video", "success", 1, "failures", 0, "errors"));
	json_object_update(payload, more);
	json_decref(more);
	return payload;
}

static void add_ended_extras(json_t *payload, const struct booking *booking, bool rejected)
{
	if (rejected) {
		json_object_set_new(payload, "hideCalendarNotes", json_false());
		json_object_set_new(payload, "hideCalendarEventDetails", json_false());
		return;
	}
	json_object_set_new(payload, "cancelledBy",
		booking->cancelled_by ? json_string(booking->cancelled_by) : json_null());
	json_object_set_new(payload, "seatsPerTimeSlot", json_null());
	json_object_set_new(payload, "seatsShowAttendees", json_false());
}

/* Cancelled or rejected: +00:00 here, .000Z there, and the destination calendar is an array. */
json_t *calcom_payload_ended(struct sim *sim, struct arena *arena, const struct booking *booking)
{
	bool rejected = !strcmp(booking->status, "rejected");
	json_t *payload = common(arena, booking, true);
	const char *reason = rejected ? booking->rejection_reason : booking->cancellation_reason;

	(void)sim;
	set_times(payload, arena, booking, rejected ? ".000Z" : "+00:00");
	json_object_set_new(payload, "destinationCalendar", json_array());
	json_object_set_new(payload, "organizationId", json_integer(1));
	json_object_set_new(payload, "price", rejected ? json_integer(0) : json_null());
	json_object_set_new(payload, rejected ? "rejectionReason" : "cancellationReason",
		reason ? json_string(reason) : json_null());
	add_ended_extras(payload, booking, rejected);
	return payload;
}

/* Flat: the booking's row itself, with id for bookingId and the booking's own createdAt. */
json_t *calcom_payload_meeting(struct arena *arena, const struct booking *booking)
{
	const struct event_type *type = booking->type;
	json_t *body = json_pack(
		"{s:I,s:s,s:s,s:I,s:s,s:I,s:s,s:s,s:{},s:o,s:s,s:s,s:s,s:s,s:s,s:s,s:b,"
		"s:s?,s:O,s:s,s:I,s:{s:s,s:s,s:s,s:s}}",
		"id", (json_int_t)booking->id, "uid", booking->uid, "idempotencyKey",
		booking->ical_uid, "userId", 1000 + (json_int_t)type->id, "userPrimaryEmail",
		type->host_email, "eventTypeId", (json_int_t)type->id, "title", type->title,
		"description", "", "customInputs", "responses", answers_of(booking, false),
		"startTime", clock_iso(arena, booking->start_ms), "endTime",
		clock_iso(arena, booking->end_ms), "location", "integrations:daily", "createdAt",
		clock_iso(arena, booking->created_ms), "updatedAt",
		clock_iso(arena, booking->updated_ms), "status", "ACCEPTED", "paid", 0,
		"fromReschedule", booking->from ? booking->from->uid : NULL, "metadata",
		booking->metadata, "iCalUID", booking->ical_uid, "iCalSequence",
		(json_int_t)booking->sequence, "user", "email", type->host_email, "name",
		type->host_name, "timeZone", type->time_zone, "username", "care-host");

	json_object_set_new(body, "attendees",
		json_pack("[{s:I,s:s,s:s,s:s,s:s?,s:s,s:I,s:b}]", "id", 1 + (json_int_t)booking->id,
			"email", booking->email, "name", booking->name, "timeZone",
			booking->time_zone, "phoneNumber", booking->phone, "locale",
			booking->language, "bookingId", (json_int_t)booking->id, "noShow",
			booking->absent));
	json_object_set_new(body, "noShowHost", json_boolean(booking->absent_host));
	json_object_set_new(body, "payment", json_array());
	json_object_set_new(body, "references", json_array());
	return body;
}
