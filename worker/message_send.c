/* Sends one message: intent is committed, then the provider is called, then the outcome is
 * committed. A run after a crash or a lost answer asks the provider before it sends again. */
#include <string.h>

#include "lib/core/instant.h"
#include "lib/core/log.h"
#include "queries.gen.h"
#include "worker/jobs.h"
#include "worker/message_render.h"
#include "worker/steps.h"

/* Mandrill's search is a little behind its sending (providers/mailchimp A4): do not conclude from
 * silence before this much time has passed. */
enum { SETTLE_S = 15, VALIDITY_S = 3 * 3600 };

/* What came of asking the provider: facts when it is OUTCOME_OK, else why not. */
struct sent {
	const char *provider_id, *status;
	struct provider_error error;
};

static const char *field(const struct rows *content, const char *name)
{
	return rows_text(content, 0, name);
}

/* Why a planned message should not go out after all; NULL when it should. */
static const char *obsolete(const struct rows *content)
{
	const char *key = field(content, "template_key"), *state = field(content, "booking_state");

	if (rows_bool(content, 0, "has_expired"))
		return "too late to be of use";
	if (strcmp(key, "booking_reminder") == 0 && strcmp(state, "confirmed") != 0 &&
		strcmp(state, "rescheduling") != 0)
		return "the booking is not confirmed any more";
	if ((strcmp(key, "booking_thank_you") == 0 || strcmp(key, "feedback_follow_up") == 0) &&
		strcmp(state, "completed") != 0)
		return "the consultation did not take place";
	return NULL;
}

static enum outcome send_email(struct job *job, const struct rows *content,
	const struct rendered *rendered, struct sent *ret)
{
	const struct providers *providers = job->providers;
	const struct email_message message = {
		.message_id = job->subject_id,
		.to_email = field(content, "recipient"),
		.to_name = field(content, "contact_name"),
		.subject = rendered->subject,
		.text = rendered->text,
		.html = rendered->html,
		.tag = field(content, "template_key"),
		.attachments = rendered->attachments,
		.attachment_count = rendered->attachment_count,
	};
	struct email_facts facts = {0};
	enum outcome outcome = providers->email->send(
		job->work.arena, &providers->email_account, &message, &facts, &ret->error);

	ret->provider_id = facts.provider_id;
	ret->status = facts.status;
	return outcome;
}

static struct sms_message sms_of(
	struct job *job, const struct rows *content, const struct rendered *rendered)
{
	return (struct sms_message){
		.message_id = job->subject_id,
		.to = field(content, "recipient"),
		.body = rendered->text,
		.validity_s = VALIDITY_S,
	};
}

static enum outcome send_now(struct job *job, const struct rows *content,
	const struct rendered *rendered, struct sent *ret)
{
	const struct providers *providers = job->providers;
	struct sms_message message;
	struct sms_facts facts = {0};
	enum outcome outcome;

	if (strcmp(field(content, "channel"), "email") == 0)
		return send_email(job, content, rendered, ret);
	message = sms_of(job, content, rendered);
	outcome = providers->sms->send(
		job->work.arena, &providers->sms_account, &message, &facts, &ret->error);
	ret->provider_id = facts.sid;
	ret->status = facts.status;
	return outcome;
}

static enum outcome find(struct job *job, const struct rows *content,
	const struct rendered *rendered, int64_t since_s, struct sent *ret)
{
	const struct providers *providers = job->providers;
	struct email_facts email = {0};
	struct sms_facts sms = {0};
	struct sms_message message;
	enum outcome outcome;

	if (strcmp(field(content, "channel"), "email") == 0) {
		outcome = providers->email->find(job->work.arena, &providers->email_account,
			job->subject_id, since_s, &email, &ret->error);
		ret->provider_id = email.provider_id;
		ret->status = email.status;
		return outcome;
	}
	message = sms_of(job, content, rendered);
	outcome = providers->sms->find(
		job->work.arena, &providers->sms_account, &message, since_s, &sms, &ret->error);
	ret->provider_id = sms.sid;
	ret->status = sms.status;
	return outcome;
}

static enum problem end(struct job *job, const char *state, const char *error)
{
	enum problem p;

	work_begin(&job->work, WORK_WRITE);
	p = q_message_ended(&job->work, state, error, job->subject_id);
	return p ? p : work_commit(&job->work);
}

static enum job_result record(struct job *job, enum outcome outcome, const struct sent *sent)
{
	const struct provider_error *error = &sent->error;
	enum problem p = P_OK;

