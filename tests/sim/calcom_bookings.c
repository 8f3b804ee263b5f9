/* Cal.com: booking, over the API or inside the embed, and one booking. */
#include <ctype.h>
#include <string.h>

#include "tests/sim/calcom.h"
#include "tests/sim/clock.h"
#include "tests/sim/later.h"

#define MINUTE_MS INT64_C(60000)

/* Who books, as the API's body or the control's names them. */
struct booker {
	const char *name, *email, *phone, *time_zone, *language;
	const json_t *metadata, *responses, *guests;
};

static const char *keep_text(struct sim *sim, const char *text)
{
	return arena_strdup(sim->arena, text);
}

static json_t *keep_or(struct sim *sim, const json_t *given, json_t *otherwise)
{
	if (!given)
		return sim_keep(sim, otherwise);
	json_decref(otherwise);
	return sim_keep(sim, json_deep_copy(given));
}

static void start_meeting(struct sim *sim, void *argument)
{
	const struct booking *booking = argument;

	if (!strcmp(booking->status, "accepted"))
		calcom_tell_meeting(sim, booking, false);
}

static void end_meeting(struct sim *sim, void *argument)
{
	const struct booking *booking = argument;

	if (!strcmp(booking->status, "accepted"))
		calcom_tell_meeting(sim, booking, true);
}

void calcom_schedule_meeting(struct sim *sim, struct booking *booking)
{
	later_sim(sim, booking->start_ms, start_meeting, booking);
	later_sim(sim, booking->end_ms, end_meeting, booking);
}

struct booking *calcom_add(struct sim *sim, struct event_type *type, int64_t start_ms)
{
	struct booking *booking = arena_alloc(sim->arena, sizeof(*booking));

	booking->id = (long)(7000000 + sim_next(sim));
	booking->uid = sim_token(sim->arena, "", ALPHABET_MIXED, 22);
	booking->ical_uid = arena_printf(sim->arena, "%s@cal.com", booking->uid);
	booking->type = type;
	booking->status = type->requires_confirmation ? "pending" : "accepted";
	booking->start_ms = start_ms;
	booking->end_ms = start_ms + type->length_min * MINUTE_MS;
	booking->created_ms = booking->updated_ms = clock_now(sim);
	booking->location = arena_printf(sim->arena, "https://app.cal.com/video/%s", booking->uid);
	list_add(&type->bookings, booking);
	list_add(&sim->calcom->booking_list, booking);
	map_put(sim->calcom->bookings, booking->uid, booking);
	return booking;
}

static struct booking *add_for(
	struct sim *sim, struct event_type *type, int64_t start_ms, const struct booker *booker)
{
	struct booking *booking = calcom_add(sim, type, start_ms);

	booking->name = keep_text(sim, booker->name);
	booking->email = keep_text(sim, booker->email);
	booking->phone = keep_text(sim, booker->phone);
	booking->time_zone = keep_text(sim, booker->time_zone);
	booking->language = keep_text(sim, booker->language ? booker->language : "en");
	booking->metadata = keep_or(sim, booker->metadata, json_object());
	booking->responses = keep_or(sim, booker->responses, json_object());
	booking->guests = keep_or(sim, booker->guests, json_array());
	return booking;
}

/* Why the start cannot be booked, in Cal.com's words; NULL when it can. */
static const char *refusal(struct sim *sim, const struct event_type *type, int64_t start_ms)
{
	int64_t now_ms = clock_now(sim);

	if (start_ms < now_ms)
		return "Attempting to book a meeting in the past.";
	if (start_ms < now_ms + type->notice_min * MINUTE_MS)
		return "The event type can't be booked at the \"start\" time provided. This could "
		       "be because it's too soon (violating the minimum booking notice) or too far "
		       "in the future (outside the event's scheduling window). Try fetching "
		       "available slots first using the GET /v2/slots endpoint and then make a "
		       "booking with \"start\" time equal to one of the available slots.";
	if (!calcom_open(type, start_ms) || !calcom_free(sim, type, start_ms, NULL, false))
		return "User either already has booking at this time or is not available";
	return NULL;
}

static void book(struct call *call, struct event_type *type, const struct booker *booker,
	enum calcom_origin origin)
{
	const char *start = call_field(call, "start"), *wrong;
	struct booking *booking;
	int64_t start_ms;

	if (!clock_parse(start, &start_ms, NULL)) {
		calcom_invalid(call, "start", "start must be a valid ISO 8601 date string");
		return;
	}
	wrong = refusal(call->sim, type, start_ms);
	if (wrong && !json_is_true(json_object_get(call->body, "force"))) {
		calcom_fail(call, 400, wrong);
		return;
	}
	booking = add_for(call->sim, type, start_ms, booker);
	if (!strcmp(booking->status, "accepted"))
		calcom_schedule_meeting(call->sim, booking);
	calcom_tell_booked(call->sim, booking, origin);
	calcom_succeed(call, 201, calcom_view(call->arena, booking));
}

static bool is_phone(const char *phone)
{
	size_t digits = 0;

	if (*phone != '+')
		return false;
	for (phone++; *phone; phone++, digits++) {
		if (!isdigit((unsigned char)*phone))
			return false;
	}
	return digits >= 8 && digits <= 15;
}

/* Keys to 40 characters, values to 500, 50 of them. */
static bool is_metadata(const json_t *metadata)
{
	const char *name;
	json_t *value;

	if (!metadata)
		return true;
	if (!json_is_object(metadata) || json_object_size(metadata) > 50)
		return false;
	json_object_foreach((json_t *)metadata, name, value)
	{
		const char *text = json_string_value(value);

		if (strlen(name) > 40 || (text && strlen(text) > 500))
			return false;
	}
	return true;
}

