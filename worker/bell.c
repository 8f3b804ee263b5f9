/* Waiting with a deadline on a condition variable. */
#include "worker/bell.h"

#include <errno.h>
#include <time.h>

void bell_init(struct bell *bell)
{
	pthread_condattr_t attributes;

	bell->count = 0;
	pthread_mutex_init(&bell->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&bell->rung, &attributes);
	pthread_condattr_destroy(&attributes);
}

void bell_done(struct bell *bell)
{
	pthread_cond_destroy(&bell->rung);
	pthread_mutex_destroy(&bell->lock);
}

void bell_ring(struct bell *bell)
{
	pthread_mutex_lock(&bell->lock);
	bell->count++;
	pthread_cond_broadcast(&bell->rung);
	pthread_mutex_unlock(&bell->lock);
}

uint64_t bell_count(struct bell *bell)
{
	uint64_t count;

	pthread_mutex_lock(&bell->lock);
	count = bell->count;
	pthread_mutex_unlock(&bell->lock);
	return count;
}

void bell_wait(struct bell *bell, uint64_t seen, int timeout_ms)
{
	int64_t until_ms = clock_ms() + timeout_ms;
	struct timespec until = {
		.tv_sec = (time_t)(until_ms / 1000),
		.tv_nsec = (long)(until_ms % 1000) * 1000000,
	};

	pthread_mutex_lock(&bell->lock);
	while (bell->count == seen &&
		pthread_cond_timedwait(&bell->rung, &bell->lock, &until) != ETIMEDOUT)
		continue;
	pthread_mutex_unlock(&bell->lock);
}

int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
