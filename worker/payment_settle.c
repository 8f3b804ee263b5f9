/* Money is believed only here, only after asking, only when every fact fits. */
#include "worker/payment_settle.h"

#include <string.h>

#include "lib/core/log.h"
#include "lib/core/text.h"
#include "queries.gen.h"
#include "worker/paid.h"
#include "worker/steps.h"

static bool is_open(const char *state)
{
	return strcmp(state, "preparing") == 0 || strcmp(state, "pending") == 0 ||
		strcmp(state, "failed") == 0 || strcmp(state, "abandoned") == 0;
}

static bool is_paid(const char *state)
{
	return strcmp(state, "succeeded") == 0 || strcmp(state, "refunded") == 0 ||
		strcmp(state, "partially_refunded") == 0;
}

static const char *our_domain(const struct job *job)
{
	return strncmp(job->providers->gateway.secret_key, "sk_live_", 8) == 0 ? "live" : "test";
}

/* The amount rule (providers/paystack §2): the payer may have borne the fees, so more than we asked
 * for is right as long as we asked for what we expect. NULL when everything fits. */
static const char *misfit(
	struct job *job, const struct rows *payment, const struct payment_facts *facts)
{
	int64_t expected = rows_integer(payment, 0, "amount_minor");

	if (!text_equal(facts->reference, rows_text(payment, 0, "reference")))
		return "the gateway answered for another reference";
	if (!text_equal(facts->currency, rows_text(payment, 0, "currency")))
		return "paid in another currency";
	if (facts->requested_amount_minor != expected)
		return "another amount was asked for";
	if (facts->amount_minor < expected)
		return "less was paid than asked for";
	if (!text_equal(facts->domain, our_domain(job)))
		return "paid in the gateway's other mode";
	return NULL;
}

static enum problem succeed(
	struct job *job, const char *payment_id, const struct payment_facts *facts)
{
	const char *amount = text_of_integer(job, facts->amount_minor), *json;
	const char *fees = text_of_integer(job, facts->fees_minor);
	struct work *work = &job->work;
	struct rows payment;
	enum problem p = q_payment_lock(work, &payment, payment_id);

	if (p || payment.count == 0 || !is_open(rows_text(&payment, 0, "state")))
		return p;
	/* One attempt of an intake at a time: the others close before this one counts. */
	p = q_payment_lock_intake(work, rows_text(&payment, 0, "intake_submission_id"));
	if (!p)
		p = q_payment_close_others(
			work, rows_text(&payment, 0, "intake_submission_id"), payment_id);
	if (!p)
		p = q_payment_succeeded(work, &json, facts->paid_at, facts->transaction_id, amount,
			fees, facts->channel, payment_id);
	if (!p)
		return payment_paid(
			job, payment_id, rows_text(&payment, 0, "intake_submission_id"));
	if (p != P_NOT_FOUND)
		return p;
	p = q_payment_paid_twice(work, &json, facts->paid_at, facts->transaction_id, amount, fees,
		facts->channel, payment_id);
	if (!p)
		p = q_refund_create(work, &json, "it was paid twice", payment_id);
	return p;
}

static enum problem record(struct job *job, const struct rows *payment,
	const struct payment_facts *facts, struct settlement *ret)
{
	const char *payment_id = rows_text(payment, 0, "payment_id"), *why;
	enum problem p;

	work_begin(&job->work, WORK_WRITE);
	if (text_equal(facts->status, "success")) {
		why = misfit(job, payment, facts);
		p = why ? q_payment_review(&job->work, why, payment_id)
			: succeed(job, payment_id, facts);
		ret->paid = !why;
		ret->open = false;
		if (why)
			log_event(LOG_LEVEL_ERROR, "payment_review", "job_id", job->job_id,
				"payment_id", payment_id, "why", why, NULL);
	} else if (text_equal(facts->status, "failed") &&
		strcmp(rows_text(payment, 0, "state"), "pending") == 0) {
		p = q_payment_failed(&job->work, "failed",
			facts->gateway_response ? facts->gateway_response : "declined", payment_id);
	} else {
		p = P_OK;
	}
	return p ? p : work_commit(&job->work);
}

enum job_result payment_settle(struct job *job, const char *payment_id, struct settlement *ret)
{
	const struct providers *providers = job->providers;
	struct payment_facts facts = {0};
	struct provider_error error = {0};
	struct rows payment;
	enum outcome outcome;
	enum problem p;

	*ret = (struct settlement){0};
	work_begin(&job->work, WORK_WRITE);
	p = job_read(job, q_payment_lock(&job->work, &payment, payment_id));
	if (p || payment.count == 0)
		return p ? job_problem(job, p) : JOB_DONE;
	ret->paid = is_paid(rows_text(&payment, 0, "state"));
	ret->open = is_open(rows_text(&payment, 0, "state"));
	if (!ret->open)
		return JOB_DONE;
	outcome = providers->payment->verify(job->work.arena, &providers->gateway,
		rows_text(&payment, 0, "reference"), &facts, &error);
	if (outcome == OUTCOME_NOT_FOUND)
		return JOB_DONE;
	if (outcome != OUTCOME_OK)
		return job_outcome(job, "verify", outcome, &error);
	ret->status = facts.status;
	p = record(job, &payment, &facts, ret);
	return p ? job_problem(job, p) : JOB_DONE;
}
