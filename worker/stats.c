/* Counters and histograms, as Prometheus reads them (text format 0.0.4). */
#include "worker/stats.h"

#include <stdatomic.h>

enum { RESULT_COUNT = JOB_LATER + 1 };

static const char *const result_names[RESULT_COUNT] = {
	[JOB_DONE] = "done",
	[JOB_RETRY] = "retry",
	[JOB_DEAD] = "dead",
	[JOB_LATER] = "later",
};

static const struct {
	const char *name, *help;
} stat_names[STAT_COUNT] = {
	[STAT_DISPATCHED] = {"care_job_dispatched_total", "Rows handed to a stream"},
	[STAT_REDISPATCHED] = {"care_job_redispatched_total", "Rows handed to a stream again"},
	[STAT_DIRECT] = {"care_job_direct_total", "Jobs taken without Redis"},
	[STAT_FENCED] = {"care_job_fenced_total", "Outcomes refused after the lease was lost"},
	[STAT_SWEPT] = {"care_job_swept_total", "Leases that ran out, queued again"},
	[STAT_POISONED] = {"care_job_poisoned_total",
		"Jobs dead after too many deaths of the process"},
	[STAT_RECLAIMED] = {"care_job_reclaimed_total", "Stream entries that a consumer left"},
};

/* Upper bounds, as numbers and as Prometheus writes them. */
static const struct {
	int64_t ms;
	const char *label;
} bounds[] = {
	{5, "0.005"},
	{10, "0.01"},
	{25, "0.025"},
	{50, "0.05"},
	{100, "0.1"},
	{250, "0.25"},
	{500, "0.5"},
	{1000, "1"},
	{2500, "2.5"},
	{5000, "5"},
	{10000, "10"},
	{30000, "30"},
	{60000, "60"},
};
enum { BOUND_COUNT = sizeof(bounds) / sizeof(*bounds) };

struct histogram {
	atomic_ullong buckets[BOUND_COUNT + 1]; /* the last one holds what is beyond all bounds */
	atomic_ullong sum_ms;
};

struct kind_stats {
	atomic_ullong results[RESULT_COUNT];
	struct histogram run;
};

struct stats {
	size_t kind_count;
	struct kind_stats *kinds; /* in the order of job_kinds */
	struct histogram late;
	atomic_ullong counts[STAT_COUNT];
};

struct stats *stats_new(struct arena *arena)
{
	struct stats *stats = arena_alloc(arena, sizeof(*stats));

	while (job_kinds[stats->kind_count].name)
		stats->kind_count++;
	stats->kinds = arena_alloc(arena, stats->kind_count * sizeof(*stats->kinds));
	return stats;
}

void stats_add(struct stats *stats, enum stat stat, uint64_t count)
{
	atomic_fetch_add(&stats->counts[stat], count);
}

static void observe(struct histogram *histogram, int64_t ms)
{
	int i = 0;

	while (i < BOUND_COUNT && ms > bounds[i].ms)
		i++;
	atomic_fetch_add(&histogram->buckets[i], 1);
	atomic_fetch_add(&histogram->sum_ms, (unsigned long long)(ms < 0 ? 0 : ms));
}

void stats_started(struct stats *stats, int64_t late_ms)
{
	observe(&stats->late, late_ms);
}

void stats_ended(
	struct stats *stats, const struct job_kind *kind, enum job_result result, int64_t run_ms)
{
	struct kind_stats *one = &stats->kinds[kind - job_kinds];

	atomic_fetch_add(&one->results[result], 1);
	observe(&one->run, run_ms);
}

static void write_head(struct text *out, const char *name, const char *type, const char *help)
{
	text_addf(out, "# HELP %s %s.\n# TYPE %s %s\n", name, help, name, type);
}

/* label is "kind=\"x\"," or "". */
static void write_histogram(
	struct text *out, const char *name, const char *label, struct histogram *histogram)
{
	unsigned long long count = 0;

	for (int i = 0; i <= BOUND_COUNT; i++) {
		count += atomic_load(&histogram->buckets[i]);
		text_addf(out, "%s_bucket{%sle=\"%s\"} %llu\n", name, label,
			i < BOUND_COUNT ? bounds[i].label : "+Inf", count);
	}
	text_addf(out, "%s_sum%s%s%s %.3f\n", name, *label ? "{" : "", label, *label ? "}" : "",
		(double)atomic_load(&histogram->sum_ms) / 1000);
	text_addf(out, "%s_count%s%s%s %llu\n", name, *label ? "{" : "", label, *label ? "}" : "",
		count);
}

static void write_results(struct stats *stats, struct text *out)
{
	write_head(out, "care_job_runs_total", "counter", "Runs by kind and outcome");
	for (size_t i = 0; i < stats->kind_count; i++) {
		for (int result = 0; result < RESULT_COUNT; result++)
			text_addf(out, "care_job_runs_total{kind=\"%s\",outcome=\"%s\"} %llu\n",
				job_kinds[i].name, result_names[result],
				(unsigned long long)atomic_load(&stats->kinds[i].results[result]));
	}
}

static void write_durations(struct stats *stats, struct text *out)
{
	write_head(out, "care_job_run_seconds", "histogram", "How long runs took");
	for (size_t i = 0; i < stats->kind_count; i++) {
		const char *label = arena_printf(out->arena, "kind=\"%s\",", job_kinds[i].name);

		write_histogram(out, "care_job_run_seconds", label, &stats->kinds[i].run);
	}
}

void stats_write(struct stats *stats, struct text *out)
{
	write_results(stats, out);
	write_durations(stats, out);
	write_head(out, "care_job_late_seconds", "histogram", "From due to claimed");
	write_histogram(out, "care_job_late_seconds", "", &stats->late);
	for (int i = 0; i < STAT_COUNT; i++) {
		write_head(out, stat_names[i].name, "counter", stat_names[i].help);
		text_addf(out, "%s %llu\n", stat_names[i].name,
			(unsigned long long)atomic_load(&stats->counts[i]));
	}
}
