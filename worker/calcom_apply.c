/* Finds the booking that Cal.com speaks of and moves it where Cal.com says it is. */
#include "worker/calcom_apply.h"

#include <string.h>
#include <strings.h>

#include "lib/core/uuid.h"
#include "lib/security/link_token.h"
#include "queries.gen.h"
#include "worker/steps.h"
#include "worker/take.h"

enum { HOPS_MAX = 20 };

static bool is(const char *a, const char *b)
{
	return a && strcmp(a, b) == 0;
}

enum outcome calcom_ask(struct job *job, const char *uid, struct scheduler_booking *ret,
	struct provider_error *error)
{
	const struct providers *providers = job->providers;
	enum outcome outcome = providers->scheduler->get(
		job->work.arena, &providers->scheduler_account, uid, ret, error);

	for (int hop = 0; outcome == OUTCOME_OK && ret->rescheduled_to_uid && hop < HOPS_MAX; hop++)
		outcome = providers->scheduler->get(job->work.arena, &providers->scheduler_account,
			ret->rescheduled_to_uid, ret, error);
	return outcome;
}

static enum problem nothing(struct calcom_applied *ret, const char *why)
{
	ret->note = why;
	return P_OK;
}

static enum problem find_by_uid(
	struct job *job, const char *uid, const char **ret_booking, const char **ret_state)
{
	struct rows rows;
	enum problem p;

	if (!uid || *ret_booking)
		return P_OK;
	p = q_calcom_find(&job->work, &rows, uid);
	if (!p && rows.count) {
		*ret_booking = rows_text(&rows, 0, "booking_id");
		*ret_state = rows_text(&rows, 0, "state");
	}
	return p;
}

static const char *template_of(const struct rows *booking)
{
	return rows_text(booking, 0, "calcom_uid") &&
			!is(rows_text(booking, 0, "state"), "requested")
		? "booking_rescheduled"
		: "booking_confirmation";
}

static enum problem take(struct job *job, const struct calcom_news *news,
	const struct rows *booking, const char *state, struct calcom_applied *ret)
{
	const struct take take = {
		ret->booking_id, state, template_of(booking), news->source, news->calcom};

	ret->what =
		arena_printf(job->work.arena, "%s -> %s", rows_text(booking, 0, "state"), state);
	return booking_take(job, &take);
}

static bool stands_already(const struct rows *booking, const struct calcom_news *news)
{
	return is(rows_text(booking, 0, "calcom_uid"), news->calcom->uid) &&
		rows_integer(booking, 0, "start_s") == news->calcom->start_at_s;
}

/* Not paid in time: whatever Cal.com still holds for it is given back (the job's key makes that
 * once for each uid). */
static enum problem lapsed(
	struct job *job, const struct calcom_news *news, struct calcom_applied *ret)
{
	enum problem p = q_booking_calcom_cancel(&job->work, ret->booking_id, news->calcom->uid);

	return p ? p : nothing(ret, "it was not paid in time");
}

/* accepted: confirmed, unless it still waits for money. */
static enum problem apply_accepted(struct job *job, const struct calcom_news *news,
	const struct rows *booking, struct calcom_applied *ret)
{
	const char *state = rows_text(booking, 0, "state");

	if (is(state, "completed") || is(state, "no_show"))
		return nothing(ret, "the consultation has taken place");
	if (is(state, "expired"))
		return lapsed(job, news, ret);
	if (is(state, "pending_payment"))
		return stands_already(booking, news)
			? nothing(ret, "it waits for payment")
			: take(job, news, booking, "pending_payment", ret);
	if (is(state, "confirmed") && stands_already(booking, news))
		return nothing(ret, "it stands so already");
	if (is(state, "cancelled") && is(rows_text(booking, 0, "calcom_uid"), news->calcom->uid))
		return nothing(ret, "it is cancelled here");
	return take(job, news, booking, "confirmed", ret);
}

static enum problem apply_pending(struct job *job, const struct calcom_news *news,
	const struct rows *booking, struct calcom_applied *ret)
{
	const char *state = rows_text(booking, 0, "state");

	if (stands_already(booking, news) || is(state, "cancelled") || is(state, "completed"))
		return nothing(ret, "it stands so already");
	return take(job, news, booking, is(state, "pending_payment") ? state : "requested", ret);
}

