/* Calendars: the fields of the .ics, what names cannot do to it, and the two links. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libical/ical.h>
#include <string.h>

#include "lib/core/text.h"
#include "lib/document/calendar.h"

static const struct calendar_event visit = {
	.uid = "018f2b6c@care.example",
	.sequence = 2,
	.status = "CONFIRMED",
	.summary = "Consultation with Ọ̀ṣun Àgbà",
	.description = "Bring your questions.",
	.location = "14 Adéọlá Ọdẹ́kù Street, Lagos",
	.organiser_name = "Ìtọ́jú Home Care",
	.organiser_email = "care@example.com",
	.attendee_name = "Ṣadé Àgbà",
	.attendee_email = "sade+home@example.com",
	.start_at_s = 1795338000, /* 2026-11-22 09:00 UTC */
	.end_at_s = 1795341600,
	.stamp_at_s = 1795300000,
};

static int open_arena(void **state)
{
	*state = arena_new();
	return 0;
}

static int close_arena(void **state)
{
	arena_free(*state);
	return 0;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in: %s", part, text);
}

static void free_component(void *component)
{
	icalcomponent_free(component);
}

/* The VEVENT as libical reads it back. */
static icalcomponent *reread(struct arena *arena, const char *ics)
{
	icalcomponent *calendar = icalparser_parse_string(ics);
	icalcomponent *event;

	assert_non_null(calendar);
	arena_defer(arena, free_component, calendar);
	assert_int_equal(icalcomponent_count_components(calendar, ICAL_ANY_COMPONENT), 1);
	event = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT);
	assert_non_null(event);
	return event;
}

static void fields_are_there(void **state)
{
	static const char *const lines[] = {"BEGIN:VCALENDAR\r\n", "\r\nVERSION:2.0\r\n",
		"\r\nPRODID:-//Care//", "\r\nMETHOD:PUBLISH\r\n",
		"\r\nUID:018f2b6c@care.example\r\n", "\r\nSEQUENCE:2\r\n",
		"\r\nDTSTAMP:20261121T222640Z\r\n", "\r\nDTSTART:20261122T090000Z\r\n",
		"\r\nDTEND:20261122T100000Z\r\n", "\r\nSTATUS:CONFIRMED\r\n",
		"\r\nSUMMARY:Consultation with Ọ̀ṣun Àgbà\r\n",
		"\r\nORGANIZER;CN=Ìtọ́jú Home Care:mailto:care@example.com\r\n", "\r\nATTENDEE;",
		"\r\nLOCATION:14 Adéọlá Ọdẹ́kù Street\\, Lagos\r\n", "\r\nEND:VCALENDAR\r\n"};
	const char *ics = calendar_ics(*state, &visit);

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_has(ics, lines[i]);
	assert_null(strstr(ics, "VALARM"));
}

static void a_cancelled_event_says_so(void **state)
{
	struct calendar_event event = visit;
	const char *ics;

	event.status = "CANCELLED";
	event.sequence = 3;
	ics = calendar_ics(*state, &event);
	assert_has(ics, "\r\nMETHOD:CANCEL\r\n");
	assert_has(ics, "\r\nSTATUS:CANCELLED\r\n");
	assert_has(ics, "\r\nSEQUENCE:3\r\n");
	assert_has(ics, "\r\nUID:018f2b6c@care.example\r\n");
}

/* RFC 5545 3.1: CRLF only, 75 octets without it; and no fold inside a character. */
static void lines_are_folded(void **state)
{
	struct calendar_event event = visit;
	const char *ics, *end;

	event.description = "Ọ̀ṣunÀgbàṢadéỌ̀ṣunÀgbàṢadéỌ̀ṣunÀgbàṢadéỌ̀ṣunÀgbàṢadéỌ̀ṣunÀgbàṢadé";
	ics = calendar_ics(*state, &event);
	assert_has(ics, "\r\n ");
	for (; *ics; ics = end + 2) {
		end = strstr(ics, "\r\n");
		assert_non_null(end);
		assert_in_range(end - ics, 1, 75);
		assert_null(memchr(ics, '\n', (size_t)(end - ics)));
		assert_true(text_is_utf8(ics, (size_t)(end - ics)));
	}
}

