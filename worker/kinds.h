/* The table of job kinds, and the database's. */
#ifndef CARE_WORKER_KINDS_H
#define CARE_WORKER_KINDS_H

#include "worker/worker.h"

/* NULL for a kind this program does not know. */
const struct job_kind *kind_find(const char *name);

/* Both tables must name the same kinds with the same stream and attempts_max. A sentence when they
 * do not, else NULL. */
const char *kinds_complaint(struct worker *worker, struct arena *arena);

/* Keeps the next run of each periodic kind planned. */
void kinds_plan(struct worker *worker, struct arena *arena);

#endif
