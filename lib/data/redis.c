/* Commands to Redis, one by one or many at once. */
#include "lib/data/redis.h"

#include <errno.h>
#include <string.h>

#include "lib/data/redis_pool.h"

/* One round trip: the commands and where their replies go. */
struct question {
	const struct redis_batch *commands;
	size_t count;
	int block_ms;
	struct redis_reply *replies;
};

static void set_timeout(redisContext *context, int ms)
{
	struct timeval timeout = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000L};

	redisSetTimeout(context, timeout);
}

static void copy_reply(struct arena *arena, const redisReply *from, struct redis_reply *ret);

static void copy_items(struct arena *arena, const redisReply *from, struct redis_reply *ret)
{
	struct redis_reply *items = arena_alloc(arena, from->elements * sizeof(*items));

	for (size_t i = 0; i < from->elements; i++)
		copy_reply(arena, from->element[i], &items[i]);
	ret->items = items;
	ret->count = from->elements;
}

static void copy_reply(struct arena *arena, const redisReply *from, struct redis_reply *ret)
{
	*ret = (struct redis_reply){.kind = REDIS_NONE};
	switch (from->type) {
	case REDIS_REPLY_STRING:
	case REDIS_REPLY_STATUS:
		ret->kind = REDIS_TEXT;
		ret->text = arena_strndup(arena, from->str, from->len);
		break;
	case REDIS_REPLY_ERROR:
		ret->kind = REDIS_ERROR;
		ret->text = arena_strndup(arena, from->str, from->len);
		break;
	case REDIS_REPLY_INTEGER:
		ret->kind = REDIS_INTEGER;
		ret->integer = from->integer;
		break;
	case REDIS_REPLY_ARRAY:
		ret->kind = REDIS_LIST;
		copy_items(arena, from, ret);
		break;
	default:
		break;
	}
}

static bool take_reply(redisContext *context, struct arena *arena, struct redis_reply *ret)
{
	void *reply = NULL;

	if (redisGetReply(context, &reply) != REDIS_OK)
		return false;
	copy_reply(arena, reply, ret);
	freeReplyObject(reply);
	return true;
}

/* hiredis wants pointers to mutable pointers, and does not write through them. */
static bool append(redisContext *context, struct arena *arena, const struct redis_batch *command)
{
	size_t size = (size_t)command->argc * sizeof(const char *);
	const char **argv = arena_alloc(arena, size);

	memcpy(argv, command->argv, size);
	return redisAppendCommandArgv(context, command->argc, argv, NULL) == REDIS_OK;
}

static bool ask(redisContext *context, struct arena *arena, const struct question *question)
{
	for (size_t i = 0; i < question->count; i++) {
		if (!append(context, arena, &question->commands[i]))
			return false;
	}
	for (size_t i = 0; i < question->count; i++) {
		if (!take_reply(context, arena, &question->replies[i]))
			return false;
	}
	return true;
}

/* An idle connection that the server had closed, which we saw too late; no answer in time is not.
 */
static bool has_hung_up(const redisContext *context)
{
	return context->err == REDIS_ERR_EOF ||
		(context->err == REDIS_ERR_IO && (errno == ECONNRESET || errno == EPIPE));
}

static bool exchange(struct redis *redis, struct arena *arena, const struct question *question)
{
	for (int attempt = 1;; attempt++) {
		redisContext *context = redis_take(redis);
		bool good;

		if (!context)
			return false;
		if (question->block_ms > 0)
			set_timeout(context, REDIS_REPLY_MS + question->block_ms);
		good = ask(context, arena, question);
		if (good && question->block_ms > 0)
			set_timeout(context, REDIS_REPLY_MS);
		if (good || attempt == 2 || !has_hung_up(context)) {
			redis_give(redis, context);
			return good;
		}
		redis_discard(redis, context);
	}
}

bool redis_pipeline(struct redis *redis, struct arena *arena, const struct redis_batch *commands,
	size_t count, struct redis_reply *ret)
{
	const struct question question = {commands, count, 0, ret};

	return exchange(redis, arena, &question);
}

bool redis_command(struct redis *redis, struct arena *arena, int block_ms, int argc,
	const char *const *argv, struct redis_reply *ret)
{
	const struct redis_batch command = {argc, argv};
	const struct question question = {&command, 1, block_ms, ret};

	return exchange(redis, arena, &question);
}

bool redis_is_reachable(struct redis *redis)
{
	const char *const argv[] = {"PING"};
	struct arena *arena = arena_new();
	struct redis_reply reply;
	bool good = redis_command(redis, arena, 0, 1, argv, &reply) && reply.kind == REDIS_TEXT;

	arena_free(arena);
	return good;
}
