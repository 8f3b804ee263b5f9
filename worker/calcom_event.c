/* A webhook of Cal.com: read it, ask Cal.com how things stand, apply that. */
#include <string.h>

#include "lib/provider/webhook.h"
#include "queries.gen.h"
#include "worker/calcom_apply.h"
#include "worker/inbound.h"
#include "worker/jobs.h"
#include "worker/steps.h"

static bool says_gone(const char *trigger)
{
	return strcmp(trigger, "BOOKING_CANCELLED") == 0 ||
		strcmp(trigger, "BOOKING_REJECTED") == 0;
}

static bool is_about_a_booking(const struct calcom_event *event)
{
	static const char *const triggers[] = {"BOOKING_CREATED", "BOOKING_REQUESTED",
		"BOOKING_RESCHEDULED", "BOOKING_CANCELLED", "BOOKING_REJECTED",
		"BOOKING_NO_SHOW_UPDATED", "BOOKING_PAID", "MEETING_STARTED", "MEETING_ENDED"};

	for (size_t i = 0; event->uid && i < sizeof(triggers) / sizeof(triggers[0]); i++) {
		if (strcmp(event->trigger, triggers[i]) == 0)
			return true;
	}
	return false;
}

static enum job_result finish(struct job *job, const char *state, const char *note)
{
	work_begin(&job->work, WORK_WRITE);
	return job_commit(job, q_inbound_done(&job->work, state, note, job->subject_id));
}

/* A legacy Cal.com sends "cancelled" before it says so itself (§6 G1 c): the event is believed
 * then, if it is about the booking in force. */
static void believe_event(const struct calcom_event *event, struct scheduler_booking *theirs)
{
	if (!says_gone(event->trigger) || strcmp(event->uid, theirs->uid) != 0)
		return;
	if (strcmp(theirs->status, "rejected") != 0)
		theirs->status =
			strcmp(event->trigger, "BOOKING_REJECTED") == 0 ? "rejected" : "cancelled";
	if (!theirs->cancellation_reason)
		theirs->cancellation_reason = event->booking.cancellation_reason;
}

static enum job_result apply(struct job *job, const struct calcom_event *event)
{
	struct scheduler_booking theirs;
	struct provider_error error = {0};
	struct calcom_applied applied;
	struct calcom_news news = {.calcom = &theirs,
		.known_uid = event->reschedule_uid ? event->reschedule_uid : event->uid,
		.source = "webhook",
		.no_show = event->no_show,
		.asks_to_reschedule = event->request_reschedule};
	enum outcome outcome = calcom_ask(job, event->uid, &theirs, &error);
	enum problem p;

	if (outcome == OUTCOME_NOT_FOUND)
		return finish(job, "ignored", "Cal.com does not know this booking");
	if (outcome != OUTCOME_OK)
		return job_outcome(job, "get booking", outcome, &error);
	believe_event(event, &theirs);
	if (!theirs.reference)
		theirs.reference = event->booking.reference;
	p = calcom_apply(job, &news, &applied);
	if (p)
		return job_problem(job, p);
	return finish(job, applied.what ? "processed" : "ignored",
		applied.what ? applied.what : applied.note);
}

enum job_result calcom_event(struct job *job)
{
	struct inbound inbound;
	struct calcom_event event;
	enum problem p = inbound_read(job, &inbound);

	if (p)
		return job_problem(job, p);
	if (!inbound.body)
		return JOB_DONE;
	if (!webhook_calcom_read(job->work.arena, inbound.body, inbound.length, &event))
		return finish(job, "ignored", "not a Cal.com event");
	if (!is_about_a_booking(&event))
		return finish(job, "ignored", "an event we do not need");
	return apply(job, &event);
}
