/* What happens later: deliveries on the way, refunds that walk, meetings that begin. */
#ifndef CARE_SIM_LATER_H
#define CARE_SIM_LATER_H

#include "tests/sim/state.h"

typedef void later_fn(struct sim *sim, void *argument);

struct later *later_start(struct sim *sim);

/* Ends the thread. What was or will be planned with later_wire runs at once, the rest never. */
void later_stop(struct later *later);
void later_free(struct later *later);

/* Runs after delay_ms of real time, with the state's lock held, unless a reset comes first. */
void later_real(struct sim *sim, int64_t delay_ms, later_fn *run, void *argument);

/* The same at an instant of simulated time. */
void later_sim(struct sim *sim, int64_t at_ms, later_fn *run, void *argument);

/* Runs after delay_ms of real time without the lock, also after a reset and at the stop. */
void later_wire(struct sim *sim, int64_t delay_ms, later_fn *run, void *argument);

/* Runs what is due in simulated time now, after the clock was moved. The caller holds the lock. */
void later_due(struct sim *sim);

/* Forgets all but later_wire's. The caller holds the lock. */
void later_clear(struct sim *sim);

#endif
