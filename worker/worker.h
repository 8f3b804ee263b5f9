/* What the worker's threads share: one dispatcher, one housekeeper, and the consumers. */
#ifndef CARE_WORKER_WORKER_H
#define CARE_WORKER_WORKER_H

#include <stdatomic.h>

#include "lib/data/db.h"
#include "lib/data/redis.h"
#include "worker/bell.h"
#include "worker/job.h"
#include "worker/link.h"

struct slot;
struct stats;

struct worker {
	struct arena *arena; /* as long as the process; only before the threads start */
	const struct config *config;
	const char *instance; /* host and ops port: the same after a restart */
	struct db *db;
	struct redis *redis;
	struct db_listener *listener;
	struct providers providers;
	struct job_keys keys;
	struct link link;
	struct stats *stats;
	struct slot *slots; /* one per consumer */
	int slot_count;

	struct bell work; /* rings when rows are due and Redis is away */
	struct bell stop; /* rings when stopping becomes true */
	atomic_bool stopping;
	atomic_bool wedged;  /* a job outlived its lease: only a restart frees its thread */
	atomic_bool db_away; /* as last seen, so that the log tells once */
	atomic_llong dispatcher_seen_ms;
};

/* Sleeps; shorter when the worker is told to stop. */
void worker_rest(struct worker *worker, int timeout_ms);

/* No new work from now on. */
void worker_stop(struct worker *worker);

/* Bookkeeping outside of jobs, as DB_WORKER. */
void worker_work(struct worker *worker, struct arena *arena, struct work *ret);

/* Commits when p is P_OK, rolls back otherwise, and tells the log when the database went or came
 * back. what names the query for the log. */
enum problem worker_end(struct worker *worker, struct work *work, const char *what, enum problem p);

/* The database may answer if asked again a little later. */
bool problem_passes(enum problem p);

#endif
