/* Which vendor does what, and our accounts with them. */
#ifndef CARE_WORKER_PROVIDERS_H
#define CARE_WORKER_PROVIDERS_H

#include "worker/job.h"

void providers_choose(const struct config *config, struct providers *ret);

#endif
