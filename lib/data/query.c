/* Running statements: a read is one round trip, a write opens its transaction with the first one.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/data/fault.h"
#include "lib/data/pool.h"

enum { COMMANDS_MAX = 3 };

static void clear_result(void *result)
{
	PQclear(result);
}

static long reply_ms(const struct work *work)
{
	return work->db->options.statement_timeout_ms + REPLY_MS;
}

/* BEGIN for a write, who acts, and the statement. One implicit transaction for a read. */
static PGresult *exchange_opening(
	struct work *work, struct db_connection *connection, const struct command *statement)
{
	const char *const settings[] = {
		work->mode == WORK_READ ? "on" : NULL,
		db_role_name(work->role),
		work->actor_id,
		work->link_id,
		work->request_id,
	};
	struct command commands[COMMANDS_MAX];
	int count = 0;

	if (work->mode == WORK_WRITE)
		commands[count++] = (struct command){.name = STATEMENT_BEGIN};
	commands[count++] = (struct command){
		STATEMENT_SETTINGS, sizeof(settings) / sizeof(*settings), settings};
	commands[count++] = *statement;
	return connection_exchange(connection, commands, count, reply_ms(work));
}

/* Nothing can have been committed yet, so an idle connection that turns out to be dead is replaced
 * once by another. */
static enum problem open_with(struct work *work, const struct command *statement,
	struct db_connection **ret_connection, PGresult **ret)
{
	*ret_connection = NULL;
	*ret = NULL;
	for (int attempt = 1;; attempt++) {
		enum problem p = P_UNAVAILABLE;
		struct db_connection *connection = pool_take(work, &p);

		if (!connection)
			return p;
		*ret = exchange_opening(work, connection, statement);
		if (connection->loss != LOSS_CLOSED || attempt == 2) {
			*ret_connection = connection;
			return P_OK;
		}
		pool_give(work->db, connection);
	}
}

static enum problem judge(
	struct work *work, const struct db_connection *connection, PGresult *result)
{
	enum problem p = P_OK;

	if (!result || result_is_error(result))
		p = fault_problem(work, connection, result);
	if (p == P_OK)
		arena_defer(work->arena, clear_result, result);
	else
		PQclear(result);
	return p;
}

static enum problem run_read(
	struct work *work, const struct command *statement, PGresult **ret_result)
{
	struct db_connection *connection;
	enum problem p = open_with(work, statement, &connection, ret_result);

	if (!connection)
		return p;
	p = judge(work, connection, *ret_result);
	pool_give(work->db, connection);
	return p;
}

static enum problem run_write(
	struct work *work, const struct command *statement, PGresult **ret_result)
{
	enum problem p = P_OK;

	if (!work->connection)
		p = open_with(work, statement, &work->connection, ret_result);
	else if (work->connection->loss != LOSS_NONE)
		*ret_result = NULL;
	else
		*ret_result = connection_exchange(work->connection, statement, 1, reply_ms(work));
	return work->connection ? judge(work, work->connection, *ret_result) : p;
}

/* The result belongs to the arena. */
static enum problem run(
	struct work *work, int statement, const char *const *values, PGresult **ret_result)
{
	struct command command = {
		db_statements[statement].name, db_statements[statement].parameters, values};

	return work->mode == WORK_READ ? run_read(work, &command, ret_result)
				       : run_write(work, &command, ret_result);
}

enum problem db_one(
	struct work *work, int statement, const char *const *values, const char **ret_json)
{
	PGresult *result = NULL;
	enum problem p = run(work, statement, values, &result);

	if (p != P_OK)
		return p;
	if (PQntuples(result) > 1 || PQnfields(result) != 1) {
		work->fault = arena_printf(work->arena, "%s is no :one: %d rows, %d columns",
			db_statements[statement].name, PQntuples(result), PQnfields(result));
		return P_INTERNAL;
	}
	if (PQntuples(result) == 0 || PQgetisnull(result, 0, 0))
		return P_NOT_FOUND;
	*ret_json = PQgetvalue(result, 0, 0);
	return P_OK;
}

enum problem db_exec(struct work *work, int statement, const char *const *values)
{
	PGresult *result = NULL;

	return run(work, statement, values, &result);
}

enum problem db_rows(struct work *work, int statement, const char *const *values, struct rows *ret)
{
	PGresult *result = NULL;
	enum problem p = run(work, statement, values, &result);

	if (p == P_OK)
		*ret = (struct rows){.count = PQntuples(result), .result = result};
	return p;
}

const char *rows_text(const struct rows *rows, int row, const char *column)
{
	int field = PQfnumber(rows->result, column);

	if (field < 0 || row < 0 || row >= rows->count)
		abort();
	return PQgetisnull(rows->result, row, field) ? NULL : PQgetvalue(rows->result, row, field);
}

long long rows_integer(const struct rows *rows, int row, const char *column)
{
	const char *text = rows_text(rows, row, column);

	return text ? strtoll(text, NULL, 10) : 0;
}

bool rows_bool(const struct rows *rows, int row, const char *column)
{
	const char *text = rows_text(rows, row, column);

	return text && strcmp(text, "t") == 0;
}
