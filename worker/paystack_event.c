/* A webhook of Paystack: it only says where to look; the gateway is asked before anything moves. */
#include <string.h>

#include "lib/core/uuid.h"
#include "lib/provider/webhook.h"
#include "queries.gen.h"
#include "worker/inbound.h"
#include "worker/jobs.h"
#include "worker/payment_settle.h"
#include "worker/refund_said.h"
#include "worker/steps.h"

static enum job_result finish(struct job *job, const char *state, const char *note)
{
	work_begin(&job->work, WORK_WRITE);
	return job_commit(job, q_inbound_done(&job->work, state, note, job->subject_id));
}

static enum job_result settle_charge(struct job *job, const struct paystack_event *event)
{
	struct settlement settlement;
	enum job_result result;
	struct rows payment;
	enum problem p;

	if (!event->reference)
		return finish(job, "ignored", "it names no reference");
	work_begin(&job->work, WORK_READ);
	p = job_read(job, q_payment_by_reference(&job->work, &payment, event->reference));
	if (p)
		return job_problem(job, p);
	if (payment.count == 0)
		return finish(job, "ignored", "not a reference of ours");
	result = payment_settle(job, rows_text(&payment, 0, "payment_id"), &settlement);
	if (result != JOB_DONE)
		return result;
	/* The webhook may be ahead of the gateway's own books. */
	if (settlement.open && job->attempt < 5)
		return job_retry(job, "the gateway does not say success yet");
	return finish(job, settlement.paid ? "processed" : "ignored", settlement.status);
}

static enum job_result settle_refund(struct job *job, const struct paystack_event *event)
{
	bool ours = event->merchant_note && uuid_is_valid(event->merchant_note);
	enum job_result result;
	struct rows refund;
	enum problem p;

	if (!event->reference)
		return finish(job, "ignored", "it names no transaction");
	work_begin(&job->work, WORK_READ);
	p = job_read(job,
		q_refund_by_note(
			&job->work, &refund, event->reference, ours ? event->merchant_note : NULL));
	if (p)
		return job_problem(job, p);
	if (refund.count != 1)
		return finish(job, "ignored", "not a refund of ours");
	result = refund_ask(job, rows_text(&refund, 0, "refund_id"));
	return result == JOB_DONE ? finish(job, "processed", event->event) : result;
}

enum job_result paystack_event(struct job *job)
{
	struct paystack_event event;
	struct inbound inbound;
	enum problem p = inbound_read(job, &inbound);

	if (p)
		return job_problem(job, p);
	if (!inbound.body)
		return JOB_DONE;
	if (!webhook_paystack_read(job->work.arena, inbound.body, inbound.length, &event))
		return finish(job, "ignored", "not a Paystack event");
	if (strcmp(event.event, "charge.success") == 0)
		return settle_charge(job, &event);
	if (strncmp(event.event, "refund.", 7) == 0)
		return settle_refund(job, &event);
	return finish(job, "ignored", "an event we do not need yet");
}
