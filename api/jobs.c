/* Jobs as admins see them. */
#include "api.gen.h"
#include "queries.gen.h"

enum problem job_list(struct request *rq, const struct job_list_args *args)
{
	const char *json;
	enum problem p = q_job_list(
		&rq->work, &json, args->limit, args->state, args->kind, args->starting_after);

	return p ? p : reply_json(rq, 200, json);
}

enum problem job_retry(struct request *rq, const struct job_retry_args *args)
{
	const char *json;
	enum problem p = q_job_exists(&rq->work, &json, args->job_id);

	if (p)
		return p;
	p = q_job_retry(&rq->work, &json, args->job_id);
	if (p == P_NOT_FOUND)
		return fail(&rq->work, P_JOB_STATE, "The job is not dead.");
	return p ? p : reply_json(rq, 200, json);
}
