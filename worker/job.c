/* How a job says that it did not work out. */
#include "worker/job.h"

#include <stdarg.h>

enum { OVERLOADED_S = 1 };

enum job_result job_retry(struct job *job, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	job->error = arena_vprintf(job->work.arena, format, args);
	va_end(args);
	return JOB_RETRY;
}

enum job_result job_dead(struct job *job, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	job->error = arena_vprintf(job->work.arena, format, args);
	va_end(args);
	return JOB_DEAD;
}

/* What passes by itself is no failure of the job. */
static bool is_passing(enum problem p)
{
	return p == P_SERIALIZATION_FAILURE || p == P_UNAVAILABLE || p == P_OVERLOADED;
}

enum job_result job_problem(struct job *job, enum problem p)
{
	struct work *work = &job->work;
	const char *detail = work->detail ? work->detail : "";

	work_rollback(work);
	job->error = arena_printf(work->arena, "%s %s%s%s", problem_info(p)->code, detail,
		*detail ? " " : "", work->fault ? work->fault : "");
	job->retry_after_s = 0;
	if (!is_passing(p))
		return JOB_RETRY;
	job->retry_after_s = work->retry_after_s == 2 ? 2 : OVERLOADED_S;
	return JOB_LATER;
}
