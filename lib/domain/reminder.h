/* When a reminder goes out: a pure function of start, zones, quiet hours and preferences (PRD 4.3).
 *
 * The wish is 12 hours before the start. It may move later inside the window of 12 to 6 hours before
 * the start to leave the client's quiet hours, never past 6 hours before, unless the booking was
 * made later than that: then it goes at once. A reminder whose whole window is quiet goes at the
 * instant of the window that is nearest to the client's waking hours, and says so. */
#ifndef CARE_DOMAIN_REMINDER_H
#define CARE_DOMAIN_REMINDER_H

#include <stdint.h>

enum reminder_rule {
	REMINDER_PREFERRED,      /* 12 h before */
	REMINDER_MOVED_LATER,    /* quiet hours end inside the window */
	REMINDER_WINDOW_QUIET,   /* the whole window is quiet: see reminder_plan */
	REMINDER_BOOKED_INSIDE,  /* booked after the wish, before 6 h: at once or when quiet ends */
	REMINDER_BOOKED_LATE,    /* booked later than 6 h before: at once */
	REMINDER_STARTED,        /* the start has passed: none */
};

struct reminder_request {
	int64_t start_at_s;      /* Unix seconds */
	int64_t now_s;
	const char *client_zone; /* IANA */
	int quiet_from_min;      /* minutes of the client's local day, e.g. 21:00 = 1260 */
	int quiet_until_min;     /* e.g. 07:00 = 420; equal to quiet_from_min: no quiet hours */
};

struct reminder_plan {
	int64_t send_at_s;
	enum reminder_rule rule;
};

/* False when the zone is unknown or the rule is REMINDER_STARTED (ret->rule says which is so only
 * in the second case). */
_Bool reminder_plan(const struct reminder_request *request, struct reminder_plan *ret);

/* The rule in snake_case, as it stands in the database and the API. */
const char *reminder_rule_name(enum reminder_rule rule);

/* One English sentence that explains the rule to staff. */
const char *reminder_rule_text(enum reminder_rule rule);

#endif
