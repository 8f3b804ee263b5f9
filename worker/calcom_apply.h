/* What Cal.com's word does to a booking, whether a webhook or the poller brought it. */
#ifndef CARE_WORKER_CALCOM_APPLY_H
#define CARE_WORKER_CALCOM_APPLY_H

#include "worker/job.h"

struct calcom_news {
	const struct scheduler_booking *calcom;
	const char *known_uid; /* another uid the same booking had, or NULL */
	const char *source;    /* webhook or poll */
	bool no_show;
	bool asks_to_reschedule; /* cancelled, but the host asks for another time */
};

struct calcom_applied {
	const char *booking_id; /* NULL when it is not ours */
	const char *what;       /* what changed, in words; NULL when nothing did */
	const char *note;       /* why nothing did, for the inbox; NULL when something did */
};

/* How the booking stands now, along its reschedules (providers/calcom §6: events come in any order,
 * late and twice; the booking itself is the truth). */
enum outcome calcom_ask(struct job *job, const char *uid, struct scheduler_booking *ret,
	struct provider_error *error);

/* In a transaction of its own. Repeats and stale news change nothing. */
enum problem calcom_apply(
	struct job *job, const struct calcom_news *news, struct calcom_applied *ret);

#endif
