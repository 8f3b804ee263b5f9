/* When a reminder goes out: a pure function of start, zone, quiet hours and now (PRD 4.3).
 *
 * The wish is 12 hours before the start. It may move later inside the window of 12 to 6 hours
 * before the start to leave the client's quiet hours, never past 6 hours before, unless the booking
 * was made later than that: then it goes at once. A reminder whose whole window is quiet goes at
 * the instant of the window that is nearest to the client's waking hours, and says so.
 *
 * An instant is quiet when the client's clock shows a time in the quiet hours, from quiet_from
 * (included) until quiet_until (not included). Hence an hour that daylight saving time repeats is
 * quiet both times, and one that it skips never comes. Hours are elapsed hours, not clock hours. */
#ifndef CARE_DOMAIN_REMINDER_H
#define CARE_DOMAIN_REMINDER_H

#include <stdbool.h>
#include <stdint.h>

enum reminder_rule {
	REMINDER_PREFERRED,     /* 12 h before */
	REMINDER_MOVED_LATER,   /* quiet hours end inside the window */
	REMINDER_WINDOW_QUIET,  /* all that is left of the window is quiet: see reminder_plan */
	REMINDER_BOOKED_INSIDE, /* booked after the wish, before 6 h: at once or when quiet ends */
	REMINDER_BOOKED_LATE,   /* booked later than 6 h before: at once, quiet or not */
	REMINDER_STARTED,       /* the start has come or passed: none */
};

struct reminder_request {
	int64_t start_at_s;      /* Unix seconds */
	int64_t now_s;           /* when it is planned: the booking, or its last reschedule */
	const char *client_zone; /* IANA */
	int quiet_from_min;  /* minutes of the client's local day, 0 to 1439, e.g. 21:00 = 1260 */
	int quiet_until_min; /* e.g. 07:00 = 420; equal to quiet_from_min: no quiet hours */
};

struct reminder_plan {
	int64_t send_at_s;
	enum reminder_rule rule;
};

/* Plans one reminder. send_at_s is never before now_s.
 *
 * Of a window that is quiet throughout, the nearest instant to the waking hours is its beginning
 * (12 h before, or now if that is later) or its end (6 h before): whichever is less far from where
 * the quiet hours begin or end; the beginning when both are as far.
 *
 * False when the zone is unknown, a quiet minute or an instant is out of range (ret is not
 * touched), or the start has come (ret->rule is REMINDER_STARTED). */
bool reminder_plan(const struct reminder_request *request, struct reminder_plan *ret);

/* The rule in snake_case, as it stands in the database and the API. */
const char *reminder_rule_name(enum reminder_rule rule);

/* One English sentence that explains the rule to staff. */
const char *reminder_rule_text(enum reminder_rule rule);

#endif
