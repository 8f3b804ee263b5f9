/* The chores, each at its own pace. */
#include "worker/housekeeper.h"

#include "lib/core/text.h"
#include "queries.gen.h"
#include "worker/kinds.h"
#include "worker/lease.h"
#include "worker/stats.h"
#include "worker/streams.h"

enum { TICK_MS = 500 };

/* What a consumer left behind goes back to the dispatcher, if it still is to be done. */
static bool return_entries(
	struct worker *worker, struct arena *arena, const struct entries *entries)
{
	struct text *list = text_new(arena);
	struct work work;
	enum problem p;

	for (size_t i = 0; i < entries->count; i++) {
		if (entries->items[i].job_id)
			text_addf(list, "%s%s", list->length ? "," : "", entries->items[i].job_id);
	}
	worker_work(worker, arena, &work);
	p = q_job_undispatch(&work, arena_printf(arena, "{%s}", list->data));
	if (worker_end(worker, &work, "job_undispatch", p))
		return false;
	streams_forget(worker, arena, entries);
	stats_add(worker->stats, STAT_RECLAIMED, entries->count);
	return true;
}

static void reclaim_stream(struct worker *worker, struct arena *arena, const char *stream)
{
	struct stream_search search = {stream, worker->slots[0].name, "0-0"};
	struct entries entries;

	do {
		if (!streams_reclaim(worker, arena, &search, &entries))
			return;
		if (entries.count && !return_entries(worker, arena, &entries))
			return;
	} while (!text_equal(search.cursor, "0-0"));
}

static void reclaim(struct worker *worker, struct arena *arena)
{
	if (link_is_away(&worker->link))
		return;
	for (int i = 0; i < STREAM_COUNT; i++)
		reclaim_stream(worker, arena, stream_names[i]);
}

static const struct chore {
	void (*run)(struct worker *worker, struct arena *arena);
	int every_ms;
	bool while_stopping;
} chores[] = {
	{lease_beat, 1000, true},
	{lease_sweep, 2000, false},
	{kinds_plan, 5000, false},
	{reclaim, 15000, false},
};

static void do_chores(struct housekeeper *housekeeper)
{
	bool stopping = atomic_load(&housekeeper->worker->stopping);

	for (size_t i = 0; i < sizeof(chores) / sizeof(*chores); i++) {
		struct arena *arena;

		if ((stopping && !chores[i].while_stopping) ||
			clock_ms() - housekeeper->done_ms[i] < chores[i].every_ms)
			continue;
		arena = arena_new();
		chores[i].run(housekeeper->worker, arena);
		arena_free(arena);
		housekeeper->done_ms[i] = clock_ms();
	}
}

void *housekeeper_main(void *argument)
{
	struct housekeeper *housekeeper = argument;
	uint64_t seen = bell_count(&housekeeper->bell);

	/* All but the heartbeats are due at once: a start is a recovery. */
	for (size_t i = 0; i < sizeof(chores) / sizeof(*chores); i++)
		housekeeper->done_ms[i] = clock_ms() - chores[i].every_ms;
	while (!atomic_load(&housekeeper->done)) {
		do_chores(housekeeper);
		bell_wait(&housekeeper->bell, seen, TICK_MS);
	}
	return NULL;
}
