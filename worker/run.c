/* Runs a claimed job and writes its outcome, which the fence refuses once the lease is lost. */
#include "worker/run.h"

#include <string.h>

#include "lib/core/log.h"
#include "lib/core/text.h"
#include "lib/security/digest.h"
#include "queries.gen.h"
#include "worker/kinds.h"
#include "worker/stats.h"

enum {
	OUTCOME_MS = 20000, /* how long the outcome is offered to a database that is away */
	OUTCOME_REST_MS = 500,
	UNKNOWN_S = 30, /* a kind that only a newer worker knows waits for one */
};

/* What is written down about a run. */
struct outcome_row {
	enum job_result result;
	const char *error;
	int64_t delay_ms;
};

struct run {
	struct slot *slot;
	struct arena *arena;
	const struct job_kind *kind;
	struct job job;
	int64_t started_ms, run_ms;
};

static void free_json(void *json)
{
	json_decref(json);
}

static json_t *payload_of(struct arena *arena, const char *text)
{
	json_t *payload = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;

	if (!payload)
		payload = json_object();
	arena_defer(arena, free_json, payload);
	return payload;
}

static void make_job(struct run *run, const struct rows *rows)
{
	struct worker *worker = run->slot->worker;

	run->job = (struct job){
		.work = {.arena = run->arena, .db = worker->db, .role = DB_WORKER},
		.config = worker->config,
		.providers = &worker->providers,
		.keys = &worker->keys,
		.redis = worker->redis,
		.job_id = arena_strdup(run->arena, rows_text(rows, 0, "job_id")),
		.kind = arena_strdup(run->arena, rows_text(rows, 0, "kind")),
		.subject_id = arena_strdup(run->arena, rows_text(rows, 0, "subject_id")),
		.payload = payload_of(run->arena, rows_text(rows, 0, "payload")),
		.attempt = (int)rows_integer(rows, 0, "attempts"),
		.attempts_max = (int)rows_integer(rows, 0, "attempts_max"),
		.repeated = rows_bool(rows, 0, "repeated"),
	};
	run->job.work.request_id = run->job.job_id;
}

/* Half of the base to all of it, so that what failed together does not come back together. */
static int64_t backoff_ms(int attempt)
{
	static const int64_t bases_s[] = {1, 5, 30, 120, 600, 1800, 7200, 21600, 43200};
	const int last = sizeof(bases_s) / sizeof(*bases_s) - 1;
	int64_t base_ms = bases_s[attempt <= last ? attempt - 1 : last] * 1000;
	uint32_t chance;

	random_fill(&chance, sizeof(chance));
	return base_ms / 2 + (int64_t)(chance % (uint64_t)(base_ms / 2 + 1));
}

/* PostgreSQL refuses text that is not UTF-8, and a provider's words may have been cut anywhere. */
static const char *clean(struct arena *arena, const char *error)
{
	char *copy = arena_strdup(arena, error);

	if (copy && !text_is_utf8(copy, strlen(copy))) {
		for (char *at = copy; *at; at++) {
			if ((unsigned char)*at >= 0x80)
				*at = '?';
		}
	}
	return copy;
}

static struct outcome_row judge(struct run *run, enum job_result result)
{
	struct job *job = &run->job;
	struct outcome_row row = {.result = result, .delay_ms = job->retry_after_s * INT64_C(1000)};

	if (job->work.connection) {
		work_rollback(&job->work);
		log_event(LOG_LEVEL_ERROR, "job_left_transaction", "job_id", job->job_id, "kind",
			job->kind, NULL);
		if (result == JOB_DONE) {
			row.result = JOB_RETRY;
			job->error = "the job left its transaction open";
		}
	}
	row.error = clean(run->arena, row.result == JOB_DONE ? NULL : job->error);
	if (row.result == JOB_RETRY && job->attempt >= job->attempts_max) {
		row.result = JOB_DEAD;
		row.error = arena_printf(run->arena, "gave up after %d attempts: %s", job->attempt,
			row.error ? row.error : "no reason given");
	}
	/* The next run of a periodic kind is planned already: nobody has to look at this one. */
	if (row.result == JOB_DEAD && run->kind && run->kind->every_s > 0)
		row.result = JOB_DONE;
	if (row.result == JOB_RETRY && job->retry_after_s <= 0)
		row.delay_ms = backoff_ms(job->attempt);
	return row;
}

