/* Bookings: from choosing a time to feedback. */
#include <string.h>

#include "api.gen.h"
#include "api/slots.h"
#include "lib/core/instant.h"
#include "lib/core/text.h"
#include "lib/core/uuid.h"
#include "lib/data/db.h"
#include "queries.gen.h"

static const char *care_zone(const struct request *rq)
{
	return rq->service->config->organisation_time_zone;
}

static const char *body_text(const struct request *rq, const char *name)
{
	return json_string_value(json_object_get(rq->json, name));
}

static bool is_unsettled(const char *json)
{
	static const char *const states[] = {"\"state\" : \"scheduling\"",
		"\"state\" : \"rescheduling\"", "\"state\" : \"pending_payment\""};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (strstr(json, states[i]))
			return true;
	}
	return false;
}

static enum problem reply_booking(struct request *rq, int status, const char *booking_id)
{
	const char *json;
	enum problem p = q_booking_get(&rq->work, &json, care_zone(rq), booking_id);

	if (p)
		return p;
	if (status == 202 || is_unsettled(json))
		reply_header(rq, "Retry-After", "1");
	return reply_json(rq, status, json);
}

/* The booking, locked; P_NOT_FOUND when it is not the caller's. */
static enum problem lock(struct request *rq, const char *booking_id, struct rows *ret)
{
	enum problem p = q_booking_lock(&rq->work, ret, booking_id);

	return p ? p : ret->count ? P_OK : P_NOT_FOUND;
}

static bool is_state(const struct rows *booking, const char *state)
{
	return strcmp(rows_text(booking, 0, "state"), state) == 0;
}

static enum problem refuse_state(struct request *rq, const struct rows *booking)
{
	return fail(
		&rq->work, P_BOOKING_STATE, "The booking is %s.", rows_text(booking, 0, "state"));
}

static bool is_staff(const struct request *rq)
{
	return rq->caller.role == ROLE_STAFF || rq->caller.role == ROLE_ADMIN;
}

enum problem booking_create(struct request *rq)
{
	const char *intake = body_text(rq, "intake_submission_id");
	const char *start_at = body_text(rq, "start_at"), *json;
	const char *hold = arena_printf(rq->work.arena, "%ld", rq->service->config->hold_minutes);
	char id[UUID_TEXT];
	enum problem p = slot_check(rq, intake, start_at);

	uuid_v7_make(id);
	if (!p)
		p = q_booking_create(
			&rq->work, &json, id, start_at, body_text(rq, "time_zone"), hold, intake);
	if (!p)
		p = q_booking_claim_slot(&rq->work, start_at, id);
	if (!p)
		p = q_booking_start(&rq->work, id);
	return p ? p : reply_booking(rq, 202, id);
}

enum problem booking_list(struct request *rq, const struct booking_list_args *args)
{
	const char *json;
	enum problem p = q_booking_list(&rq->work, &json, care_zone(rq), args->limit,
		args->starting_after, args->state, args->updated_since);

	return p ? p : reply_json(rq, 200, json);
}

enum problem booking_get(struct request *rq, const struct booking_get_args *args)
{
	return reply_booking(rq, 200, args->booking_id);
}

static enum problem decide(struct request *rq, const char *booking_id, const char *decision)
{
	struct rows booking;
	enum problem p = lock(rq, booking_id, &booking);

	if (!p && !is_state(&booking, "requested"))
		p = refuse_state(rq, &booking);
	if (!p)
		p = q_booking_decide_start(
			&rq->work, decision, body_text(rq, "reason"), booking_id);
	return p ? p : reply_booking(rq, 202, booking_id);
}

enum problem booking_confirm(struct request *rq, const struct booking_confirm_args *args)
{
	return decide(rq, args->booking_id, "confirm");
}

enum problem booking_decline(struct request *rq, const struct booking_decline_args *args)
{
	return decide(rq, args->booking_id, "decline");
}

static bool may_cancel(const struct request *rq, const struct rows *booking)
{
	static const char *const states[] = {
		"pending_payment", "requested", "scheduling", "confirmed", "rescheduling"};

	if (rows_bool(booking, 0, "has_started") && !is_staff(rq))
		return false;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (is_state(booking, states[i]))
			return true;
	}
	return false;
}

