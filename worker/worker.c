/* Stopping, and queries of the worker's own. */
#include "worker/worker.h"

#include "lib/core/log.h"

void worker_rest(struct worker *worker, int timeout_ms)
{
	uint64_t seen = bell_count(&worker->stop);

	if (!atomic_load(&worker->stopping))
		bell_wait(&worker->stop, seen, timeout_ms);
}

void worker_stop(struct worker *worker)
{
	atomic_store(&worker->stopping, true);
	bell_ring(&worker->stop);
	bell_ring(&worker->work);
	db_listener_wake(worker->listener);
}

void worker_work(struct worker *worker, struct arena *arena, struct work *ret)
{
	*ret = (struct work){.arena = arena, .db = worker->db, .role = DB_WORKER};
	work_begin(ret, WORK_WRITE);
}

bool problem_passes(enum problem p)
{
	return p == P_UNAVAILABLE || p == P_OVERLOADED || p == P_SERIALIZATION_FAILURE;
}

static void tell(struct worker *worker, const struct work *work, const char *what, enum problem p)
{
	bool away = p == P_UNAVAILABLE;

	if (p && p != P_NOT_FOUND && !away)
		log_event(
			LOG_LEVEL_ERROR, "query_failed", "query", what, "error", work->fault, NULL);
	if (atomic_exchange(&worker->db_away, away) != away)
		log_event(away ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO,
			away ? "database_away" : "database_back", "query", what, "error",
			away ? work->fault : NULL, NULL);
}

enum problem worker_end(struct worker *worker, struct work *work, const char *what, enum problem p)
{
	if (p)
		work_rollback(work);
	else
		p = work_commit(work);
	tell(worker, work, what, p);
	return p;
}
