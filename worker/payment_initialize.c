/* Prepares a checkout at the gateway. The attempt's row was committed before, with its reference.
 */
#include "lib/core/uuid.h"
#include "queries.gen.h"
#include "worker/jobs.h"
#include "worker/steps.h"

#include <string.h>

/* An initialize whose answer was lost leaves a reference that nobody can pay with; the gateway
 * refuses it a second time, so the next call uses a fresh one (providers/paystack §1, idempotency).
 */
static enum problem renew_reference(struct job *job, const char **reference)
{
	char id[UUID_TEXT], compact[UUID_TEXT];
	size_t length = 0;
	enum problem p;

	uuid_v7_make(id);
	for (size_t i = 0; id[i]; i++) {
		if (id[i] != '-')
			compact[length++] = id[i];
	}
	compact[length] = '\0';
	*reference = arena_printf(job->work.arena, "CARE-%s", compact);
	work_begin(&job->work, WORK_WRITE);
	p = q_payment_new_reference(&job->work, *reference, job->subject_id);
	return p ? p : work_commit(&job->work);
}

static enum job_result record(struct job *job, const struct payment_checkout *checkout)
{
	struct work *work = &job->work;
	const char *json;
	enum problem p;

	work_begin(work, WORK_WRITE);
	p = q_payment_initialized(
		work, &json, checkout->authorization_url, checkout->access_code, job->subject_id);
	if (p == P_NOT_FOUND)
		return job_commit(job, P_OK);
	if (!p)
		p = q_payment_verify_at(work, job->subject_id, "ladder-0", "120");
	return job_commit(job, p);
}

static enum job_result refuse(struct job *job, const struct provider_error *error)
{
	work_begin(&job->work, WORK_WRITE);
	return job_commit(job,
		q_payment_failed(&job->work, "failed",
			arena_printf(job->work.arena, "the payment provider refused: %s",
				error->message),
			job->subject_id));
}

enum job_result payment_initialize(struct job *job)
{
	const struct providers *providers = job->providers;
	struct payment_checkout checkout;
	struct payment_request request;
	struct provider_error error = {0};
	const char *reference;
	struct rows payment;
	enum outcome outcome;
	enum problem p;

	work_begin(&job->work, WORK_WRITE);
	p = job_read(job, q_payment_lock(&job->work, &payment, job->subject_id));
	if (!p && (payment.count == 0 || strcmp(rows_text(&payment, 0, "state"), "preparing") != 0))
		return JOB_DONE;
	if (!p)
		reference = rows_text(&payment, 0, "reference");
	if (!p && job->repeated)
		p = renew_reference(job, &reference);
	if (p)
		return job_problem(job, p);
	request = (struct payment_request){
		.reference = reference,
		.email = rows_text(&payment, 0, "email"),
		.amount_minor = rows_integer(&payment, 0, "amount_minor"),
		.currency = rows_text(&payment, 0, "currency"),
		.callback_url = arena_printf(
			job->work.arena, "%s/v1/checkout-return", job->config->public_url),
		.cancel_url = arena_printf(
			job->work.arena, "%s/checkout/%s", job->config->site_url, job->subject_id),
	};
	outcome = providers->payment->initialize(
		job->work.arena, &providers->gateway, &request, &checkout, &error);
	if (outcome == OUTCOME_OK)
		return record(job, &checkout);
	if (outcome == OUTCOME_REFUSED && strcmp(error.code, "duplicate_reference") != 0)
		return refuse(job, &error);
	return job_outcome(
		job, "initialize", outcome == OUTCOME_REFUSED ? OUTCOME_BUSY : outcome, &error);
}
