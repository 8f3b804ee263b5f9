/* Who runs what: one slot a consumer, one lease a running job. */
#ifndef CARE_WORKER_LEASE_H
#define CARE_WORKER_LEASE_H

#include "lib/core/uuid.h"
#include "worker/worker.h"

enum { LEASE_S = 60, BEAT_S = 15 };

struct lease {
	char job_id[UUID_TEXT];
	char kind[64];
	int attempt;
	int timeout_s;
	int64_t started_ms, beaten_ms;
	bool held;    /* a job runs */
	bool lost;    /* and somebody else may have it by now */
	bool overdue; /* and it has passed its timeout: the lease is not renewed any more */
};

struct slot {
	struct worker *worker;
	int index;
	const char *name; /* of the consumer: the same after a restart */
	pthread_t thread;
	pthread_mutex_t lock;
	struct lease lease; /* under lock */
};

void slots_make(struct worker *worker);
void slots_free(struct worker *worker);

void lease_begin(struct slot *slot, const struct lease *lease);

/* False when it was lost: the outcome is nobody's to write. */
bool lease_end(struct slot *slot);

/* Renews what is due for it; finds leases that were lost, and jobs that will never end. */
void lease_beat(struct worker *worker, struct arena *arena);

/* Queues jobs again whose lease ran out, whoever held it. */
void lease_sweep(struct worker *worker, struct arena *arena);

/* Gives running jobs back, because the process ends before they do. */
void lease_hand_back(struct worker *worker, struct arena *arena);

#endif
