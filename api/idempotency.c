/* Idempotency-Key: the answer is saved in the transaction that made it true. */
#include <string.h>

#include "api/dispatch.h"
#include "lib/core/text.h"
#include "lib/security/digest.h"
#include "queries.gen.h"

static const char *key_of(const struct request *rq)
{
	return request_header(rq, "Idempotency-Key");
}

static const char *principal_of(const struct request *rq)
{
	if (rq->caller.user_id)
		return rq->caller.user_id;
	return rq->work.link_id ? arena_printf(rq->work.arena, "link:%s", rq->work.link_id)
				: "public";
}

/* What must be the same for the answer to be the same. */
static const char *request_sha256(const struct request *rq, const struct target *target)
{
	struct text *text = text_new(rq->work.arena);

	text_addf(
		text, "%s\n%s\n%s\n", rq->method, target->path, target->query ? target->query : "");
	if (rq->raw_body)
		text_add_bytes(text, rq->raw_body, rq->raw_length);
	return sha256_hex(rq->work.arena, text->data, text->length);
}

static void drop(void *value)
{
	json_decref(value);
}

/* The saved answer, as it was said the first time. */
static enum problem replay(struct request *rq, json_t *saved)
{
	const char *body = json_string_value(json_object_get(saved, "body"));
	const char *name;
	json_t *value;

	json_object_foreach(json_object_get(saved, "headers"), name, value)
		reply_header(rq, name, json_string_value(value));
	reply_header(rq, "Idempotent-Replayed", "true");
	rq->reply.status = (int)json_integer_value(json_object_get(saved, "status"));
	rq->reply.content_type = json_string_value(json_object_get(saved, "content_type"));
	rq->reply.body = body;
	rq->reply.length = body ? strlen(body) : 0;
	return P_OK;
}

enum problem idempotency_begin(struct request *rq, const struct target *target, bool *ret_replayed)
{
	const char *json, *state;
	json_t *found;
	enum problem p;

	if (!key_of(rq))
		return P_OK;
	p = q_idempotency_begin(&rq->work, &json, principal_of(rq), rq->route->operation,
		key_of(rq), request_sha256(rq, target));
	if (p)
		return p;
	found = json_loads(json, 0, NULL);
	arena_defer(rq->work.arena, drop, found);
	state = json_string_value(json_object_get(found, "state"));
	if (text_equal(state, "new"))
		return P_OK;
	if (text_equal(state, "in_flight"))
		return fail(&rq->work, P_IDEMPOTENCY_IN_FLIGHT, "ask again in a moment");
	if (text_equal(state, "different"))
		return fail(
			&rq->work, P_IDEMPOTENCY_KEY_REUSED, "take a new key for a new request");
	*ret_replayed = true;
	return replay(rq, found);
}

/* Limits are told anew with every answer; the rest belongs to the saved one. */
static const char *headers_json(const struct request *rq)
{
	struct text *text = text_new(rq->work.arena);

	text_add(text, "{");
	for (size_t i = 0; i < rq->reply.header_count; i++) {
		const char *name = rq->reply.headers[i].name;

		if (strncasecmp(name, "RateLimit", 9) == 0)
			continue;
		text_add(text, text->length > 1 ? "," : "");
		text_add_json(text, name);
		text_add(text, ":");
		text_add_json(text, rq->reply.headers[i].value);
	}
	text_add(text, "}");
	return text->data;
}

enum problem idempotency_save(struct request *rq, const struct target *target)
{
	if (!key_of(rq))
		return P_OK;
	return q_idempotency_save(&rq->work, principal_of(rq), rq->route->operation, key_of(rq),
		request_sha256(rq, target), arena_printf(rq->work.arena, "%d", rq->reply.status),
		rq->reply.content_type, headers_json(rq), rq->reply.body);
}

bool idempotency_keeps(int status)
{
	switch (status) {
	case 402:
	case 404:
	case 409:
	case 410:
	case 422:
		return true;
	default:
		return status >= 200 && status < 400;
	}
}
