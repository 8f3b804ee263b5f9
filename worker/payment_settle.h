/* Asks the gateway how a payment stands and settles what follows. Every way to a settlement ends
 * here: webhook, callback, sweeper, the release of a hold. */
#ifndef CARE_WORKER_PAYMENT_SETTLE_H
#define CARE_WORKER_PAYMENT_SETTLE_H

#include "worker/job.h"

struct settlement {
	bool paid;          /* the money is believed (now or before) */
	bool open;          /* it may still be paid */
	const char *status; /* the gateway's word, or NULL */
};

/* JOB_DONE with ret filled, or what to do because the gateway or the database did not answer. */
enum job_result payment_settle(struct job *job, const char *payment_id, struct settlement *ret);

#endif