static const char *reason_of(const struct calcom_news *news)
{
	if (news->asks_to_reschedule)
		return "the care team asks you to choose another time";
	if (news->calcom->cancellation_reason)
		return news->calcom->cancellation_reason;
	return is(news->calcom->status, "rejected") ? "declined by the care team"
						    : "cancelled in the calendar";
}

static enum problem end_booking(struct job *job, const struct calcom_news *news, const char *state,
	struct calcom_applied *ret)
{
	bool declined = is(news->calcom->status, "rejected");
	const char *json;

	ret->what = arena_printf(
		job->work.arena, "%s -> %s", state, declined ? "declined" : "cancelled");
	return declined
		? q_booking_state_put(&job->work, "declined", reason_of(news), ret->booking_id)
		: q_booking_cancel(&job->work, &json, reason_of(news), ret->booking_id);
}

static enum problem apply_gone(struct job *job, const struct calcom_news *news,
	const struct rows *booking, struct calcom_applied *ret)
{
	static const char *const over[] = {
		"cancelled", "declined", "completed", "no_show", "expired", "slot_taken"};
	const char *state = rows_text(booking, 0, "state"), *json;
	struct work *work = &job->work;
	enum problem p;

	for (size_t i = 0; i < sizeof(over) / sizeof(over[0]); i++) {
		if (is(state, over[i]))
			return nothing(ret, "it was over already");
	}
	p = end_booking(job, news, state, ret);
	if (!p)
		p = q_calcom_uid_put(work, &json, ret->booking_id, news->calcom->uid,
			text_of_integer(job, news->calcom->start_at_s), news->source);
	if (!p)
		p = q_calcom_uid_end(work, news->calcom->uid);
	if (!p)
		p = q_booking_release_slot(work, ret->booking_id);
	if (!p)
		p = q_booking_cancel_effects(work, "booking_cancelled", "false", ret->booking_id);
	return p;
}

static enum problem apply_no_show(
	struct job *job, const struct rows *booking, struct calcom_applied *ret)
{
	const char *state = rows_text(booking, 0, "state");
	enum problem p;

	if (!is(state, "confirmed") && !is(state, "completed"))
		return nothing(ret, "it stands so already");
	p = q_booking_outcome(&job->work, "no_show", ret->booking_id);
	if (!p)
		p = q_booking_stop_messages(&job->work, ret->booking_id);
	ret->what = "no_show";
	return p;
}

static enum problem apply_to_booking(
	struct job *job, const struct calcom_news *news, struct calcom_applied *ret)
{
	struct rows booking;
	enum problem p = q_booking_lock(&job->work, &booking, ret->booking_id);

	if (p)
		return p;
	if (news->no_show || news->calcom->absent)
		return apply_no_show(job, &booking, ret);
	if (is(news->calcom->status, "cancelled") || is(news->calcom->status, "rejected"))
		return apply_gone(job, news, &booking, ret);
	if (is(news->calcom->status, "pending"))
		return apply_pending(job, news, &booking, ret);
	if (is(news->calcom->status, "accepted"))
		return apply_accepted(job, news, &booking, ret);
	return nothing(ret, "a status we do not know");
}

/* Booked inside Cal.com for an intake of ours. The reference can be edited in the browser, so the
 * booker's address and the service have to fit too. */
static enum problem create_from_embed(struct job *job, const struct calcom_news *news,
	const struct rows *intake, struct calcom_applied *ret)
{
	const struct scheduler_booking *theirs = news->calcom;
	char *id = arena_alloc(job->work.arena, UUID_TEXT);
	struct work *work = &job->work;
	const char *json;
	enum problem p;

	if (!theirs->attendee_email ||
		strcasecmp(theirs->attendee_email, rows_text(intake, 0, "contact_email")) != 0)
		return nothing(ret, "the booker's address is not the intake's");
	if (theirs->event_type_id &&
		!is(theirs->event_type_id, rows_text(intake, 0, "calcom_event_type_id")))
		return nothing(ret, "the event type is not the intake's service");
	uuid_v7_make(id);
	p = q_booking_create_embed(work, &json, id, text_of_integer(job, theirs->start_at_s),
		text_of_integer(job, theirs->end_at_s),
		text_of_integer(job, job->config->hold_minutes),
		rows_text(intake, 0, "intake_submission_id"));
	if (p)
		return p;
	ret->booking_id = id;
	if (is(json_field(job, json, "state"), "pending_payment"))
		p = q_booking_hold_start(work, id);
	return p ? p : apply_to_booking(job, news, ret);
}