	switch (outcome) {
	case OUTCOME_OK:
		work_begin(&job->work, WORK_WRITE);
		return job_commit(job,
			q_message_sent(
				&job->work, sent->provider_id, sent->status, job->subject_id));
	case OUTCOME_UNKNOWN:
		if (job->attempt < job->attempts_max)
			return job_outcome(job, "send", outcome, error);
		p = end(job, "uncertain", "the provider cannot say whether it was sent");
		break;
	case OUTCOME_BUSY:
	case OUTCOME_CONFIG:
		p = end(job, job->attempt < job->attempts_max ? "planned" : "failed", error->code);
		break;
	default:
		p = end(job, "failed", *error->code ? error->code : error->message);
		log_event(LOG_LEVEL_WARNING, "message_failed", "job_id", job->job_id, "message_id",
			job->subject_id, "code", error->code, NULL);
		return p ? job_problem(job, p) : JOB_DONE;
	}
	return p ? job_problem(job, p) : job_outcome(job, "send", outcome, error);
}

/* The claim says that a run before this one got as far as calling the provider. */
static enum job_result resolve(struct job *job, const struct rows *content,
	const struct rendered *rendered, int64_t sending_s)
{
	struct sent sent = {0};
	int64_t age_s = instant_now_s() - sending_s;
	enum outcome outcome = find(job, content, rendered, sending_s - SETTLE_S, &sent);
	enum problem p;

	if (outcome == OUTCOME_OK)
		return record(job, outcome, &sent);
	/* It does not say that nothing was sent: the last try leaves the message uncertain. */
	if (outcome != OUTCOME_NOT_FOUND && job->attempt >= job->attempts_max)
		return record(job, OUTCOME_UNKNOWN, &sent);
	if (outcome != OUTCOME_NOT_FOUND)
		return job_outcome(job, "find",
			outcome == OUTCOME_REFUSED ? OUTCOME_UNKNOWN : outcome, &sent.error);
	if (age_s < SETTLE_S) {
		job->retry_after_s = SETTLE_S - age_s;
		return JOB_LATER;
	}
	work_begin(&job->work, WORK_WRITE);
	p = q_message_resend(&job->work, job->subject_id);
	if (!p)
		p = work_commit(&job->work);
	if (p)
		return job_problem(job, p);
	outcome = send_now(job, content, rendered, &sent);
	return record(job, outcome, &sent);
}

static enum job_result deliver(struct job *job, const struct rows *content)
{
	struct rendered rendered;
	struct sent sent = {0};
	const char *missing = NULL;
	struct rows claim;
	enum outcome outcome;
	enum problem p;

	if (!message_render(job, content, &rendered, &missing)) {
		p = end(job, "failed", "the template names a variable that is not known");
		return p ? job_problem(job, p)
			 : job_dead(job, "the template %s names %s, which is not known here",
				   field(content, "template_key"), missing);
	}
	work_begin(&job->work, WORK_WRITE);
	p = q_message_claim(&job->work, &claim,
		strcmp(field(content, "channel"), "sms") == 0 ? rendered.text : NULL,
		job->subject_id);
	if (!p)
		p = work_commit(&job->work);
	if (p || claim.count == 0)
		return p ? job_problem(job, p) : JOB_DONE;
	/* A booking that changed since would render other words than those that may be out. */
	if (rows_text(&claim, 0, "body"))
		rendered.text = rows_text(&claim, 0, "body");
	if (rows_bool(&claim, 0, "was_sending"))
		return resolve(job, content, &rendered, rows_integer(&claim, 0, "sending_s"));
	outcome = send_now(job, content, &rendered, &sent);
	return record(job, outcome, &sent);
}

enum job_result message_send(struct job *job)
{
	const char *why;
	struct rows content;
	enum problem p;

	work_begin(&job->work, WORK_READ);
	p = job_read(job, q_message_content(&job->work, &content, job->subject_id));
	if (p)
		return job_problem(job, p);
	if (content.count == 0)
		return job_dead(job, "there is no such message, or no template for it");
	if (strcmp(field(&content, "state"), "planned") != 0 &&
		strcmp(field(&content, "state"), "sending") != 0)
		return JOB_DONE;
	why = strcmp(field(&content, "state"), "planned") == 0 ? obsolete(&content) : NULL;
	if (why) {
		p = end(job, "cancelled", why);
		return p ? job_problem(job, p) : JOB_DONE;
	}
	return deliver(job, &content);
}
