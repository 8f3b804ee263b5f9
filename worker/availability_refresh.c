/* Keeps the free times warm: asks Cal.com for each active service and stores what it says. */
#include "lib/core/log.h"
#include "lib/core/text.h"
#include "queries.gen.h"
#include "worker/jobs.h"
#include "worker/steps.h"

enum { WINDOW_DAYS = 42 };

static enum problem store(struct job *job, const char *service_id,
	const struct scheduler_slots *slots, int64_t until_s)
{
	struct text *starts = text_new(job->work.arena);
	enum problem p;

	text_add(starts, "[");
	for (size_t i = 0; i < slots->count; i++)
		text_addf(starts, "%s%lld", i ? "," : "", (long long)slots->starts[i]);
	text_add(starts, "]");
	work_begin(&job->work, WORK_WRITE);
	p = q_availability_put(&job->work, starts->data, service_id, text_of_integer(job, until_s));
	return p ? p : work_commit(&job->work);
}

static enum problem refresh(struct job *job, const struct rows *services, int row)
{
	const char *service_id = rows_text(services, row, "service_id");
	int64_t now_s = rows_integer(services, row, "now_s");
	int64_t until_s = now_s + WINDOW_DAYS * 86400LL;
	struct provider_error error = {0};
	struct scheduler_slots slots;
	enum problem p;
	enum outcome outcome = job->providers->scheduler->slots(job->work.arena,
		&job->providers->scheduler_account,
		rows_text(services, row, "calcom_event_type_id"), now_s, until_s, &slots, &error);

	if (outcome == OUTCOME_OK)
		return store(job, service_id, &slots, until_s);
	log_event(LOG_LEVEL_WARNING, "availability_refresh_failed", "job_id", job->job_id,
		"service_id", service_id, "outcome", outcome_name(outcome), "error", error.message,
		NULL);
	work_begin(&job->work, WORK_WRITE);
	p = q_availability_failed(&job->work, service_id);
	return p ? p : work_commit(&job->work);
}

enum job_result availability_refresh(struct job *job)
{
	struct rows services;
	enum problem p;

	work_begin(&job->work, WORK_READ);
	p = job_read(job,
		q_availability_services(
			&job->work, &services, *job->subject_id ? job->subject_id : NULL));
	for (int i = 0; !p && i < services.count; i++)
		p = refresh(job, &services, i);
	return p ? job_problem(job, p) : JOB_DONE;
}