static enum problem find_by_reference(struct job *job, const struct calcom_news *news,
	const char *intake_id, struct calcom_applied *ret)
{
	struct rows live, intake;
	enum problem p = q_calcom_find_by_intake(&job->work, &live, intake_id);

	if (!p)
		p = q_calcom_intake(&job->work, &intake, intake_id);
	if (p || intake.count == 0)
		return p ? p : nothing(ret, "its intake is gone");
	if (live.count == 0)
		return create_from_embed(job, news, &intake, ret);
	if (rows_text(&live, 0, "calcom_uid"))
		return nothing(ret, "the intake has another booking");
	if (rows_integer(&live, 0, "start_s") != news->calcom->start_at_s)
		return nothing(ret, "the intake waits for another time");
	ret->booking_id = rows_text(&live, 0, "booking_id");
	return apply_to_booking(job, news, ret);
}

static enum problem apply(
	struct job *job, const struct calcom_news *news, struct calcom_applied *ret)
{
	const char *uid_state = NULL;
	char intake_id[UUID_TEXT_SIZE];
	bool ours = reference_open(job->keys->reference, news->calcom->reference, intake_id);
	enum problem p = P_OK;

	/* Several webhooks of one booking come at once; the first may have to create it. */
	if (ours)
		p = q_calcom_lock_intake(&job->work, intake_id);
	if (!p)
		p = find_by_uid(job, news->calcom->uid, &ret->booking_id, &uid_state);
	if (!p && is(uid_state, "superseded"))
		return nothing(ret, "the uid was superseded");
	if (!p)
		p = find_by_uid(
			job, news->calcom->rescheduled_from_uid, &ret->booking_id, &uid_state);
	if (!p)
		p = find_by_uid(job, news->known_uid, &ret->booking_id, &uid_state);
	if (p)
		return p;
	if (ret->booking_id)
		return apply_to_booking(job, news, ret);
	return ours ? find_by_reference(job, news, intake_id, ret)
		    : nothing(ret, "not a booking of ours");
}

/* Every uid a booking ever had is kept, also those whose own webhook got lost or is still to come.
 */
static enum problem keep_uids(
	struct job *job, const struct calcom_news *news, const struct calcom_applied *applied)
{
	const char *const uids[] = {news->known_uid, news->calcom->rescheduled_from_uid};
	enum problem p = P_OK;

	for (size_t i = 0; !p && applied->booking_id && i < 2; i++) {
		if (uids[i] && !is(uids[i], news->calcom->uid))
			p = q_calcom_uid_keep(
				&job->work, uids[i], news->source, applied->booking_id);
	}
	return p;
}

/* A booking that is not ours takes time from ours. The poller lists the same bookings again and
 * again, so only a webhook's word counts there. */
static enum problem refresh_times(
	struct job *job, const struct calcom_news *news, const struct calcom_applied *applied)
{
	struct work *work = &job->work;
	struct rows services;
	enum problem p;

	if (applied->what)
		p = q_booking_lock(work, &services, applied->booking_id);
	else if (is(news->source, "webhook"))
		p = q_availability_event_type(work, &services, news->calcom->event_type_id);
	else
		return P_OK;
	for (int i = 0; !p && i < services.count; i++)
		p = q_availability_refresh_soon(work, rows_text(&services, i, "service_id"));
	return p;
}

enum problem calcom_apply(
	struct job *job, const struct calcom_news *news, struct calcom_applied *ret)
{
	enum problem p;

	*ret = (struct calcom_applied){0};
	work_begin(&job->work, WORK_WRITE);
	p = apply(job, news, ret);
	if (!p)
		p = keep_uids(job, news, ret);
	if (!p)
		p = refresh_times(job, news, ret);
	return p ? p : work_commit(&job->work);
}
