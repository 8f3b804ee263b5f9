/* Counters of requests: by operation and status, and how long they took. */
#include "lib/http/metrics.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { STATUS_MIN = 100, STATUS_COUNT = 500, BUCKETS = 13 };

static const long limits_us[BUCKETS - 1] = {
	1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000};

struct series {
	atomic_ullong status[STATUS_COUNT];
	atomic_ullong bucket[BUCKETS];
	atomic_ullong sum_us;
};

struct metrics {
	atomic_ullong open_limits;
	struct series series[]; /* one a route, and a last one for requests without */
};

struct metrics *metrics_new(void)
{
	struct metrics *metrics = calloc(
		1, sizeof(*metrics) + ((size_t)route_count + 1) * sizeof(metrics->series[0]));

	if (!metrics)
		abort();
	return metrics;
}

void metrics_free(struct metrics *metrics)
{
	free(metrics);
}

void metrics_count(struct metrics *metrics, const struct route *route, int status, int64_t us)
{
	struct series *series = &metrics->series[route ? route - routes : route_count];
	int bucket = 0;

	while (bucket < BUCKETS - 1 && us > limits_us[bucket])
		bucket++;
	atomic_fetch_add(&series->bucket[bucket], 1);
	atomic_fetch_add(&series->sum_us, (unsigned long long)us);
	if (status >= STATUS_MIN && status < STATUS_MIN + STATUS_COUNT)
		atomic_fetch_add(&series->status[status - STATUS_MIN], 1);
}

void metrics_count_open_limit(struct metrics *metrics)
{
	atomic_fetch_add(&metrics->open_limits, 1);
}

static const char *operation_of(int index)
{
	return index < route_count ? routes[index].operation : "none";
}

static void print_statuses(const struct metrics *metrics, struct text *text)
{
	text_add(text,
		"# HELP care_requests_total Answers by operation and status.\n"
		"# TYPE care_requests_total counter\n");
	for (int i = 0; i <= route_count; i++) {
		for (int status = 0; status < STATUS_COUNT; status++) {
			unsigned long long count = atomic_load(&metrics->series[i].status[status]);

			if (count)
				text_addf(text,
					"care_requests_total{operation=\"%s\",status=\"%d\"} "
					"%llu\n",
					operation_of(i), STATUS_MIN + status, count);
		}
	}
}

static void print_series(const struct series *series, const char *operation, struct text *text)
{
	unsigned long long count = 0;

	for (int i = 0; i < BUCKETS; i++)
		count += atomic_load(&series->bucket[i]);
	if (!count)
		return;
	count = 0;
	for (int i = 0; i < BUCKETS - 1; i++) {
		count += atomic_load(&series->bucket[i]);
		text_addf(text, "care_request_seconds_bucket{operation=\"%s\",le=\"%g\"} %llu\n",
			operation, (double)limits_us[i] / 1e6, count);
	}
	count += atomic_load(&series->bucket[BUCKETS - 1]);
	text_addf(text, "care_request_seconds_bucket{operation=\"%s\",le=\"+Inf\"} %llu\n",
		operation, count);
	text_addf(text, "care_request_seconds_sum{operation=\"%s\"} %.6f\n", operation,
		(double)atomic_load(&series->sum_us) / 1e6);
	text_addf(text, "care_request_seconds_count{operation=\"%s\"} %llu\n", operation, count);
}

void metrics_print(const struct metrics *metrics, struct text *text)
{
	print_statuses(metrics, text);
	text_add(text,
		"# HELP care_request_seconds Time from the whole request to the answer.\n"
		"# TYPE care_request_seconds histogram\n");
	for (int i = 0; i <= route_count; i++)
		print_series(&metrics->series[i], operation_of(i), text);
	text_addf(text,
		"# HELP care_limits_open_total Requests not limited because Redis was away.\n"
		"# TYPE care_limits_open_total counter\ncare_limits_open_total %llu\n",
		atomic_load(&metrics->open_limits));
}
