/* Heartbeats while jobs run, and what happens to jobs whose process is gone. */
#include "worker/lease.h"

#include <string.h>

#include "lib/core/log.h"
#include "lib/core/text.h"
#include "queries.gen.h"
#include "worker/stats.h"

void slots_make(struct worker *worker)
{
	worker->slot_count = (int)worker->config->worker_threads;
	worker->slots =
		arena_alloc(worker->arena, (size_t)worker->slot_count * sizeof(*worker->slots));
	for (int i = 0; i < worker->slot_count; i++) {
		struct slot *slot = &worker->slots[i];

		slot->worker = worker;
		slot->index = i;
		slot->name = arena_printf(worker->arena, "%s-w%d", worker->instance, i);
		pthread_mutex_init(&slot->lock, NULL);
	}
}

void slots_free(struct worker *worker)
{
	for (int i = 0; i < worker->slot_count; i++)
		pthread_mutex_destroy(&worker->slots[i].lock);
}

void lease_begin(struct slot *slot, const struct lease *lease)
{
	pthread_mutex_lock(&slot->lock);
	slot->lease = *lease;
	slot->lease.started_ms = slot->lease.beaten_ms = clock_ms();
	slot->lease.held = true;
	pthread_mutex_unlock(&slot->lock);
}

bool lease_end(struct slot *slot)
{
	bool ours;

	pthread_mutex_lock(&slot->lock);
	ours = !slot->lease.lost;
	slot->lease.held = false;
	pthread_mutex_unlock(&slot->lock);
	return ours;
}

static struct lease lease_seen(struct slot *slot)
{
	struct lease lease;

	pthread_mutex_lock(&slot->lock);
	lease = slot->lease;
	pthread_mutex_unlock(&slot->lock);
	return lease;
}

/* Writes back what was learned, unless another job has begun meanwhile. */
static bool lease_learn(struct slot *slot, const struct lease *lease)
{
	bool same;

	pthread_mutex_lock(&slot->lock);
	same = slot->lease.held && slot->lease.started_ms == lease->started_ms &&
		strcmp(slot->lease.job_id, lease->job_id) == 0;
	if (same)
		slot->lease = *lease;
	pthread_mutex_unlock(&slot->lock);
	return same;
}

static void tell(enum log_level level, const char *event, const struct lease *lease)
{
	log_event(level, event, "job_id", lease->job_id, "kind", lease->kind, NULL);
}

static enum problem ask(struct slot *slot, struct arena *arena, const struct lease *lease)
{
	struct work work;
	const char *json;
	enum problem p;

	worker_work(slot->worker, arena, &work);
	p = q_job_heartbeat(&work, &json, lease->overdue ? "false" : "true", lease->job_id,
		arena_printf(arena, "%d", lease->attempt), slot->name);
	return worker_end(slot->worker, &work, "job_heartbeat", p);
}

/* It has passed its timeout, its lease is gone and it still runs: it always will. */
static void wedge(struct slot *slot, const struct lease *lease)
{
	if (!atomic_exchange(&slot->worker->wedged, true))
		tell(LOG_LEVEL_ERROR, "job_wedged", lease);
}

static void renew(struct slot *slot, struct arena *arena, struct lease *lease)
{
	int64_t now_ms = clock_ms();
	enum problem p = ask(slot, arena, lease);

	lease->lost = p == P_NOT_FOUND;
	if (!p)
		lease->beaten_ms = now_ms;
	if (lease_learn(slot, lease) && lease->lost)
		tell(LOG_LEVEL_WARNING, "lease_lost", lease);
}

static void beat(struct slot *slot, struct arena *arena)
{
	struct lease lease = lease_seen(slot);
	int64_t now_ms = clock_ms();
	bool late = now_ms - lease.started_ms > lease.timeout_s * INT64_C(1000);

	if (!lease.held)
		return;
	if (late && !lease.overdue)
		tell(LOG_LEVEL_WARNING, "job_overdue", &lease);
	lease.overdue = late;
	if (lease.lost && late)
		wedge(slot, &lease);
	else if (!lease.lost && (late || now_ms - lease.beaten_ms >= BEAT_S * INT64_C(1000)))
		renew(slot, arena, &lease);
}

void lease_beat(struct worker *worker, struct arena *arena)
{
	for (int i = 0; i < worker->slot_count; i++)
		beat(&worker->slots[i], arena);
}

static void tell_swept(struct worker *worker, const struct rows *rows, int row)
{
	bool dead = text_equal(rows_text(rows, row, "state"), "dead");

	stats_add(worker->stats, dead ? STAT_POISONED : STAT_SWEPT, 1);
	log_event(dead ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, dead ? "job_dead" : "job_swept",
		"job_id", rows_text(rows, row, "job_id"), "kind", rows_text(rows, row, "kind"),
		"attempt", rows_text(rows, row, "attempts"), "worker",
		rows_text(rows, row, "worker"), "error",
		dead ? rows_text(rows, row, "last_error") : "the lease ran out", NULL);
}

void lease_sweep(struct worker *worker, struct arena *arena)
{
	struct work work;
	struct rows rows = {0};
	enum problem p;

	worker_work(worker, arena, &work);
	p = q_job_sweep(&work, &rows);
	if (worker_end(worker, &work, "job_sweep", p))
		return;
	for (int i = 0; i < rows.count; i++)
		tell_swept(worker, &rows, i);
	if (rows.count)
		db_listener_wake(worker->listener);
}

static void hand_back(struct slot *slot, struct arena *arena)
{
	struct lease lease = lease_seen(slot);
	struct work work;
	const char *json;
	enum problem p;

	if (!lease.held || lease.lost || lease.overdue)
		return;
	/* Its thread may still end now: then it must not write its outcome. */
	lease.lost = true;
	if (!lease_learn(slot, &lease))
		return;
	worker_work(slot->worker, arena, &work);
	p = q_job_again(&work, &json, "false", "0", "given back: the worker ended", lease.job_id,
		arena_printf(arena, "%d", lease.attempt), slot->name);
	if (!worker_end(slot->worker, &work, "job_again", p))
		tell(LOG_LEVEL_INFO, "job_handed_back", &lease);
}

void lease_hand_back(struct worker *worker, struct arena *arena)
{
	for (int i = 0; i < worker->slot_count; i++)
		hand_back(&worker->slots[i], arena);
}
