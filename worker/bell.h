/* Waiting: one rings, all who wait go on. And the clock that only runs forwards. */
#ifndef CARE_WORKER_BELL_H
#define CARE_WORKER_BELL_H

#include <pthread.h>
#include <stdint.h>

struct bell {
	pthread_mutex_t lock;
	pthread_cond_t rung;
	uint64_t count; /* under lock: how often it rang */
};

void bell_init(struct bell *bell);
void bell_done(struct bell *bell);
void bell_ring(struct bell *bell);

/* What to pass to bell_wait, read before looking for work, so that no ring in between is lost. */
uint64_t bell_count(struct bell *bell);

/* Until the bell rings for the first time after seen, or timeout_ms have passed. */
void bell_wait(struct bell *bell, uint64_t seen, int timeout_ms);

/* Milliseconds since some moment in the past. */
int64_t clock_ms(void);

#endif
