/* What the gateway says of a refund, recorded. */
#ifndef CARE_WORKER_REFUND_SAID_H
#define CARE_WORKER_REFUND_SAID_H

#include "worker/job.h"

/* Records what the gateway said of a refund and what follows for its payment. */
enum job_result refund_record(
	struct job *job, const char *refund_id, const struct refund_facts *facts);

/* Asks the gateway for the refund that carries our id, and records the answer. JOB_DONE when the
 * gateway does not know it. */
enum job_result refund_ask(struct job *job, const char *refund_id);

#endif
