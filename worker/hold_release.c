/* A hold's time is up: after a last look at the gateway the unpaid time is given back. */
#include <string.h>

#include "queries.gen.h"
#include "worker/jobs.h"
#include "worker/payment_settle.h"
#include "worker/steps.h"

static enum job_result release(struct job *job)
{
	struct work *work = &job->work;
	const char *uid;
	struct rows booking;
	enum problem p;

	work_begin(work, WORK_WRITE);
	p = q_booking_lock(work, &booking, job->subject_id);
	if (p || strcmp(rows_text(&booking, 0, "state"), "pending_payment") != 0)
		return job_commit(job, p);
	uid = rows_text(&booking, 0, "calcom_uid");
	p = q_booking_state_put(work, "expired", "not paid in time", job->subject_id);
	if (!p)
		p = q_booking_release_slot(work, job->subject_id);
	if (!p)
		p = q_booking_message(work, "hold_expired", NULL, job->subject_id);
	if (!p && uid)
		p = q_booking_calcom_cancel(work, job->subject_id, uid);
	return job_commit(job, p);
}

enum job_result hold_release(struct job *job)
{
	struct settlement settlement;
	struct rows booking, payment;
	enum job_result result = JOB_DONE;
	enum problem p;

	work_begin(&job->work, WORK_WRITE);
	p = q_booking_lock(&job->work, &booking, job->subject_id);
	if (!p &&
		(booking.count == 0 ||
			strcmp(rows_text(&booking, 0, "state"), "pending_payment") != 0))
		return job_commit(job, P_OK);
	if (!p)
		p = q_payment_open(
			&job->work, &payment, rows_text(&booking, 0, "intake_submission_id"));
	if (!p)
		p = work_commit(&job->work);
	if (p)
		return job_problem(job, p);
	if (payment.count)
		result = payment_settle(job, rows_text(&payment, 0, "payment_id"), &settlement);
	/* A gateway that stays away must not keep the time for ever: money that turns up is a late
	 * payment then. */
	if (result == JOB_RETRY && job->attempt >= job->attempts_max)
		result = JOB_DONE;
	/* Settled: the booking is not pending_payment any more and release leaves it alone. */
	return result == JOB_DONE ? release(job) : result;
}
