/* Small steps that many jobs take. */
#ifndef CARE_WORKER_STEPS_H
#define CARE_WORKER_STEPS_H

#include "lib/data/db.h"
#include "worker/job.h"

/* Commits and answers JOB_DONE, or what the problem means. */
enum job_result job_commit(struct job *job, enum problem p);

/* What an outcome other than OUTCOME_OK means when there is nothing better to do: busy and unknown
 * are tried again (the job must ask the provider before it repeats an effect), config too, for a
 * person may mend it meanwhile; the rest is dead. */
enum job_result job_outcome(struct job *job, const char *what, enum outcome outcome,
	const struct provider_error *error);

/* The field of a JSON text as a string in the arena; NULL when absent. */
const char *json_field(struct job *job, const char *json, const char *name);

/* Reads the rows of a query in a transaction of their own. `job_read(job, q_x(&job->work, &rows,
 * …))` ends the read and passes the problem on. */
enum problem job_read(struct job *job, enum problem p);

/* Cal.com made a booking that ours does not want any more: recorded, and cancelled there by a job.
 * One that we know of already is left alone. Inside the caller's write transaction. */
enum problem job_unwanted(
	struct job *job, const char *booking_id, const struct scheduler_booking *theirs);

const char *text_of_integer(struct job *job, int64_t number);

#endif
