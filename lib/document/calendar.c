/* Builds the .ics with libical and the two links by hand. */
#include "lib/document/calendar.h"

#include <libical/ical.h>
#include <string.h>

#include "lib/core/instant.h"
#include "lib/core/text.h"
#include "lib/document/plain.h"

static icaltimetype utc(int64_t instant_s)
{
	return icaltime_from_timet_with_zone((time_t)instant_s, 0, icaltimezone_get_utc_timezone());
}

/* libical escapes TEXT values but writes an address as it is, so a line break in one would start a
 * property. RFC 6068 wants everything unusual percent-encoded. */
static char *mailto(struct arena *arena, const char *email)
{
	struct text *uri = text_new(arena);

	text_add(uri, "mailto:");
	for (; *email; email++) {
		char one[2] = {*email, '\0'};

		if (*email == '@' || *email == '+')
			text_add(uri, one);
		else
			text_add_url(uri, one);
	}
	return uri->data;
}

/* RFC 5545 has no escape for a quote inside a parameter. RFC 6868's, a caret, is not read
 * everywhere and not escaped by libical, so neither character goes in. */
static icalparameter *common_name(struct arena *arena, const char *name)
{
	char *plain = plain_text(arena, name, PLAIN_LINE);

	for (char *at = plain; (at = strpbrk(at, "\"^"));)
		*at = '\'';
	return icalparameter_new_cn(plain);
}

static icalproperty *organiser_property(struct arena *arena, const struct calendar_event *event)
{
	icalproperty *property = icalproperty_new_organizer(mailto(arena, event->organiser_email));

	icalproperty_add_parameter(property, common_name(arena, event->organiser_name));
	return property;
}

static icalproperty *attendee_property(struct arena *arena, const struct calendar_event *event)
{
	icalproperty *property = icalproperty_new_attendee(mailto(arena, event->attendee_email));

	icalproperty_add_parameter(property, common_name(arena, event->attendee_name));
	icalproperty_add_parameter(property, icalparameter_new_role(ICAL_ROLE_REQPARTICIPANT));
	icalproperty_add_parameter(property, icalparameter_new_partstat(ICAL_PARTSTAT_ACCEPTED));
	return property;
}

static bool is_cancelled(const struct calendar_event *event)
{
	return strcmp(event->status, "CANCELLED") == 0;
}

static icalcomponent *event_component(struct arena *arena, const struct calendar_event *event)
{
	icalcomponent *component = icalcomponent_vanew(ICAL_VEVENT_COMPONENT,
		icalproperty_new_uid(plain_text(arena, event->uid, PLAIN_LINE)),
		icalproperty_new_sequence(event->sequence),
		icalproperty_new_dtstamp(utc(event->stamp_at_s)),
		icalproperty_new_dtstart(utc(event->start_at_s)),
		icalproperty_new_dtend(utc(event->end_at_s)),
		icalproperty_new_status(
			is_cancelled(event) ? ICAL_STATUS_CANCELLED : ICAL_STATUS_CONFIRMED),
		icalproperty_new_summary(plain_text(arena, event->summary, PLAIN_LINE)),
		icalproperty_new_description(plain_text(arena, event->description, PLAIN_LINES)),
		organiser_property(arena, event), attendee_property(arena, event), NULL);

	if (event->location)
		icalcomponent_add_property(component,
			icalproperty_new_location(plain_text(arena, event->location, PLAIN_LINE)));
	return component;
}

char *calendar_ics(struct arena *arena, const struct calendar_event *event)
{
	icalproperty_method method = is_cancelled(event) ? ICAL_METHOD_CANCEL : ICAL_METHOD_PUBLISH;
	icalcomponent *calendar =
		icalcomponent_vanew(ICAL_VCALENDAR_COMPONENT, icalproperty_new_version("2.0"),
			icalproperty_new_prodid("-//Care//Booking and client care//EN"),
			icalproperty_new_calscale("GREGORIAN"), icalproperty_new_method(method),
			event_component(arena, event), NULL);
	char *folded = icalcomponent_as_ical_string_r(calendar);
	char *ics = arena_strdup(arena, folded);

	icalmemory_free_buffer(folded);
	icalcomponent_free(calendar);
	return ics;
}

static void add_parameter(
	struct text *url, const char *name, const char *value, enum plain_kind kind)
{
	if (!value)
		return;
	text_addf(url, "&%s=", name);
	text_add_url(url, plain_text(url->arena, value, kind));
}

/* 20261122T090000Z, the form Google's link takes. */
static void add_compact_utc(struct text *url, int64_t instant_s)
{
	char *compact = icaltime_as_ical_string_r(utc(instant_s));

	text_add(url, compact);
	icalmemory_free_buffer(compact);
}

char *calendar_google_url(struct arena *arena, const struct calendar_event *event)
{
	struct text *url = text_new(arena);

	text_add(url, "https://calendar.google.com/calendar/render?action=TEMPLATE");
	add_parameter(url, "text", event->summary, PLAIN_LINE);
	text_add(url, "&dates=");
	add_compact_utc(url, event->start_at_s);
	text_add(url, "/");
	add_compact_utc(url, event->end_at_s);
	add_parameter(url, "details", event->description, PLAIN_LINES);
	add_parameter(url, "location", event->location, PLAIN_LINE);
	return url->data;
}

char *calendar_outlook_url(struct arena *arena, const struct calendar_event *event)
{
	struct text *url = text_new(arena);

	text_add(url,
		"https://outlook.live.com/calendar/0/deeplink/compose"
		"?path=%2Fcalendar%2Faction%2Fcompose&rru=addevent");
	add_parameter(url, "subject", event->summary, PLAIN_LINE);
	add_parameter(url, "startdt", instant_format_utc(arena, event->start_at_s), PLAIN_LINE);
	add_parameter(url, "enddt", instant_format_utc(arena, event->end_at_s), PLAIN_LINE);
	add_parameter(url, "body", event->description, PLAIN_LINES);
	add_parameter(url, "location", event->location, PLAIN_LINE);
	return url->data;
}
