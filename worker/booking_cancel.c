/* Tells Cal.com that a booking of ours is cancelled. */
#include "queries.gen.h"
#include "worker/jobs.h"
#include "worker/steps.h"

static const char *uid_of(struct job *job, enum problem *ret_problem)
{
	const char *named = json_string_value(json_object_get(job->payload, "uid"));
	struct rows facts;

	*ret_problem = P_OK;
	if (named)
		return named;
	work_begin(&job->work, WORK_READ);
	*ret_problem = job_read(job, q_booking_schedule_facts(&job->work, &facts, job->subject_id));
	return *ret_problem || facts.count == 0 ? NULL : rows_text(&facts, 0, "calcom_uid");
}

enum job_result booking_cancel(struct job *job)
{
	struct provider_error error = {0};
	enum outcome outcome;
	enum problem p;
	const char *uid = uid_of(job, &p);

	if (p)
		return job_problem(job, p);
	if (!uid)
		return JOB_DONE;
	outcome = job->providers->scheduler->cancel(
		job->work.arena, &job->providers->scheduler_account, uid, "Cancelled", &error);
	if (outcome != OUTCOME_OK && outcome != OUTCOME_NOT_FOUND)
		return job_outcome(job, "cancel", outcome, &error);
	work_begin(&job->work, WORK_WRITE);
	return job_commit(job, q_calcom_uid_end(&job->work, uid));
}