static const char *invalid(const struct booker *booker, const char **ret_property)
{
	*ret_property = "attendee.name";
	if (!booker->name || !*booker->name)
		return "name must be a string";
	*ret_property = "attendee.timeZone";
	if (!clock_zone_known(booker->time_zone))
		return "timeZone must be a valid IANA time-zone";
	*ret_property = "attendee.phoneNumber";
	if (booker->phone && !is_phone(booker->phone))
		return "phoneNumber must be a valid phone number";
	*ret_property = "attendee.email";
	if (!booker->email ? !booker->phone : !strchr(booker->email, '@'))
		return "At least one contact method (email or phone number) must be provided";
	*ret_property = "metadata";
	return is_metadata(booker->metadata) ? NULL
					     : "Metadata must have at most 50 keys, each key up to "
					       "40 characters, values up to 500 characters.";
}

static void refuse_type(struct call *call, const char *name)
{
	const json_t *id = json_object_get(call->body, name);

	if (id)
		calcom_fail(call, 404,
			arena_printf(call->arena, "Event type with id %s not found.",
				json_text(call->arena, id, 0)->data));
	else
		calcom_invalid(call, name, "eventTypeId must be a number");
}

void calcom_book(struct call *call)
{
	const json_t *attendee = json_object_get(call->body, "attendee");
	struct event_type *type =
		calcom_type(call->sim, json_object_get(call->body, "eventTypeId"));
	struct booker booker = {.name = json_string_value(json_object_get(attendee, "name")),
		.email = json_string_value(json_object_get(attendee, "email")),
		.phone = json_string_value(json_object_get(attendee, "phoneNumber")),
		.time_zone = json_string_value(json_object_get(attendee, "timeZone")),
		.language = json_string_value(json_object_get(attendee, "language")),
		.metadata = json_object_get(call->body, "metadata"),
		.responses = json_object_get(call->body, "bookingFieldsResponses"),
		.guests = json_object_get(call->body, "guests")};
	const char *property, *wrong = invalid(&booker, &property);

	if (!calcom_versioned(call, "2024-08-13") && !calcom_versioned(call, "2026-02-25")) {
		property = "responses";
		wrong = "responses must be an object";
	}
	if (wrong) {
		calcom_invalid(call, property, wrong);
		return;
	}
	if (!type) {
		refuse_type(call, "eventTypeId");
		return;
	}
	if (!booker.email)
		booker.email = arena_printf(call->arena, "%s@sms.cal.com", booker.phone + 1);
	book(call, type, &booker, ORIGIN_API);
}

void calcom_book_in_page(struct call *call)
{
	struct event_type *type =
		calcom_type(call->sim, json_object_get(call->body, "event_type_id"));
	struct booker booker = {.name = call_field(call, "name"),
		.email = call_field(call, "email"),
		.phone = call_field(call, "phone"),
		.time_zone = call_field(call, "time_zone"),
		.language = call_field(call, "language"),
		.metadata = json_object_get(call->body, "metadata"),
		.responses = json_object_get(call->body, "responses"),
		.guests = json_object_get(call->body, "guests")};
	const char *property, *wrong;

	if (!booker.time_zone)
		booker.time_zone = "UTC";
	wrong = invalid(&booker, &property);
	if (wrong || !booker.email)
		calcom_invalid(call, wrong ? property : "email", wrong ? wrong : "is missing");
	else if (!type)
		refuse_type(call, "event_type_id");
	else
		book(call, type, &booker, ORIGIN_PAGE);
}

struct booking *calcom_asked(struct call *call, size_t segment)
{
	const char *uid = call->segments[segment];
	struct booking *booking = map_get(call->sim->calcom->bookings, uid);

	if (!booking)
		calcom_fail(call, 404,
			arena_printf(call->arena,
				"Booking with uid=%s was not found in the database", uid));
	return booking;
}

void calcom_get(struct call *call)
{
	const struct booking *booking = calcom_asked(call, 1);

	if (!booking)
		return;
	if (calcom_versioned(call, "2024-08-13") || calcom_versioned(call, "2026-02-25"))
		calcom_succeed(call, 200, calcom_view(call->arena, booking));
	else
		calcom_succeed(call, 200, calcom_view_old(call->arena, booking));
}

static json_t *link_of(const char *label, const char *link)
{
	return json_pack("{s:s,s:s}", "label", label, "link", link);
}

void calcom_links(struct call *call)
{
	const struct booking *booking = calcom_asked(call, 1);
	struct arena *arena = call->arena;
	const char *start, *end, *title;

	if (!booking)
		return;
	start = clock_iso_seconds(arena, booking->start_ms, "Z");
	end = clock_iso_seconds(arena, booking->end_ms, "Z");
	title = booking->type->slug;
	calcom_succeed(call, 200,
		json_pack("[o,o,o,o]",
			link_of("Google Calendar",
				arena_printf(arena,
					"https://calendar.google.com/calendar/r/eventedit?dates=%s/"
					"%s&text=%s",
					start, end, title)),
			link_of("Microsoft Office",
				arena_printf(arena,
					"https://outlook.office.com/calendar/0/deeplink/"
					"compose?startdt=%s&enddt=%s&subject=%s",
					start, end, title)),
			link_of("Microsoft Outlook",
				arena_printf(arena,
					"https://outlook.live.com/calendar/0/deeplink/"
					"compose?startdt=%s&enddt=%s&subject=%s",
					start, end, title)),
			link_of("ICS",
				arena_printf(arena,
					"data:text/"
					"calendar,BEGIN%%3AVCALENDAR%%0D%%0AVERSION%%3A2.0%%0D%%"
					"0AEND%%3AVCALENDAR%%0D%%0A"))));
}
