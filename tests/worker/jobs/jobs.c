/* The jobs of care-worker-test: each does to the machinery what a real one might.
 *
 * Payloads: {"fail": n} fails the first n runs, {"ms": n} takes that long, {"s": n} waits that
 * long. */
#include <stdlib.h>
#include <time.h>

#include "queries.gen.h"
#include "worker/job.h"

#define WEBHOOKS "care:webhooks"
#define NOTIFICATIONS "care:notifications"
#define REMINDERS "care:reminders"
#define INVOICING "care:invoicing"

static long number(const struct job *job, const char *name)
{
	return (long)json_integer_value(json_object_get(job->payload, name));
}

static void sleep_ms(long ms)
{
	const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&time, NULL);
}

static enum job_result test_ok(struct job *job)
{
	(void)job;
	return JOB_DONE;
}

static enum job_result test_retry(struct job *job)
{
	job->retry_after_s = number(job, "s");
	if (job->attempt <= number(job, "fail"))
		return job_retry(job, "run %d fails \xff", job->attempt);
	return JOB_DONE;
}

static enum job_result test_dead(struct job *job)
{
	return job_dead(job, "it will never do");
}

static enum job_result test_slow(struct job *job)
{
	sleep_ms(number(job, "ms"));
	return JOB_DONE;
}

static enum job_result test_crash(struct job *job)
{
	(void)job;
	abort();
}

static enum job_result test_later(struct job *job)
{
	job->retry_after_s = 1;
	return json_is_true(json_object_get(job->payload, "now")) ? JOB_DONE : JOB_LATER;
}

/* The database goes away after the provider was called, which is not counted. */
static enum job_result test_repeat(struct job *job)
{
	if (job->repeated)
		return JOB_DONE;
	return job_problem(job, P_UNAVAILABLE);
}

static enum job_result test_hang(struct job *job)
{
	while (job->attempt > 0)
		sleep_ms(1000);
	return JOB_DONE;
}

/* What an unhandled problem looks like. */
static enum job_result test_problem(struct job *job)
{
	return job_problem(job, P_VALIDATION_FAILED);
}

/* Forgets to commit. */
static enum job_result test_open(struct job *job)
{
	work_begin(&job->work, WORK_WRITE);
	return q_job_purge(&job->work) ? job_retry(job, "the query failed") : JOB_DONE;
}

const struct job_kind job_kinds[] = {
	{"test_crash", WEBHOOKS, test_crash, 12, 40, 0},
	{"test_dead", INVOICING, test_dead, 12, 40, 0},
	{"test_hang", REMINDERS, test_hang, 12, 2, 0},
	{"test_later", NOTIFICATIONS, test_later, 3, 40, 0},
	{"test_ok", WEBHOOKS, test_ok, 12, 40, 0},
	{"test_open", WEBHOOKS, test_open, 12, 40, 0},
	{"test_problem", WEBHOOKS, test_problem, 12, 40, 0},
	{"test_repeat", WEBHOOKS, test_repeat, 12, 40, 0},
	{"test_retry", NOTIFICATIONS, test_retry, 3, 40, 0},
	{"test_slow", REMINDERS, test_slow, 12, 40, 0},
	{0},
};
