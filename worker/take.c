/* From Cal.com's yes to planned messages. */
#include "worker/take.h"

#include <string.h>

#include "lib/core/log.h"
#include "lib/core/text.h"
#include "lib/domain/reminder.h"
#include "queries.gen.h"
#include "worker/steps.h"

static const char *const channels[] = {"email", "sms"};

static enum problem plan_reminder(
	struct job *job, const char *booking_id, const struct reminder_plan *plan, int64_t start_s)
{
	struct text *variables = text_new(job->work.arena);
	enum problem p = P_OK;

	text_add(variables, "{\"explanation\":");
	text_add_json(variables, reminder_rule_text(plan->rule));
	text_add(variables, "}");
	for (size_t i = 0; !p && i < 2; i++)
		p = q_message_plan(&job->work, "booking_reminder", channels[i],
			text_of_integer(job, plan->send_at_s), reminder_rule_name(plan->rule),
			text_of_integer(job, start_s), variables->data, booking_id);
	return p;
}

static enum problem plan_reminders(struct job *job, const char *booking_id)
{
	struct reminder_request request;
	struct reminder_plan plan;
	struct rows facts;
	enum problem p = q_booking_plan_facts(&job->work, &facts, booking_id);

	if (p || facts.count == 0)
		return p;
	request = (struct reminder_request){
		.start_at_s = rows_integer(&facts, 0, "start_s"),
		.now_s = rows_integer(&facts, 0, "now_s"),
		.client_zone = rows_text(&facts, 0, "time_zone"),
		.quiet_from_min = (int)rows_integer(&facts, 0, "quiet_from_min"),
		.quiet_until_min = (int)rows_integer(&facts, 0, "quiet_until_min"),
	};
	if (!reminder_plan(&request, &plan))
		return P_OK;
	return plan_reminder(job, booking_id, &plan, request.start_at_s);
}

enum problem booking_plan_messages(
	struct job *job, const char *booking_id, const char *template_key)
{
	enum problem p = q_booking_stop_messages(&job->work, booking_id);

	for (size_t i = 0; !p && i < 2; i++)
		p = q_message_plan(
			&job->work, template_key, channels[i], NULL, NULL, NULL, "{}", booking_id);
	if (!p)
		p = plan_reminders(job, booking_id);
	if (!p)
		p = q_booking_ended_at(&job->work, booking_id);
	return p;
}

static enum problem take_slot(struct job *job, const struct take *take)
{
	const char *json;
	enum problem p = q_booking_force_slot(&job->work, &json,
		text_of_integer(job, take->calcom->start_at_s), take->booking_id);

	if (!p && strcmp(json_field(job, json, "claimed"), "false") == 0)
		log_event(LOG_LEVEL_ERROR, "booking_overlap", "job_id", job->job_id, "booking_id",
			take->booking_id, NULL);
	return p;
}

enum problem booking_take(struct job *job, const struct take *take)
{
	const char *start = text_of_integer(job, take->calcom->start_at_s), *json;
	struct work *work = &job->work;
	enum problem p = q_calcom_uid_put(
		work, &json, take->booking_id, take->calcom->uid, start, take->source);

	if (!p)
		p = take_slot(job, take);
	if (!p)
		p = q_calcom_booked(work, &json, take->state, take->calcom->uid, start,
			text_of_integer(job, take->calcom->end_at_s), take->calcom->location,
			take->booking_id);
	if (!p && strcmp(take->state, "confirmed") == 0)
		p = booking_plan_messages(job, take->booking_id, take->template_key);
	return p;
}

enum job_result booking_answered(struct job *job, const struct scheduler_booking *theirs,
	const char *awaited, const char *template_key)
{
	const struct take take = {
		.booking_id = job->subject_id,
		.state = strcmp(theirs->status, "pending") == 0 ? "requested" : "confirmed",
		.template_key = template_key,
		.source = "api",
		.calcom = theirs,
	};
	struct work *work = &job->work;
	struct rows booking;
	enum problem p;

	work_begin(work, WORK_WRITE);
	p = q_booking_lock(work, &booking, take.booking_id);
	if (!p && strcmp(rows_text(&booking, 0, "state"), awaited) == 0)
		p = booking_take(job, &take);
	else if (!p)
		p = job_unwanted(job, take.booking_id, theirs);
	if (!p)
		p = q_availability_refresh_soon(work, rows_text(&booking, 0, "service_id"));
	return job_commit(job, p);
}