static const char *cancel_reason(const struct request *rq)
{
	const char *said = body_text(rq, "reason");

	return said && *said   ? said
		: is_staff(rq) ? "cancelled by the care team"
			       : "cancelled by you";
}

enum problem booking_cancel(struct request *rq, const struct booking_cancel_args *args)
{
	struct rows booking;
	const char *json;
	enum problem p = lock(rq, args->booking_id, &booking);

	if (!p && !may_cancel(rq, &booking))
		p = refuse_state(rq, &booking);
	if (!p)
		p = q_booking_cancel(&rq->work, &json, cancel_reason(rq), args->booking_id);
	if (!p)
		p = q_booking_release_slot(&rq->work, args->booking_id);
	/* What was never more than an unpaid hold needs no announcement. */
	if (!p && !(is_state(&booking, "pending_payment") && !rows_text(&booking, 0, "calcom_uid")))
		p = q_booking_cancel_effects(
			&rq->work, "booking_cancelled", "true", args->booking_id);
	return p ? p : reply_booking(rq, 200, args->booking_id);
}

enum problem booking_reschedule(struct request *rq, const struct booking_reschedule_args *args)
{
	const char *start_at = body_text(rq, "start_at");
	struct rows booking;
	int64_t start_s;
	enum problem p = lock(rq, args->booking_id, &booking);

	if (!p && (!is_state(&booking, "confirmed") || rows_bool(&booking, 0, "has_started")))
		p = refuse_state(rq, &booking);
	if (!p && instant_parse(start_at, &start_s) &&
		start_s == rows_integer(&booking, 0, "start_s"))
		p = fail_at(&rq->work, P_CONFLICT, "/start_at", "is the time it has already");
	if (!p)
		p = slot_check(rq, rows_text(&booking, 0, "intake_submission_id"), start_at);
	if (!p)
		p = q_booking_claim_slot(&rq->work, start_at, args->booking_id);
	if (!p)
		p = q_booking_reschedule(
			&rq->work, start_at, body_text(rq, "reason"), args->booking_id);
	if (!p)
		p = q_booking_reschedule_start(&rq->work, args->booking_id);
	return p ? p : reply_booking(rq, 202, args->booking_id);
}

/* A wrong mark can be put right, but a consultation that has not begun has no outcome. */
static bool may_have_outcome(const struct rows *booking)
{
	return rows_bool(booking, 0, "has_started") &&
		(is_state(booking, "confirmed") || is_state(booking, "completed") ||
			is_state(booking, "no_show"));
}

enum problem booking_outcome(struct request *rq, const struct booking_outcome_args *args)
{
	const char *outcome = body_text(rq, "outcome");
	struct rows booking;
	enum problem p = lock(rq, args->booking_id, &booking);

	if (!p && !may_have_outcome(&booking))
		p = refuse_state(rq, &booking);
	if (!p)
		p = q_booking_outcome(&rq->work, outcome, args->booking_id);
	if (!p && strcmp(outcome, "completed") == 0)
		p = q_booking_thank(&rq->work, args->booking_id);
	if (!p && strcmp(outcome, "no_show") == 0)
		p = q_booking_stop_messages(&rq->work, args->booking_id);
	return p ? p : reply_booking(rq, 200, args->booking_id);
}

enum problem booking_reminders(struct request *rq, const struct booking_reminders_args *args)
{
	const char *json;
	enum problem p = q_booking_reminders(&rq->work, &json, care_zone(rq), args->booking_id);

	return p ? p : reply_json(rq, 200, json);
}

enum problem booking_feedback(struct request *rq, const struct booking_feedback_args *args)
{
	const char *rating = arena_printf(
		rq->work.arena, "%lld", json_integer_value(json_object_get(rq->json, "rating")));
	struct rows booking;
	const char *json;
	enum problem p = lock(rq, args->booking_id, &booking);

	if (!p && !is_state(&booking, "completed") &&
		!(is_state(&booking, "confirmed") && rows_bool(&booking, 0, "has_ended")))
		p = refuse_state(rq, &booking);
	if (!p)
		p = q_booking_feedback(
			&rq->work, &json, args->booking_id, rating, body_text(rq, "comment"));
	if (!p)
		p = q_booking_feedback_stop(&rq->work, args->booking_id);
	return p ? p : reply_json(rq, 201, json);
}
