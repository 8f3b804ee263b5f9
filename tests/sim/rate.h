/* Fixed one-minute windows of requests, one for each vendor; off unless a setting says otherwise.
 */
#ifndef CARE_SIM_RATE_H
#define CARE_SIM_RATE_H

#include "tests/sim/state.h"

struct rate {
	long limit;   /* 0: none */
	long left;    /* below 0: refuse */
	long reset_s; /* until the window ends, at least 1 */
};

struct rates *rates_new(struct sim *sim);

/* Counts one request against the setting <vendor>_rate_per_minute. */
struct rate rate_count(struct sim *sim, const char *vendor);

#endif
