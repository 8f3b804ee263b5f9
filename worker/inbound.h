/* Reading what the inbox stored. */
#ifndef CARE_WORKER_INBOUND_H
#define CARE_WORKER_INBOUND_H

#include "worker/job.h"

struct inbound {
	const char *body; /* NULL when there is no such event */
	size_t length;
};

enum problem inbound_read(struct job *job, struct inbound *ret);

#endif
