/* Opening and closing all that the worker's threads share. */
#ifndef CARE_WORKER_STARTUP_H
#define CARE_WORKER_STARTUP_H

#include "worker/worker.h"

/* False with a sentence in *ret_complaint; worker_close is right in both cases. */
bool worker_open(struct worker *worker, const struct config *config, const char **ret_complaint);
void worker_close(struct worker *worker);

#endif
