/* Free times, and holding one. */
#include <stdlib.h>

#include "api.gen.h"
#include "api/slots.h"
#include "lib/core/instant.h"
#include "lib/data/db.h"
#include "queries.gen.h"

enum { WINDOW_DAYS_MAX = 62 };

static enum problem check_window(struct request *rq, const char *from, const char *to)
{
	int64_t from_s, to_s;

	if (!instant_parse(from, &from_s) || !instant_parse(to, &to_s) || to_s <= from_s)
		return fail_at(&rq->work, P_VALIDATION_FAILED, "query/to", "must lie after from");
	if (to_s - from_s > WINDOW_DAYS_MAX * 86400LL)
		return fail_at(&rq->work, P_VALIDATION_FAILED, "query/to",
			"must lie within %d days of from", WINDOW_DAYS_MAX);
	return P_OK;
}

/* Age (RFC 9111 5.1): how long ago Cal.com was asked. */
static enum problem add_age(struct request *rq, const char *slug)
{
	const char *json;
	json_t *age;
	enum problem p = q_availability_age(&rq->work, &json, slug);

	if (p == P_NOT_FOUND)
		return P_OK;
	if (p)
		return p;
	age = json_loads(json, 0, NULL);
	arena_defer(rq->work.arena, (void (*)(void *))json_decref, age);
	reply_header(rq, "Age",
		arena_printf(
			rq->work.arena, "%lld", json_integer_value(json_object_get(age, "age_s"))));
	return P_OK;
}

enum problem availability_get(struct request *rq, const struct availability_get_args *args)
{
	const char *json;
	enum problem p = check_window(rq, args->from, args->to);

	if (!p)
		p = q_availability_get(
			&rq->work, &json, args->time_zone, args->from, args->to, args->service);
	if (!p)
		p = add_age(rq, args->service);
	return p ? p : reply_json(rq, 200, json);
}

enum problem slot_check(struct request *rq, const char *intake_submission_id, const char *start_at)
{
	struct rows rows;
	enum problem p = q_slot_check(&rq->work, &rows, start_at, intake_submission_id);

	if (p)
		return p;
	if (rows.count == 0)
		return fail_at(&rq->work, P_NOT_FOUND, "/intake_submission_id",
			"there is no such intake submission");
	if (!rows_bool(&rows, 0, "active"))
		return P_SERVICE_INACTIVE;
	if (!rows_bool(&rows, 0, "in_future"))
		return fail_at(&rq->work, P_SLOT_IN_PAST, "/start_at", "lies in the past");
	if (!rows_bool(&rows, 0, "offered"))
		return fail_at(&rq->work, P_SLOT_UNAVAILABLE, "/start_at",
			"is not among the times of GET /v1/availability");
	return P_OK;
}

enum problem slot_hold_create(struct request *rq)
{
	const char *intake = json_string_value(json_object_get(rq->json, "intake_submission_id"));
	const char *start_at = json_string_value(json_object_get(rq->json, "start_at"));
	const char *minutes =
		arena_printf(rq->work.arena, "%ld", rq->service->config->hold_minutes);
	const char *json;
	enum problem p = slot_check(rq, intake, start_at);

	if (!p)
		p = q_slot_hold_create(&rq->work, &json, start_at, minutes, intake);
	return p ? p : reply_json(rq, 201, json);
}

enum problem slot_hold_delete(struct request *rq, const struct slot_hold_delete_args *args)
{
	bool may_any = rq->caller.role == ROLE_STAFF || rq->caller.role == ROLE_ADMIN;
	const char *json;
	enum problem p = q_slot_hold_delete(
		&rq->work, &json, args->slot_hold_id, may_any ? "true" : "false");

	return p ? p : reply_empty(rq, 204);
}
