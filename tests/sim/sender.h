/* The thread that posts webhooks: many at a time, so that no slow receiver holds up the others. */
#ifndef CARE_SIM_SENDER_H
#define CARE_SIM_SENDER_H

#include "tests/sim/state.h"

enum { DELIVERY_HEADERS_MAX = 6 };

/* One webhook, posted once or several times. Belongs to the state's arena; constant once pushed,
 * but for posts and waiting. */
struct delivery {
	struct sim *sim;
	uint64_t id;
	const char *vendor, *event;
	const char *url;
	const char *body;
	size_t length;
	const char *headers[DELIVERY_HEADERS_MAX]; /* "Name: value", the rest NULL */
	long timeout_ms;
	/* Milliseconds until the next attempt after posts attempts, below 0 for never. status 0 is
	 * no answer. Runs in the sender's thread without the state's lock. */
	int64_t (*retry_ms)(const struct delivery *delivery, long status);
	/* NULL or what to do, with the state's lock, when the answer was 410. */
	void (*gone)(struct sim *sim, void *delivery);
	int posts;    /* answered so far; the sender's own */
	double scale; /* of retry delays */
	bool waiting; /* held or delayed by a webhook fault; under the state's lock */
};

struct sender *sender_start(struct sim *sim);

/* Gives up what is under way and ends the thread; pushes after it go nowhere. */
void sender_stop(struct sender *sender);
void sender_free(struct sender *sender);

/* Gives up everything queued or under way and forgets the log; returns when that is done. */
void sender_reset(struct sender *sender);

/* Queues one attempt. The sender wakes at once. */
void sender_push(struct sender *sender, struct delivery *delivery);

/* Writes an attempt into the log that never left, with the reason. */
void sender_note(struct sender *sender, struct delivery *delivery, const char *reason);

/* Attempts in the order they were queued, from index first on; vendor and event may be NULL. */
json_t *sender_log(struct sender *sender, const char *vendor, const char *event, size_t first);

/* The delivery of an attempt, or NULL. */
struct delivery *sender_delivery(struct sender *sender, size_t index);

/* Attempts queued or under way. */
size_t sender_pending(struct sender *sender);

#endif
