/* Gives money back. The row was committed before; the gateway has no key of its own, so it is asked
 * for our id before any repetition. */
#include <string.h>

#include "lib/core/log.h"
#include "lib/core/text.h"
#include "queries.gen.h"
#include "worker/jobs.h"
#include "worker/refund_said.h"
#include "worker/steps.h"

/* The gateway spells its states with hyphens; one we do not know is still under way. */
static const char *state_of(const char *status)
{
	static const char *const known[] = {"pending", "processing", "processed", "failed"};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (text_equal(status, known[i]))
			return known[i];
	}
	return text_equal(status, "needs-attention") ? "needs_attention" : "pending";
}

enum job_result refund_record(
	struct job *job, const char *refund_id, const struct refund_facts *facts)
{
	const char *state = state_of(facts->status);
	struct work *work = &job->work;
	struct rows refund;
	enum problem p;

	work_begin(work, WORK_WRITE);
	p = q_refund_lock(work, &refund, refund_id);
	if (!p)
		p = q_refund_said(work, state, facts->refund_id, refund_id);
	if (!p)
		p = q_payment_refunded(work, rows_text(&refund, 0, "payment_id"));
	if (!p && strcmp(state, "failed") != 0)
		p = q_message_plan_refund(work, rows_text(&refund, 0, "intake_submission_id"),
			rows_text(&refund, 0, "booking_id"), refund_id,
			rows_text(&refund, 0, "reason"));
	if (!p && (strcmp(state, "failed") == 0 || strcmp(state, "needs_attention") == 0))
		log_event(LOG_LEVEL_ERROR, "refund_needs_a_person", "job_id", job->job_id,
			"refund_id", refund_id, "state", state, NULL);
	return job_commit(job, p);
}

static enum outcome look(struct job *job, const struct rows *refund, struct refund_facts *ret,
	struct provider_error *error)
{
	const struct providers *providers = job->providers;

	return providers->payment->refund_find(job->work.arena, &providers->gateway,
		rows_text(refund, 0, "gateway_transaction_id"), rows_text(refund, 0, "refund_id"),
		ret, error);
}

static enum problem load(struct job *job, const char *refund_id, struct rows *ret)
{
	work_begin(&job->work, WORK_WRITE);
	return job_read(job, q_refund_lock(&job->work, ret, refund_id));
}

enum job_result refund_ask(struct job *job, const char *refund_id)
{
	struct provider_error error = {0};
	struct refund_facts facts;
	struct rows refund;
	enum outcome outcome;
	enum problem p = load(job, refund_id, &refund);

	if (p || refund.count == 0)
		return p ? job_problem(job, p) : JOB_DONE;
	outcome = look(job, &refund, &facts, &error);
	if (outcome == OUTCOME_NOT_FOUND)
		return JOB_DONE;
	if (outcome != OUTCOME_OK)
		return job_outcome(job, "refund_find", outcome, &error);
	return refund_record(job, refund_id, &facts);
}

enum job_result refund_create(struct job *job)
{
	const struct providers *providers = job->providers;
	struct provider_error error = {0};
	struct refund_facts facts;
	struct rows refund;
	enum outcome outcome = OUTCOME_NOT_FOUND;
	enum problem p = load(job, job->subject_id, &refund);

	if (p || refund.count == 0 || strcmp(rows_text(&refund, 0, "state"), "sending") != 0)
		return p ? job_problem(job, p) : JOB_DONE;
	if (job->repeated)
		outcome = look(job, &refund, &facts, &error);
	if (outcome == OUTCOME_NOT_FOUND)
		outcome = providers->payment->refund(job->work.arena, &providers->gateway,
			rows_text(&refund, 0, "reference"),
			rows_integer(&refund, 0, "amount_minor"), rows_text(&refund, 0, "currency"),
			job->subject_id, &facts, &error);
	if (outcome == OUTCOME_OK)
		return refund_record(job, job->subject_id, &facts);
	return job_outcome(job, "refund", outcome, &error);
}
