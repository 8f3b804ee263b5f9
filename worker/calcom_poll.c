/* Cal.com sends each webhook at most once: ask every two minutes what changed, apply what was
 * missed, and say what it healed. */
#include "lib/core/log.h"
#include "queries.gen.h"
#include "worker/calcom_apply.h"
#include "worker/jobs.h"
#include "worker/steps.h"

enum { PAGES_MAX = 40 };

static enum problem say(struct job *job, const struct calcom_applied *applied)
{
	enum problem p;

	log_event(LOG_LEVEL_WARNING, "calcom_poll_healed", "job_id", job->job_id, "booking_id",
		applied->booking_id, "what", applied->what, NULL);
	work_begin(&job->work, WORK_WRITE);
	p = q_calcom_healed(&job->work, applied->booking_id, applied->what);
	return p ? p : work_commit(&job->work);
}

static enum problem apply_page(struct job *job, const struct scheduler_page *page)
{
	enum problem p = P_OK;

	for (size_t i = 0; !p && i < page->count; i++) {
		const struct calcom_news news = {.calcom = &page->bookings[i], .source = "poll"};
		struct calcom_applied applied;

		/* A booking that was moved is told by the one it moved to. */
		if (page->bookings[i].rescheduled_to_uid)
			continue;
		p = calcom_apply(job, &news, &applied);
		if (!p && applied.what)
			p = say(job, &applied);
	}
	return p;
}

enum job_result calcom_poll(struct job *job)
{
	const struct providers *providers = job->providers;
	struct scheduler_page page = {.has_more = true};
	struct provider_error error = {0};
	const char *cursor;
	size_t skip = 0;
	enum problem p;

	work_begin(&job->work, WORK_READ);
	p = job_read(job, q_calcom_poll_cursor(&job->work, &cursor));
	for (int i = 0; !p && page.has_more && i < PAGES_MAX; i++) {
		enum outcome outcome = providers->scheduler->changed(job->work.arena,
			&providers->scheduler_account, json_field(job, cursor, "updated_after"),
			skip, &page, &error);

		if (outcome != OUTCOME_OK)
			return job_outcome(job, "list changed bookings", outcome, &error);
		p = apply_page(job, &page);
		skip += page.count;
	}
	if (p)
		return job_problem(job, p);
	work_begin(&job->work, WORK_WRITE);
	return job_commit(job, q_calcom_poll_done(&job->work, json_field(job, cursor, "now")));
}
