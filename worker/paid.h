/* What follows from money that is believed, inside the settling transaction. */
#ifndef CARE_WORKER_PAID_H
#define CARE_WORKER_PAID_H

#include "worker/job.h"

/* The invoice gets its number; the booking that waited goes on; a late payment whose time is gone
 * is given back. Without a booking the payment waits for the client to choose a time. */
enum problem payment_paid(
	struct job *job, const char *payment_id, const char *intake_submission_id);

#endif
