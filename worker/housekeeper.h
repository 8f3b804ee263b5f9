/* The housekeeper renews leases, sweeps up after dead workers and plans the periodic jobs. */
#ifndef CARE_WORKER_HOUSEKEEPER_H
#define CARE_WORKER_HOUSEKEEPER_H

#include <stdatomic.h>

#include "worker/worker.h"

struct housekeeper {
	struct worker *worker;
	atomic_bool done;   /* told to end, after the last consumer */
	struct bell bell;   /* rings then */
	int64_t done_ms[4]; /* when each chore was done last */
};

/* A thread's function; housekeeper is its struct housekeeper. */
void *housekeeper_main(void *housekeeper);

#endif
