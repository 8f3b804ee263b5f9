/* Moves a booking at Cal.com to the time that was asked for. */
#include <string.h>

#include "queries.gen.h"
#include "worker/jobs.h"
#include "worker/steps.h"
#include "worker/take.h"

/* After a lost answer the old uid tells whether it was moved. */
static enum outcome move_once(struct job *job, const struct rows *facts,
	struct scheduler_booking *ret, struct provider_error *error)
{
	const struct providers *providers = job->providers;
	const struct scheduler_account *account = &providers->scheduler_account;
	const char *uid = rows_text(facts, 0, "calcom_uid");
	enum outcome outcome;

	if (job->repeated) {
		outcome = providers->scheduler->get(job->work.arena, account, uid, ret, error);
		if (outcome == OUTCOME_OK && ret->rescheduled_to_uid)
			return providers->scheduler->get(
				job->work.arena, account, ret->rescheduled_to_uid, ret, error);
		if (outcome != OUTCOME_OK)
			return outcome;
	}
	return providers->scheduler->reschedule(job->work.arena, account, uid,
		rows_integer(facts, 0, "requested_start_s"), rows_text(facts, 0, "reason"), ret,
		error);
}

/* The new time is not to be had: the booking stays where it was. */
static enum job_result stay(struct job *job, const struct rows *facts)
{
	struct work *work = &job->work;
	struct rows booking;
	const char *json;
	enum problem p;

	work_begin(work, WORK_WRITE);
	p = q_booking_lock(work, &booking, job->subject_id);
	if (!p && strcmp(rows_text(&booking, 0, "state"), "rescheduling") != 0)
		return job_commit(job, P_OK);
	if (!p)
		p = q_booking_force_slot(
			work, &json, rows_text(facts, 0, "start_s"), job->subject_id);
	if (!p)
		p = q_booking_stay(work, "slot_taken: the booking keeps its time", job->subject_id);
	if (!p)
		p = q_availability_refresh_soon(work, rows_text(facts, 0, "service_id"));
	return job_commit(job, p);
}

enum job_result booking_reschedule(struct job *job)
{
	struct scheduler_booking theirs;
	struct provider_error error = {0};
	struct rows facts;
	enum outcome outcome;
	enum problem p;

	work_begin(&job->work, WORK_READ);
	p = job_read(job, q_booking_schedule_facts(&job->work, &facts, job->subject_id));
	if (p)
		return job_problem(job, p);
	if (facts.count == 0 || strcmp(rows_text(&facts, 0, "state"), "rescheduling") != 0)
		return JOB_DONE;
	outcome = move_once(job, &facts, &theirs, &error);
	if (outcome == OUTCOME_OK)
		return booking_answered(job, &theirs, "rescheduling", "booking_rescheduled");
	if (outcome == OUTCOME_REFUSED || outcome == OUTCOME_NOT_FOUND)
		return stay(job, &facts);
	return job_outcome(job, "reschedule", outcome, &error);
}
