/* Small steps that many jobs take. */
#include "worker/steps.h"

#include "queries.gen.h"

enum job_result job_commit(struct job *job, enum problem p)
{
	if (!p)
		p = work_commit(&job->work);
	return p ? job_problem(job, p) : JOB_DONE;
}

enum job_result job_outcome(
	struct job *job, const char *what, enum outcome outcome, const struct provider_error *error)
{
	job->retry_after_s = error->retry_after_s;
	switch (outcome) {
	case OUTCOME_OK:
		return JOB_DONE;
	case OUTCOME_BUSY:
	case OUTCOME_UNKNOWN:
	case OUTCOME_CONFIG:
		return job_retry(job, "%s: %s (status %d) %s", what, outcome_name(outcome),
			error->status, error->message);
	default:
		return job_dead(job, "%s: %s (status %d, code %s) %s", what, outcome_name(outcome),
			error->status, error->code, error->message);
	}
}

const char *json_field(struct job *job, const char *json, const char *name)
{
	json_t *object = json_loads(json, 0, NULL);
	const json_t *value = json_object_get(object, name);

	arena_defer(job->work.arena, (void (*)(void *))json_decref, object);
	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_integer(value))
		return text_of_integer(job, json_integer_value(value));
	return json_is_true(value) ? "true" : json_is_false(value) ? "false" : NULL;
}

enum problem job_read(struct job *job, enum problem p)
{
	return p ? p : work_commit(&job->work);
}

const char *text_of_integer(struct job *job, int64_t number)
{
	return arena_printf(job->work.arena, "%lld", (long long)number);
}

enum problem job_unwanted(
	struct job *job, const char *booking_id, const struct scheduler_booking *theirs)
{
	const char *json;
	enum problem p = q_calcom_uid_extra(&job->work, &json, theirs->uid, booking_id,
		text_of_integer(job, theirs->start_at_s));

	if (p == P_NOT_FOUND)
		return P_OK;
	return p ? p : q_booking_calcom_cancel(&job->work, booking_id, theirs->uid);
}
