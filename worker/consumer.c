/* Takes ids from the streams, or rows from the table while Redis is away. */
#include "worker/consumer.h"

#include <stdio.h>

#include "lib/core/log.h"
#include "queries.gen.h"
#include "worker/lease.h"
#include "worker/run.h"
#include "worker/stats.h"
#include "worker/streams.h"

enum {
	BLOCK_MS = 1000,
	REST_MS = 50,        /* while Redis is of no use, or the dispatcher puts it right */
	CLAIM_REST_MS = 500, /* between claims while the database is away */
	DIRECT_MS = 500,
};

enum {
	WEBHOOKS = 1 << 0,
	NOTIFICATIONS = 1 << 1,
	INVOICING = 1 << 2,
	REMINDERS = 1 << 3,
	ALL = WEBHOOKS | NOTIFICATIONS | INVOICING | REMINDERS,
};

/* Calls to a slow provider may hold every consumer of a stream, so the first ones keep themselves
 * free for what is more urgent. */
static unsigned streams_of(const struct slot *slot)
{
	int count = slot->worker->slot_count;

	if (slot->index == 0 && count >= 4)
		return WEBHOOKS;
	if (slot->index == (count >= 4 ? 1 : 0) && count >= 2)
		return WEBHOOKS | NOTIFICATIONS;
	return ALL;
}

static bool is_stopping(const struct slot *slot)
{
	return atomic_load(&slot->worker->stopping);
}

static enum problem claim(
	struct slot *slot, struct arena *arena, const char *job_id, struct rows *ret)
{
	struct work work;
	enum problem p;

	worker_work(slot->worker, arena, &work);
	p = job_id ? q_job_claim(&work, ret, slot->name, job_id)
		   : q_job_claim_any(&work, ret, slot->name);
	return worker_end(slot->worker, &work, "job_claim", p);
}

/* Insists while the database is away: the entry is in our hands, and nobody else looks at it soon.
 */
static enum problem claim_entry(
	struct slot *slot, struct arena *arena, const struct entry *entry, struct rows *ret)
{
	enum problem p;

	for (;;) {
		if (is_stopping(slot))
			return P_UNAVAILABLE;
		p = claim(slot, arena, entry->job_id, ret);
		if (!problem_passes(p))
			return p;
		worker_rest(slot->worker, CLAIM_REST_MS);
	}
}

/* Another worker may take it at once. */
static void give_back(struct slot *slot, struct arena *arena, const struct entry *entry)
{
	struct work work;
	enum problem p;

	worker_work(slot->worker, arena, &work);
	p = q_job_undispatch(&work, arena_printf(arena, "{%s}", entry->job_id));
	worker_end(slot->worker, &work, "job_undispatch", p);
}

static void consume(struct slot *slot, struct arena *arena, struct entry *entry)
{
	const struct entries one = {.items = entry, .count = 1};
	struct rows rows = {0};
	enum problem p = entry->job_id ? claim_entry(slot, arena, entry, &rows) : P_NOT_FOUND;

	if (!p && rows.count)
		run_claimed(slot, &rows);
	else if (problem_passes(p))
		give_back(slot, arena, entry);
	/* Else somebody else has it, or it is no id of ours. */
	streams_forget(slot->worker, arena, &one);
}

/* Which stream is asked first. Notifications every second time: a family that has paid waits for
 * its confirmation, and under load what has begun should end before more begins. Reminders and
 * invoices every eighth. */
static int first_stream(unsigned turn)
{
	static const int turns[] = {1, 0, 1, 2, 1, 0, 1, 3};

	return turns[turn % 8];
}

static bool read_one(struct slot *slot, struct arena *arena, int stream, struct entries *ret)
{
	struct stream_wish wish = {.consumer = slot->name, .streams = 1U << stream};

	return streams_read(slot->worker, arena, &wish, ret);
}

/* One entry from the first stream that has one; waits on all of them when none has. (Asked together
 * they would give one each, and three would wait in our hands while other consumers sleep.) */
static bool next_entries(struct slot *slot, struct arena *arena, unsigned turn, struct entries *ret)
{
	struct stream_wish wait = {slot->name, streams_of(slot), BLOCK_MS};
	int first = first_stream(turn);

	*ret = (struct entries){0};
	for (int i = -1; i < STREAM_COUNT; i++) {
		int stream = i < 0 ? first : i;

		if (i == first || !(wait.streams & 1U << stream))
			continue;
		if (!read_one(slot, arena, stream, ret))
			return false;
		if (ret->count)
			return true;
	}
	return streams_read(slot->worker, arena, &wait, ret);
}

static void work_from_streams(struct slot *slot, struct arena *arena, unsigned turn)
{
	struct entries entries;

	if (link_is_forgetful(&slot->worker->link) || !next_entries(slot, arena, turn, &entries)) {
		worker_rest(slot->worker, REST_MS);
		return;
	}
	for (size_t i = 0; i < entries.count; i++)
		consume(slot, arena, &entries.items[i]);
}

static void work_directly(struct slot *slot, struct arena *arena)
{
	uint64_t seen = bell_count(&slot->worker->work);
	struct rows rows = {0};

	if (!claim(slot, arena, NULL, &rows) && rows.count) {
		stats_add(slot->worker->stats, STAT_DIRECT, 1);
		run_claimed(slot, &rows);
	} else if (!is_stopping(slot)) {
		bell_wait(&slot->worker->work, seen, DIRECT_MS);
	}
}

static void leave(struct slot *slot)
{
	struct arena *arena = arena_new();

	if (!link_is_away(&slot->worker->link))
		streams_leave(slot->worker, arena, slot->name);
	arena_free(arena);
}

void *consumer_main(void *argument)
{
	struct slot *slot = argument;

	for (unsigned turn = 0; !is_stopping(slot); turn++) {
		struct arena *arena = arena_new();

		if (link_is_away(&slot->worker->link))
			work_directly(slot, arena);
		else
			work_from_streams(slot, arena, turn);
		arena_free(arena);
	}
	leave(slot);
	return NULL;
}
