/* Commands on the streams, and what Redis' errors mean for us. */
#include "worker/streams.h"

#include <string.h>

#define GROUP "care"

/* Beside the limit above: what a crowd of dispatchers can add before each sees the others' work. */
#define TRIM_LENGTH "20000"

enum { ARGUMENTS_MAX = 9 + 2 * STREAM_COUNT };

const char *const stream_names[STREAM_COUNT] = {
	"care:webhooks",
	"care:notifications",
	"care:invoicing",
	"care:reminders",
};

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* NOGROUP, and UNBLOCKED for whoever waited when it happened: the stream is gone. All others
 * (LOADING, READONLY, MISCONF, OOM …) are a server that is of no use now and may be later. */
static bool is_good(struct worker *worker, const struct redis_reply *reply)
{
	if (reply->kind != REDIS_ERROR) {
		link_good(&worker->link);
		return true;
	}
	if (starts_with(reply->text, "NOGROUP") || starts_with(reply->text, "UNBLOCKED")) {
		link_forgot(&worker->link);
		db_listener_wake(worker->listener);
	} else {
		link_bad(&worker->link, reply->text);
	}
	return false;
}

static bool ask(struct worker *worker, struct arena *arena, int block_ms,
	const struct redis_batch *command, struct redis_reply *ret)
{
	if (redis_command(worker->redis, arena, block_ms, command->argc, command->argv, ret))
		return is_good(worker, ret);
	link_bad(&worker->link, "no connection");
	return false;
}

static bool ask_many(struct worker *worker, struct arena *arena, const struct redis_batch *commands,
	size_t count, struct redis_reply *ret)
{
	if (redis_pipeline(worker->redis, arena, commands, count, ret))
		return true;
	link_bad(&worker->link, "no connection");
	return false;
}

/* The words of a command, copied. */
static struct redis_batch command_of(struct arena *arena, const char *const *words)
{
	const char **argv;
	int argc = 0;

	while (words[argc])
		argc++;
	argv = arena_alloc(arena, (size_t)argc * sizeof(*argv));
	memcpy(argv, words, (size_t)argc * sizeof(*argv));
	return (struct redis_batch){argc, argv};
}

#define COMMAND(arena, ...) command_of(arena, (const char *const[]){__VA_ARGS__, NULL})

bool streams_prepare(struct worker *worker, struct arena *arena)
{
	struct redis_batch commands[STREAM_COUNT];
	struct redis_reply replies[STREAM_COUNT];

	for (int i = 0; i < STREAM_COUNT; i++)
		commands[i] =
			COMMAND(arena, "XGROUP", "CREATE", stream_names[i], GROUP, "0", "MKSTREAM");
	if (!ask_many(worker, arena, commands, STREAM_COUNT, replies))
		return false;
	for (int i = 0; i < STREAM_COUNT; i++) {
		bool there =
			replies[i].kind == REDIS_ERROR && starts_with(replies[i].text, "BUSYGROUP");

		if (!there && !is_good(worker, &replies[i]))
			return false;
	}
	return true;
}

bool streams_lengths(struct worker *worker, struct arena *arena, long long ret[STREAM_COUNT])
{
	struct redis_batch commands[STREAM_COUNT];
	struct redis_reply replies[STREAM_COUNT];

	for (int i = 0; i < STREAM_COUNT; i++)
		commands[i] = COMMAND(arena, "XLEN", stream_names[i]);
	if (!ask_many(worker, arena, commands, STREAM_COUNT, replies))
		return false;
	for (int i = 0; i < STREAM_COUNT; i++) {
		if (!is_good(worker, &replies[i]))
			return false;
		ret[i] = replies[i].integer;
	}
	return true;
}

bool streams_add(struct worker *worker, struct arena *arena, const struct rows *rows)
{
	size_t count = (size_t)rows->count;
	struct redis_batch *commands = arena_alloc(arena, count * sizeof(*commands));
	struct redis_reply *replies = arena_alloc(arena, count * sizeof(*replies));

	for (int i = 0; i < rows->count; i++)
		commands[i] = COMMAND(arena, "XADD", rows_text(rows, i, "stream"), "MAXLEN", "~",
			TRIM_LENGTH, "*", "job_id", rows_text(rows, i, "job_id"));
	if (!ask_many(worker, arena, commands, count, replies))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!is_good(worker, &replies[i]))
			return false;
	}
	return true;
}

/* [id, [field, value, …]]; NULL fields stand for an entry that was trimmed while pending. */
static void take_entry(const char *stream, const struct redis_reply *reply, struct entries *ret)
{
	const struct redis_reply *fields;

	if (reply->kind != REDIS_LIST || reply->count != 2)
		return;
	fields = &reply->items[1];
	ret->items[ret->count++] = (struct entry){
		.stream = stream,
		.entry_id = reply->items[0].text,
		.job_id = fields->kind == REDIS_LIST && fields->count == 2 ? fields->items[1].text
									   : NULL,
	};
}

