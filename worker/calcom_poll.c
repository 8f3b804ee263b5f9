/* Cal.com sends each webhook at most once: ask every two minutes what changed, apply what was
 * missed, and say what it healed. */
#include <string.h>

#include "lib/core/instant.h"
#include "lib/core/log.h"
#include "lib/data/db.h"
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

static enum job_result apply(struct job *job, const struct calcom_news *news)
{
	struct calcom_applied applied;
	enum problem p = calcom_apply(job, news, &applied);

	if (!p && applied.what)
		p = say(job, &applied);
	return p ? job_problem(job, p) : JOB_DONE;
}

/* A booking that was moved is told by the one it moved to, unless there is a gap between that one
 * and the one we know: two moves whose webhooks were both lost. */
static enum job_result apply_moved(struct job *job, const struct scheduler_booking *moved)
{
	struct scheduler_booking last;
	struct calcom_news news = {.calcom = &last, .known_uid = moved->uid, .source = "poll"};
	struct provider_error error = {0};
	struct rows known;
	enum outcome outcome;
	enum problem p;

	work_begin(&job->work, WORK_READ);
	p = job_read(job, q_calcom_find(&job->work, &known, moved->uid));
	if (p)
		return job_problem(job, p);
	if (known.count == 0 || strcmp(rows_text(&known, 0, "state"), "in_force") != 0)
		return JOB_DONE;
	outcome = calcom_ask(job, moved->uid, &last, &error);
	return outcome == OUTCOME_OK ? apply(job, &news)
				     : job_outcome(job, "get moved booking", outcome, &error);
}

static enum job_result apply_page(struct job *job, const struct scheduler_page *page)
{
	enum job_result result = JOB_DONE;

	for (size_t i = 0; result == JOB_DONE && i < page->count; i++) {
		const struct scheduler_booking *booking = &page->bookings[i];
		const struct calcom_news news = {.calcom = booking, .source = "poll"};

		result =
			booking->rescheduled_to_uid ? apply_moved(job, booking) : apply(job, &news);
	}
	return result;
}

/* Where the next look begins: now, or at the last change seen when there is more than one run
 * takes. */
static const char *next_cursor(
	struct job *job, const char *cursor, const struct scheduler_page *page)
{
	if (!page->has_more || page->count == 0)
		return json_field(job, cursor, "now");
	return instant_format_utc(
		job->work.arena, page->bookings[page->count - 1].updated_at_ms / 1000);
}

enum job_result calcom_poll(struct job *job)
{
	const struct providers *providers = job->providers;
	struct scheduler_page page = {.has_more = true};
	struct provider_error error = {0};
	enum job_result result = JOB_DONE;
	const char *cursor;
	size_t skip = 0;
	enum problem p;

	work_begin(&job->work, WORK_READ);
	p = job_read(job, q_calcom_poll_cursor(&job->work, &cursor));
	if (p)
		return job_problem(job, p);
	for (int i = 0; result == JOB_DONE && page.has_more && i < PAGES_MAX; i++) {
		enum outcome outcome = providers->scheduler->changed(job->work.arena,
			&providers->scheduler_account, json_field(job, cursor, "updated_after"),
			skip, &page, &error);

		if (outcome != OUTCOME_OK)
			return job_outcome(job, "list changed bookings", outcome, &error);
		result = apply_page(job, &page);
		skip += page.count;
	}
	if (result != JOB_DONE)
		return result;
	work_begin(&job->work, WORK_WRITE);
	return job_commit(job, q_calcom_poll_done(&job->work, next_cursor(job, cursor, &page)));
}
