/* A booking for the client's own calendar: an .ics (RFC 5545, made with libical) and the links that
 * open Google Calendar and Outlook with the event filled in. Host calendars are Cal.com's job. */
#ifndef CARE_DOCUMENT_CALENDAR_H
#define CARE_DOCUMENT_CALENDAR_H

#include <stdint.h>

#include "lib/core/arena.h"

struct calendar_event {
	const char *uid;    /* stable over reschedules: "<booking_id>@<host>" */
	int sequence;       /* rises with every change */
	const char *status; /* "CONFIRMED" or "CANCELLED" */
	const char *summary;
	const char *description;
	const char *location; /* NULL allowed */
	const char *organiser_name;
	const char *organiser_email;
	const char *attendee_name;
	const char *attendee_email;
	int64_t start_at_s, end_at_s;
	int64_t stamp_at_s; /* DTSTAMP */
};

/* METHOD:PUBLISH for a confirmed event, CANCEL for a cancelled one; instants in UTC. */
char *calendar_ics(struct arena *arena, const struct calendar_event *event);

char *calendar_google_url(struct arena *arena, const struct calendar_event *event);
char *calendar_outlook_url(struct arena *arena, const struct calendar_event *event);

#endif
