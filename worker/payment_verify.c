/* Settles a payment because somebody asked, or as a rung of the sweeper's ladder. */
#include <stdlib.h>

#include "queries.gen.h"
#include "worker/jobs.h"
#include "worker/payment_settle.h"
#include "worker/steps.h"

/* Seconds between looks at an open payment: 2, 10, 30 min, 2 h, 24 h after the start, then daily
 * for a week (providers/paystack §8). */
static const int ladder[] = {120, 480, 1200, 5400, 79200, 86400, 86400, 86400, 86400, 86400, 86400};

enum { RUNGS = sizeof(ladder) / sizeof(ladder[0]) };

static enum job_result next_rung(struct job *job)
{
	struct work *work = &job->work;
	const char *json;
	long rung;
	enum problem p;

	work_begin(work, WORK_WRITE);
	p = q_payment_verified(work, &json, job->subject_id);
	if (p)
		return job_problem(job, p);
	rung = strtol(json_field(job, json, "verifications"), NULL, 10);
	if (rung < RUNGS)
		p = q_payment_verify_at(work, job->subject_id,
			arena_printf(work->arena, "ladder-%ld", rung),
			text_of_integer(job, ladder[rung]));
	else
		p = q_payment_failed(
			work, "abandoned", "nobody paid within a week", job->subject_id);
	return job_commit(job, p);
}

enum job_result payment_verify(struct job *job)
{
	bool is_rung = json_is_true(json_object_get(job->payload, "ladder"));
	struct settlement settlement;
	enum job_result result = payment_settle(job, job->subject_id, &settlement);

	if (result != JOB_DONE || !is_rung || !settlement.open)
		return result;
	return next_rung(job);
}
