/* Forgets what has served: finished jobs and expired saved answers. */
#include "queries.gen.h"
#include "worker/jobs.h"
#include "worker/steps.h"

enum job_result maintenance(struct job *job)
{
	enum problem p;

	work_begin(&job->work, WORK_WRITE);
	p = q_job_purge(&job->work);
	if (!p)
		p = q_idempotency_purge(&job->work);
	return job_commit(job, p);
}
