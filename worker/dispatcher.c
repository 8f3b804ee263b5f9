/* Due rows to the streams: at once after NOTIFY, else each second (care_now() can be moved). Any
 * number of workers may do so; rows are marked as they are taken. */
#include "worker/dispatcher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/core/text.h"
#include "queries.gen.h"
#include "worker/stats.h"
#include "worker/streams.h"

#define ROWS_MAX "500"

enum {
	ROWS_MANY = 500,
	WAIT_MS_MAX = 1000,
	WAIT_MS_MIN = 20,
	IDLE_MS_MIN = 100, /* when what is due has no room in its stream, or is in others' hands */
	AWAY_MS = 200,
	LOOK_MS = 1000, /* between two looks at which Redis it is */
};

struct dispatcher {
	struct worker *worker;
	char run_id[64]; /* of the Redis we know */
	int64_t looked_ms;
};

/* "{a,b}" of the streams whose length is at least least and below limit. */
static const char *streams_between(struct arena *arena, const long long lengths[STREAM_COUNT],
	long long least, long long limit)
{
	struct text *list = text_new(arena);

	for (int i = 0; i < STREAM_COUNT; i++) {
		if (lengths[i] >= least && lengths[i] < limit)
			text_addf(list, "%s%s", list->length ? "," : "", stream_names[i]);
	}
	return arena_printf(arena, "{%s}", list->data);
}

static enum problem undispatch(struct worker *worker, struct arena *arena, const char *job_ids)
{
	struct work work;
	enum problem p;

	worker_work(worker, arena, &work);
	p = q_job_undispatch(&work, job_ids);
	return worker_end(worker, &work, "job_undispatch", p);
}

static const char *id_list(struct arena *arena, const struct rows *rows)
{
	struct text *list = text_new(arena);

	for (int i = 0; i < rows->count; i++)
		text_addf(list, "%s%s", i ? "," : "", rows_text(rows, i, "job_id"));
	return arena_printf(arena, "{%s}", list->data);
}

static void count_rows(struct worker *worker, const struct rows *rows)
{
	uint64_t again = 0;

	for (int i = 0; i < rows->count; i++)
		again += rows_bool(rows, i, "again");
	stats_add(worker->stats, STAT_DISPATCHED, (uint64_t)rows->count);
	stats_add(worker->stats, STAT_REDISPATCHED, again);
}

/* How many rows it took; negative when a store is away. */
static int dispatch(
	struct worker *worker, struct arena *arena, const long long lengths[STREAM_COUNT])
{
	struct rows rows = {0};
	struct work work;
	enum problem p;

	worker_work(worker, arena, &work);
	p = q_job_dispatch(&work, &rows, streams_between(arena, lengths, 0, STREAM_LENGTH_MAX),
		streams_between(arena, lengths, 0, 1), ROWS_MAX);
	if (worker_end(worker, &work, "job_dispatch", p))
		return -1;
	if (rows.count && !streams_add(worker, arena, &rows)) {
		undispatch(worker, arena, id_list(arena, &rows));
		return -1;
	}
	count_rows(worker, &rows);
	return rows.count;
}

static int next_due_ms(struct worker *worker, struct arena *arena, int least_ms)
{
	struct work work = {.arena = arena, .db = worker->db, .role = DB_WORKER};
	json_t *object;
	const char *json;
	int wait_ms;

	if (q_job_next_due(&work, &json))
		return WAIT_MS_MAX;
	object = json_loads(json, 0, NULL);
	wait_ms = (int)json_integer_value(json_object_get(object, "wait_ms"));
	json_decref(object);
	if (wait_ms > WAIT_MS_MAX)
		return WAIT_MS_MAX;
	return wait_ms < least_ms ? least_ms : wait_ms;
}

/* Another run_id is another server process: it begins empty, or with an old copy. */
static void look_who_it_is(struct dispatcher *dispatcher, struct arena *arena)
{
	const char *const argv[] = {"INFO", "server"};
	struct link *link = &dispatcher->worker->link;
	char run_id[sizeof(dispatcher->run_id)] = "";
	struct redis_reply reply;
	const char *at;

	if (clock_ms() - dispatcher->looked_ms < LOOK_MS ||
		!redis_command(dispatcher->worker->redis, arena, 0, 2, argv, &reply) ||
		reply.kind != REDIS_TEXT)
		return;
	dispatcher->looked_ms = clock_ms();
	at = strstr(reply.text, "run_id:");
	if (!at || sscanf(at, "run_id:%63[0-9a-f]", run_id) != 1)
		return;
	if (*dispatcher->run_id && strcmp(dispatcher->run_id, run_id) != 0)
		link_forgot(link);
	memcpy(dispatcher->run_id, run_id, sizeof(run_id));
}

/* After a loss: streams and group are made, and everything queued is handed over again. */
static bool restore(struct worker *worker, struct arena *arena)
{
	if (!link_is_forgetful(&worker->link))
		return true;
	if (!streams_prepare(worker, arena) || undispatch(worker, arena, NULL))
		return false;
	link_restored(&worker->link);
	return true;
}

/* One look at both stores; how long nothing needs to be done. */
static int turn(struct dispatcher *dispatcher, struct arena *arena)
{
	struct worker *worker = dispatcher->worker;
	long long lengths[STREAM_COUNT];
	int count;

	if (link_is_away(&worker->link))
		bell_ring(&worker->work);
	look_who_it_is(dispatcher, arena);
	if (!streams_lengths(worker, arena, lengths))
		return link_is_away(&worker->link) ? next_due_ms(worker, arena, IDLE_MS_MIN)
						   : AWAY_MS;
	if (!restore(worker, arena))
		return AWAY_MS;
	count = dispatch(worker, arena, lengths);
	if (count < 0)
		return AWAY_MS;
	if (count == ROWS_MANY)
		return 0;
	return next_due_ms(worker, arena, count ? WAIT_MS_MIN : IDLE_MS_MIN);
}

void *dispatcher_main(void *argument)
{
	struct dispatcher dispatcher = {.worker = argument, .looked_ms = -LOOK_MS};
	struct worker *worker = argument;

	while (!atomic_load(&worker->stopping)) {
		struct arena *arena = arena_new();
		int wait_ms;

		atomic_store(&worker->dispatcher_seen_ms, clock_ms());
		wait_ms = turn(&dispatcher, arena);
		arena_free(arena);
		if (wait_ms)
			db_listener_wait(worker->listener, wait_ms);
	}
	return NULL;
}
