/* What the worker counts for /metrics. Safe in threads. */
#ifndef CARE_WORKER_STATS_H
#define CARE_WORKER_STATS_H

#include <stdint.h>

#include "lib/core/text.h"
#include "worker/job.h"

/* Besides the outcomes of runs. */
enum stat {
	STAT_DISPATCHED,   /* rows handed to a stream */
	STAT_REDISPATCHED, /* … again, because nothing came of the first time */
	STAT_DIRECT,       /* jobs taken without Redis */
	STAT_FENCED,       /* outcomes refused because the lease was lost */
	STAT_SWEPT,        /* leases that ran out, queued again */
	STAT_POISONED,     /* … or dead after too many deaths of the process */
	STAT_RECLAIMED,    /* entries that a consumer left behind */
	STAT_COUNT,
};

struct stats;

struct stats *stats_new(struct arena *arena);

void stats_add(struct stats *stats, enum stat stat, uint64_t count);

/* A job was claimed late_ms after it was due. */
void stats_started(struct stats *stats, int64_t late_ms);

void stats_ended(
	struct stats *stats, const struct job_kind *kind, enum job_result result, int64_t run_ms);

/* In Prometheus' text format. */
void stats_write(struct stats *stats, struct text *out);

#endif
