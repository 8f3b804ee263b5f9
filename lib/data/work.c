/* What went wrong with a piece of work, and its transaction. */
#include "lib/data/work.h"

#include <stdarg.h>
#include <stdlib.h>

#include "lib/data/fault.h"
#include "lib/data/pool.h"

enum problem fail(struct work *work, enum problem p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	work->detail = arena_vprintf(work->arena, format, args);
	va_end(args);
	return p;
}

enum problem fail_at(
	struct work *work, enum problem p, const char *pointer, const char *format, ...)
{
	const size_t most = sizeof(work->complaints) / sizeof(*work->complaints);
	va_list args;

	va_start(args, format);
	work->detail = arena_vprintf(work->arena, format, args);
	va_end(args);
	if (work->complaint_count < most) {
		work->complaints[work->complaint_count++] = (struct complaint){
			.pointer = arena_strdup(work->arena, pointer),
			.message = work->detail,
		};
	}
	return p;
}

void work_begin(struct work *work, enum work_mode mode)
{
	if (work->connection)
		abort();
	work->mode = mode;
}

/* Sends COMMIT or ROLLBACK and gives the connection back in any case. */
static enum problem finish(struct work *work, const char *statement)
{
	struct db_connection *connection = work->connection;
	struct command command = {.name = statement};
	PGresult *result = connection_exchange(
		connection, &command, 1, work->db->options.statement_timeout_ms + REPLY_MS);
	enum problem p = P_OK;

	if (!result || result_is_error(result))
		p = fault_problem(work, connection, result);
	PQclear(result);
	work->connection = NULL;
	work->mode = WORK_READ;
	pool_give(work->db, connection);
	return p;
}

enum problem work_commit(struct work *work)
{
	if (!work->connection) {
		work->mode = WORK_READ;
		return P_OK;
	}
	if (PQtransactionStatus(work->connection->pg) != PQTRANS_INTRANS) {
		work_rollback(work);
		work->fault = "COMMIT of a transaction that a query had failed in";
		return P_INTERNAL;
	}
	return finish(work, STATEMENT_COMMIT);
}

void work_rollback(struct work *work)
{
	const char *detail = work->detail, *fault = work->fault;
	long retry_after_s = work->retry_after_s;

	if (!work->connection) {
		work->mode = WORK_READ;
		return;
	}
	if (work->connection->loss == LOSS_NONE) {
		finish(work, STATEMENT_ROLLBACK);
	} else {
		pool_give(work->db, work->connection);
		work->connection = NULL;
		work->mode = WORK_READ;
	}
	/* The problem that led here is the one to tell. */
	work->detail = detail;
	work->fault = fault;
	work->retry_after_s = retry_after_s;
}
