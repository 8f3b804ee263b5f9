/* Is Redis there? Whoever asks it something says how that went; everybody may ask what follows. */
#ifndef CARE_WORKER_LINK_H
#define CARE_WORKER_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include <pthread.h>

struct link {
	pthread_mutex_t lock;
	/* Below under lock. */
	int64_t failing_since_ms; /* 0: the last answer was good */
	bool away;                /* failing for longer than a moment: the consumers do without */
	bool forgetful;           /* it may have lost our streams */
	uint64_t losses;          /* for the metrics */
};

void link_init(struct link *link);
void link_done(struct link *link);

void link_good(struct link *link);

/* After a failure it may be another server, or an empty one. */
void link_bad(struct link *link, const char *error);

/* It answered, but our group or stream is gone. */
void link_forgot(struct link *link);

bool link_is_away(struct link *link);

/* True from a loss until link_restored, and after a start: nobody knows what Redis still has. */
bool link_is_forgetful(struct link *link);

/* Streams and group stand, and what was lost will be handed over again. */
void link_restored(struct link *link);

uint64_t link_losses(struct link *link);

#endif
