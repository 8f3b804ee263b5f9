/* Half an hour after its end a consultation counts as held, unless somebody said otherwise: the
 * client is thanked and asked for feedback. */
#include <string.h>

#include "queries.gen.h"
#include "worker/jobs.h"
#include "worker/steps.h"

enum job_result booking_ended(struct job *job)
{
	struct work *work = &job->work;
	struct rows booking;
	enum problem p;

	work_begin(work, WORK_WRITE);
	p = q_booking_lock(work, &booking, job->subject_id);
	/* Moved meanwhile: the move planned another of these. */
	if (p || booking.count == 0 || strcmp(rows_text(&booking, 0, "state"), "confirmed") != 0 ||
		!rows_bool(&booking, 0, "has_ended"))
		return job_commit(job, p);
	p = q_booking_outcome(work, "completed", job->subject_id);
	if (!p)
		p = q_booking_thank(work, job->subject_id);
	return job_commit(job, p);
}