/* [[stream, [entry, …]], …], with one entry a stream, since that is what we ask for. */
static void take_entries(struct arena *arena, const struct redis_reply *reply, struct entries *ret)
{
	*ret = (struct entries){.items = arena_alloc(arena, STREAM_COUNT * sizeof(struct entry))};
	if (reply->kind != REDIS_LIST)
		return;
	for (size_t i = 0; i < reply->count && i < STREAM_COUNT; i++) {
		const struct redis_reply *pair = &reply->items[i];

		if (pair->kind == REDIS_LIST && pair->count == 2 && pair->items[1].count)
			take_entry(pair->items[0].text, &pair->items[1].items[0], ret);
	}
}

static struct redis_batch read_command(struct arena *arena, const struct stream_wish *wish)
{
	const char **argv = arena_alloc(arena, ARGUMENTS_MAX * sizeof(*argv));
	const char *const start[] = {"XREADGROUP", "GROUP", GROUP, wish->consumer, "COUNT", "1"};
	int argc = 6;

	memcpy(argv, start, sizeof(start));
	if (wish->block_ms) {
		argv[argc++] = "BLOCK";
		argv[argc++] = arena_printf(arena, "%d", wish->block_ms);
	}
	argv[argc++] = "STREAMS";
	for (int i = 0; i < STREAM_COUNT; i++) {
		if (wish->streams & 1U << i)
			argv[argc++] = stream_names[i];
	}
	for (int i = 0; i < STREAM_COUNT; i++) {
		if (wish->streams & 1U << i)
			argv[argc++] = ">";
	}
	return (struct redis_batch){argc, argv};
}

bool streams_read(struct worker *worker, struct arena *arena, const struct stream_wish *wish,
	struct entries *ret)
{
	struct redis_batch command = read_command(arena, wish);
	struct redis_reply reply;

	if (!ask(worker, arena, wish->block_ms, &command, &reply))
		return false;
	take_entries(arena, &reply, ret);
	return true;
}

void streams_forget(struct worker *worker, struct arena *arena, const struct entries *entries)
{
	size_t count = 2 * entries->count;
	struct redis_batch *commands = arena_alloc(arena, count * sizeof(*commands));
	struct redis_reply *replies = arena_alloc(arena, count * sizeof(*replies));

	for (size_t i = 0; i < entries->count; i++) {
		const struct entry *entry = &entries->items[i];

		commands[2 * i] = COMMAND(arena, "XACK", entry->stream, GROUP, entry->entry_id);
		commands[2 * i + 1] = COMMAND(arena, "XDEL", entry->stream, entry->entry_id);
	}
	if (count && ask_many(worker, arena, commands, count, replies))
		is_good(worker, &replies[0]);
}

bool streams_reclaim(struct worker *worker, struct arena *arena, struct stream_search *search,
	struct entries *ret)
{
	struct redis_batch command =
		COMMAND(arena, "XAUTOCLAIM", search->stream, GROUP, search->consumer,
			arena_printf(arena, "%d", STREAM_IDLE_MS), search->cursor, "COUNT", "100");
	const struct redis_reply *list;
	struct redis_reply reply;

	if (!ask(worker, arena, 0, &command, &reply) || reply.kind != REDIS_LIST || reply.count < 2)
		return false;
	list = &reply.items[1];
	search->cursor = reply.items[0].text;
	*ret = (struct entries){.items = arena_alloc(arena, list->count * sizeof(struct entry))};
	for (size_t i = 0; i < list->count; i++)
		take_entry(search->stream, &list->items[i], ret);
	return true;
}

void streams_leave(struct worker *worker, struct arena *arena, const char *consumer)
{
	struct redis_batch commands[STREAM_COUNT];
	struct redis_reply replies[STREAM_COUNT];
	size_t count = 0;

	for (int i = 0; i < STREAM_COUNT; i++)
		commands[i] =
			COMMAND(arena, "XPENDING", stream_names[i], GROUP, "-", "+", "1", consumer);
	if (!ask_many(worker, arena, commands, STREAM_COUNT, replies))
		return;
	for (int i = 0; i < STREAM_COUNT; i++) {
		if (replies[i].kind == REDIS_LIST && replies[i].count == 0)
			commands[count++] = COMMAND(
				arena, "XGROUP", "DELCONSUMER", stream_names[i], GROUP, consumer);
	}
	if (count)
		ask_many(worker, arena, commands, count, replies);
}
