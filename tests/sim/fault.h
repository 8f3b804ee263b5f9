/* Faults of our own making: what the next calls to a vendor shall suffer. */
#ifndef CARE_SIM_FAULT_H
#define CARE_SIM_FAULT_H

#include "tests/sim/call.h"

enum fault_action {
	FAULT_NONE,
	FAULT_STATUS,         /* another status and body */
	FAULT_TIMEOUT_BEFORE, /* no effect; closes without an answer after ms */
	FAULT_TIMEOUT_AFTER,  /* the effect happens; closes without an answer after ms */
	FAULT_DELAY,          /* answers after ms */
	FAULT_DROP,           /* no effect; resets the connection */
	FAULT_MALFORMED,      /* the effect happens; half of the answer's JSON */
	FAULT_SLOW_DRIP,      /* the effect happens; a few bytes every ms */
	FAULT_RATE_LIMIT,     /* no effect; the vendor's 429 */
};

struct fault {
	enum fault_action action;
	const char *name;
	int status;
	const char *body, *type;
	long ms, bytes;
	bool effect; /* run the operation before spoiling the answer */
};

/* The first fault that applies to this call, used up once; FAULT_NONE when there is none. */
struct fault fault_take(struct call *call);

/* Spoils the reply the way the fault says, as far as its text goes. */
void fault_spoil(struct call *call, const struct fault *fault);

/* POST, GET and DELETE of /_sim/faults. */
void fault_add(struct call *call);
void fault_list(struct call *call);
void fault_clear(struct call *call);

#endif
