/* What the process counts about its own answers, for /metrics. Safe in threads. */
#ifndef CARE_HTTP_METRICS_H
#define CARE_HTTP_METRICS_H

#include <stdint.h>

#include "lib/core/text.h"
#include "lib/http/route.h"

struct metrics;

struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);

/* One answer; route NULL is a request that fitted none. */
void metrics_count(struct metrics *metrics, const struct route *route, int status, int64_t us);

/* A request that was let through because Redis was away. */
void metrics_count_open_limit(struct metrics *metrics);

/* Adds the counters in Prometheus' text format. */
void metrics_print(const struct metrics *metrics, struct text *text);

#endif