static void hostile_text_makes_no_property(void **state)
{
	const char *hostile =
		"x\r\nATTACH:http://evil\nX-EVIL:1\rBEGIN:VALARM\v\\n;,\":\"\x01^nend";
	struct calendar_event event = visit;
	icalcomponent *component;

	event.uid = event.summary = event.description = event.location = hostile;
	event.organiser_name = event.attendee_name = hostile;
	event.organiser_email = event.attendee_email = hostile;
	component = reread(*state, calendar_ics(*state, &event));
	assert_int_equal(icalcomponent_count_components(component, ICAL_ANY_COMPONENT), 0);
	assert_int_equal(icalcomponent_count_properties(component, ICAL_ANY_PROPERTY), 11);
	assert_int_equal(icalcomponent_count_properties(component, ICAL_ATTACH_PROPERTY), 0);
	assert_int_equal(icalcomponent_count_properties(component, ICAL_X_PROPERTY), 0);
	assert_int_equal(icalcomponent_count_properties(component, ICAL_XLICERROR_PROPERTY), 0);
	assert_string_equal(icalcomponent_get_summary(component),
		"x ATTACH:http://evil X-EVIL:1 BEGIN:VALARM \\n;,\":\" ^nend");
	assert_string_equal(icalcomponent_get_description(component),
		"x\nATTACH:http://evil\nX-EVIL:1\nBEGIN:VALARM \\n;,\":\" ^nend");
}

static void a_name_stays_in_its_parameter(void **state)
{
	struct calendar_event event = visit;
	icalproperty *attendee;
	const char *name;

	event.attendee_name = "Àgbà, \"Ṣadé\";CN=x:mailto:evil@example.com^n";
	attendee = icalcomponent_get_first_property(
		reread(*state, calendar_ics(*state, &event)), ICAL_ATTENDEE_PROPERTY);
	name = icalparameter_get_cn(icalproperty_get_first_parameter(attendee, ICAL_CN_PARAMETER));
	assert_string_equal(name, "Àgbà, 'Ṣadé';CN=x:mailto:evil@example.com'n");
	assert_string_equal(icalproperty_get_attendee(attendee), "mailto:sade+home@example.com");
}

static void an_address_is_a_uri(void **state)
{
	struct calendar_event event = visit;

	event.organiser_email = "a?cc=b\r\nX:1 <c>%@example.com";
	assert_has(calendar_ics(*state, &event), "a%3Fcc%3Db%0D%0AX%3A1%20%3Cc%3E%25@");
}

static void a_location_may_be_missing(void **state)
{
	struct calendar_event event = visit;

	event.location = NULL;
	assert_null(strstr(calendar_ics(*state, &event), "LOCATION"));
	assert_null(strstr(calendar_google_url(*state, &event), "location"));
	assert_null(strstr(calendar_outlook_url(*state, &event), "location"));
}

static void links_carry_the_event(void **state)
{
	struct calendar_event event = visit;

	event.summary = "Care & \"rest\"\r\n?=";
	event.description = "One,\ntwo.";
	event.location = "Ìbàdàn";
	assert_string_equal(calendar_google_url(*state, &event),
		"https://calendar.google.com/calendar/render?action=TEMPLATE"
		"&text=Care%20%26%20%22rest%22%20%3F%3D"
		"&dates=20261122T090000Z/20261122T100000Z"
		"&details=One%2C%0Atwo.&location=%C3%8Cb%C3%A0d%C3%A0n");
	assert_string_equal(calendar_outlook_url(*state, &event),
		"https://outlook.live.com/calendar/0/deeplink/compose"
		"?path=%2Fcalendar%2Faction%2Fcompose&rru=addevent"
		"&subject=Care%20%26%20%22rest%22%20%3F%3D"
		"&startdt=2026-11-22T09%3A00%3A00Z&enddt=2026-11-22T10%3A00%3A00Z"
		"&body=One%2C%0Atwo.&location=%C3%8Cb%C3%A0d%C3%A0n");
}

#define IN_ARENA(test) cmocka_unit_test_setup_teardown(test, open_arena, close_arena)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ARENA(fields_are_there),
		IN_ARENA(a_cancelled_event_says_so),
		IN_ARENA(lines_are_folded),
		IN_ARENA(hostile_text_makes_no_property),
		IN_ARENA(a_name_stays_in_its_parameter),
		IN_ARENA(an_address_is_a_uri),
		IN_ARENA(a_location_may_be_missing),
		IN_ARENA(links_carry_the_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
