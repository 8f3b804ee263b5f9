/* Answers for the sample contract: each shows one thing that the server does around a handler. */
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "api.gen.h"
#include "lib/core/text.h"

static atomic_int runs;

/* limit notes, long enough to be compressed from a handful on. */
enum problem note_list(struct request *rq, const struct note_list_args *args)
{
	struct text *text = text_new(rq->work.arena);
	json_int_t limit = 0;

	for (const char *digit = args->limit; *digit; digit++)
		limit = limit * 10 + (*digit - '0');
	text_add(text, "{\"data\":[");
	for (json_int_t i = 0; i < limit; i++)
		text_addf(text,
			"%s{\"note\":{\"text\":\"A note that is as long as notes "
			"are\"},\"runs\":1}",
			i ? "," : "");
	text_add(text, "]}");
	return reply_json(rq, 200, text->data);
}

/* "meet" loses against another transaction on every odd run; "conflict" is refused. */
enum problem note_create(struct request *rq)
{
	const char *text = json_string_value(json_object_get(rq->json, "text"));
	int run = atomic_fetch_add(&runs, 1) + 1;

	if (strcmp(text, "meet") == 0 && run % 2)
		return fail(&rq->work, P_SERIALIZATION_FAILURE, "two met");
	if (strcmp(text, "conflict") == 0)
		return fail(&rq->work, P_CONFLICT, "run %d", run);
	reply_header(rq, "Location", "/v1/notes/a");
	return reply_json(
		rq, 201, arena_printf(rq->work.arena, "{\"note\":%s,\"runs\":%d}", rq->body, run));
}

enum problem note_mine(struct request *rq)
{
	struct text *text = text_new(rq->work.arena);

	text_addf(text, "{\"role\":%d,\"db_role\":%d,\"user_id\":", (int)rq->caller.role,
		(int)rq->work.role);
	text_add_json(text, rq->caller.user_id);
	text_add(text, ",\"link_id\":");
	text_add_json(text, rq->work.link_id);
	text_add(text, ",\"address\":");
	text_add_json(text, request_address(rq));
	text_add(text, "}");
	return reply_json(rq, 200, text->data);
}

enum problem note_get(struct request *rq, const struct note_get_args *args)
{
	struct text *text = text_new(rq->work.arena);

	text_add(text, "{\"note_id\":");
	text_add_json(text, args->note_id);
	text_add(text, ",\"address\":");
	text_add_json(text, request_address(rq));
	text_add(text, "}");
	return reply_json(rq, 200, text->data);
}

enum problem note_update(struct request *rq, const struct note_update_args *args)
{
	const char *current = "{\"note_id\":\"a\"}";
	enum problem p = request_if_match(rq, current);

	(void)args;
	return p ? p : reply_json(rq, 200, current);
}

enum problem teapot_brew(struct request *rq, const struct teapot_brew_args *args)
{
	const struct timespec a_while = {2, 0};

	if (strcmp(args->state, "slow") != 0)
		return problem_from_code(args->state);
	nanosleep(&a_while, NULL);
	return reply_empty(rq, 204);
}

enum problem webhook_sample(struct request *rq)
{
	return reply_json(rq, 200,
		arena_printf(rq->work.arena, "{\"length\":%zu,\"parsed\":%s}", rq->raw_length,
			rq->json ? "true" : "false"));
}