static enum problem write_row(struct run *run, struct work *work, const struct outcome_row *row)
{
	const char *job_id = run->job.job_id, *worker = run->slot->name, *json;
	const char *attempt = arena_printf(work->arena, "%d", run->job.attempt);

	switch (row->result) {
	case JOB_DONE:
		return q_job_done(work, &json, job_id, attempt, worker);
	case JOB_DEAD:
		return q_job_dead(work, &json, row->error, job_id, attempt, worker);
	default:
		return q_job_again(work, &json, row->result == JOB_RETRY ? "true" : "false",
			arena_printf(work->arena, "%lld", (long long)row->delay_ms), row->error,
			job_id, attempt, worker);
	}
}

/* The work is done: a database that is away for a moment should not make us do it again. */
static enum problem write_outcome(struct run *run, const struct outcome_row *row)
{
	struct worker *worker = run->slot->worker;
	int64_t until_ms = clock_ms() + OUTCOME_MS;
	enum problem p;

	for (;;) {
		struct work work;

		worker_work(worker, run->arena, &work);
		p = write_row(run, &work, row);
		p = worker_end(worker, &work, "job outcome", p);
		if (!problem_passes(p) || clock_ms() > until_ms)
			return p;
		worker_rest(worker, OUTCOME_REST_MS);
	}
}

static void tell(const struct run *run, const struct outcome_row *row, enum problem p)
{
	static const char *const events[] = {
		[JOB_DONE] = "job_done",
		[JOB_RETRY] = "job_retry",
		[JOB_DEAD] = "job_dead",
		[JOB_LATER] = "job_later",
	};
	static const enum log_level levels[] = {
		[JOB_DONE] = LOG_LEVEL_INFO,
		[JOB_RETRY] = LOG_LEVEL_WARNING,
		[JOB_DEAD] = LOG_LEVEL_ERROR,
		[JOB_LATER] = LOG_LEVEL_INFO,
	};
	struct arena *arena = run->arena;
	const char *delay = arena_printf(arena, "%lld", (long long)row->delay_ms);
	bool again = row->result == JOB_RETRY || row->result == JOB_LATER;

	log_event(p ? LOG_LEVEL_WARNING : levels[row->result],
		p == P_NOT_FOUND ? "job_fenced"
			: p      ? "job_outcome_lost"
				 : events[row->result],
		"job_id", run->job.job_id, "kind", run->job.kind, "attempt",
		arena_printf(arena, "%d", run->job.attempt), "ms",
		arena_printf(arena, "%lld", (long long)run->run_ms), "delay_ms",
		again ? delay : NULL, "error", row->error, NULL);
}

static void finish(struct run *run, enum job_result result)
{
	struct worker *worker = run->slot->worker;
	struct outcome_row row = judge(run, result);
	enum problem p = lease_end(run->slot) ? write_outcome(run, &row) : P_NOT_FOUND;

	if (!p && run->kind)
		stats_ended(worker->stats, run->kind, row.result, run->run_ms);
	if (p == P_NOT_FOUND)
		stats_add(worker->stats, STAT_FENCED, 1);
	if (!p && (row.result == JOB_RETRY || row.result == JOB_LATER))
		db_listener_wake(worker->listener);
	tell(run, &row, p);
}

static enum job_result run_job(struct run *run)
{
	if (run->kind)
		return run->kind->run(&run->job);
	run->job.retry_after_s = UNKNOWN_S;
	run->job.error = "this worker does not know the kind";
	return JOB_LATER;
}

static void begin_lease(struct run *run)
{
	struct lease lease = {
		.attempt = run->job.attempt,
		.timeout_s = run->kind ? run->kind->timeout_s : LEASE_S,
	};

	snprintf(lease.job_id, sizeof(lease.job_id), "%s", run->job.job_id);
	snprintf(lease.kind, sizeof(lease.kind), "%s", run->job.kind);
	lease_begin(run->slot, &lease);
}

void run_claimed(struct slot *slot, const struct rows *rows)
{
	struct run run = {.slot = slot, .arena = arena_new(), .started_ms = clock_ms()};
	enum job_result result;

	make_job(&run, rows);
	run.kind = kind_find(run.job.kind);
	stats_started(slot->worker->stats, rows_integer(rows, 0, "late_ms"));
	begin_lease(&run);
	result = run_job(&run);
	run.run_ms = clock_ms() - run.started_ms;
	finish(&run, result);
	arena_free(run.arena);
}
