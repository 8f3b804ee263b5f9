/* One run of a claimed job, from its row to its outcome. */
#ifndef CARE_WORKER_RUN_H
#define CARE_WORKER_RUN_H

#include "worker/lease.h"

/* rows holds the row of job_claim. */
void run_claimed(struct slot *slot, const struct rows *rows);

#endif
