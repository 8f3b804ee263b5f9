/* Cal.com has the time: what follows for the booking, inside the caller's write transaction. */
#ifndef CARE_WORKER_TAKE_H
#define CARE_WORKER_TAKE_H

#include "worker/job.h"

struct take {
	const char *booking_id;
	const char *state;        /* confirmed, requested or pending_payment */
	const char *template_key; /* what the client is told when confirmed */
	const char *source;       /* api, webhook or poll */
	const struct scheduler_booking *calcom;
};

/* Records the uid, takes the time, sets the state; when confirmed drops what was planned and plans
 * the confirmation (email and SMS, now), the reminders and the end. */
enum problem booking_take(struct job *job, const struct take *take);

/* Cal.com's answer to a call of ours, in a transaction of its own: taken when our booking still
 * waits for it in state awaited; what it does not want any more is cancelled there. */
enum job_result booking_answered(struct job *job, const struct scheduler_booking *theirs,
	const char *awaited, const char *template_key);

/* The same consequences for a booking whose uid and time stand already (paid after the embed). */
enum problem booking_plan_messages(
	struct job *job, const char *booking_id, const char *template_key);

#endif
