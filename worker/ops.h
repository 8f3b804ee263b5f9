/* The ops port: /health/live, /health/ready and /metrics. Not for the outside. */
#ifndef CARE_WORKER_OPS_H
#define CARE_WORKER_OPS_H

#include "worker/worker.h"

struct ops;

/* NULL with a sentence in *ret_complaint. Answers from a thread of its own until ops_stop. */
struct ops *ops_start(struct worker *worker, const char **ret_complaint);
void ops_stop(struct ops *ops);

#endif
