/* Tells Cal.com that a requested booking is accepted or declined, then does what Cal.com says. */
#include <string.h>

#include "queries.gen.h"
#include "worker/calcom_apply.h"
#include "worker/jobs.h"
#include "worker/steps.h"

static enum outcome tell(struct job *job, const char *uid, struct scheduler_booking *ret,
	struct provider_error *error)
{
	const struct providers *providers = job->providers;
	const char *decision = json_string_value(json_object_get(job->payload, "decision"));
	bool accept = decision && strcmp(decision, "confirm") == 0;
	enum outcome outcome = OUTCOME_NOT_FOUND;

	/* A lost answer: perhaps it is decided already. */
	if (job->repeated)
		outcome = providers->scheduler->get(
			job->work.arena, &providers->scheduler_account, uid, ret, error);
	if (outcome == OUTCOME_OK && strcmp(ret->status, "pending") != 0)
		return outcome;
	return providers->scheduler->decide(job->work.arena, &providers->scheduler_account, uid,
		accept, json_string_value(json_object_get(job->payload, "reason")), ret, error);
}

enum job_result booking_decide(struct job *job)
{
	struct scheduler_booking theirs;
	struct provider_error error = {0};
	struct calcom_news news = {.calcom = &theirs, .source = "api"};
	struct calcom_applied applied;
	struct rows facts;
	enum outcome outcome;
	enum problem p;

	work_begin(&job->work, WORK_READ);
	p = job_read(job, q_booking_schedule_facts(&job->work, &facts, job->subject_id));
	if (p)
		return job_problem(job, p);
	if (facts.count == 0 || strcmp(rows_text(&facts, 0, "state"), "requested") != 0)
		return JOB_DONE;
	outcome = tell(job, rows_text(&facts, 0, "calcom_uid"), &theirs, &error);
	if (outcome != OUTCOME_OK)
		return job_outcome(job, "decide", outcome, &error);
	if (!theirs.cancellation_reason)
		theirs.cancellation_reason =
			json_string_value(json_object_get(job->payload, "reason"));
	p = calcom_apply(job, &news, &applied);
	return p ? job_problem(job, p) : JOB_DONE;
}
