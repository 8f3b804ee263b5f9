/* Creates the Cal.com booking of a booking that is free or paid. */
#include <string.h>

#include "lib/core/log.h"
#include "lib/security/link_token.h"
#include "queries.gen.h"
#include "worker/jobs.h"
#include "worker/steps.h"
#include "worker/take.h"

/* A crash or a lost answer may have left a booking behind: look before booking again. */
static enum outcome book_once(struct job *job, const struct scheduler_request *request,
	struct scheduler_booking *ret, struct provider_error *error)
{
	const struct providers *providers = job->providers;
	enum outcome outcome = OUTCOME_NOT_FOUND;

	if (job->repeated)
		outcome = providers->scheduler->find(job->work.arena, &providers->scheduler_account,
			request->email, request->start_at_s, request->reference, ret, error);
	if (outcome != OUTCOME_NOT_FOUND)
		return outcome;
	return providers->scheduler->book(
		job->work.arena, &providers->scheduler_account, request, ret, error);
}

/* A late payer whose time is gone gets the money back; everybody else chooses again, paid. */
static enum job_result lose_slot(struct job *job, const struct rows *facts)
{
	const char *booking_id = job->subject_id, *reason = rows_text(facts, 0, "reason"), *json;
	bool late = reason && strcmp(reason, "payment_late") == 0;
	struct work *work = &job->work;
	struct rows booking;
	enum problem p;

	work_begin(work, WORK_WRITE);
	p = q_booking_lock(work, &booking, booking_id);
	if (!p && strcmp(rows_text(&booking, 0, "state"), "scheduling") != 0)
		return job_commit(job, P_OK);
	if (!p)
		p = q_booking_state_put(work, "slot_taken",
			late ? "payment_late" : "the time was taken by somebody else", booking_id);
	if (!p)
		p = q_booking_release_slot(work, booking_id);
	if (!p)
		p = q_availability_refresh_soon(work, rows_text(facts, 0, "service_id"));
	if (!p && late)
		p = q_refund_create(work, &json,
			"the payment came after the time had gone to somebody else",
			rows_text(facts, 0, "payment_id"));
	else if (!p)
		p = q_booking_message(work, "slot_taken", NULL, booking_id);
	return job_commit(job, p == P_NOT_FOUND ? P_OK : p);
}

enum job_result booking_schedule(struct job *job)
{
	struct scheduler_request request;
	struct scheduler_booking theirs;
	struct provider_error error = {0};
	struct rows facts;
	enum outcome outcome;
	enum problem p;

	work_begin(&job->work, WORK_READ);
	p = job_read(job, q_booking_schedule_facts(&job->work, &facts, job->subject_id));
	if (p)
		return job_problem(job, p);
	if (facts.count == 0 || strcmp(rows_text(&facts, 0, "state"), "scheduling") != 0)
		return JOB_DONE;
	request = (struct scheduler_request){
		.event_type_id = rows_text(&facts, 0, "calcom_event_type_id"),
		.start_at_s = rows_integer(&facts, 0, "start_s"),
		.name = rows_text(&facts, 0, "contact_name"),
		.email = rows_text(&facts, 0, "contact_email"),
		.phone = rows_text(&facts, 0, "contact_phone"),
		.time_zone = rows_text(&facts, 0, "time_zone"),
		.reference = reference_sign(job->work.arena, job->keys->reference,
			rows_text(&facts, 0, "intake_submission_id")),
	};
	outcome = book_once(job, &request, &theirs, &error);
	if (outcome == OUTCOME_OK)
		return booking_answered(job, &theirs, "scheduling", "booking_confirmation");
	if (outcome == OUTCOME_REFUSED) {
		log_event(LOG_LEVEL_INFO, "booking_refused", "job_id", job->job_id, "code",
			error.code, "error", error.message, NULL);
		return lose_slot(job, &facts);
	}
	return job_outcome(job, "book", outcome, &error);
}
