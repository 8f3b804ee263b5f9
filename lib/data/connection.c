/* One connection: opening it, and round trips that cannot outlast their deadline. */
#include "lib/data/connection.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>

int64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *db_role_name(enum db_role role)
{
	static const char *const names[DB_ROLE_COUNT] = {
		[DB_PUBLIC] = "app_public",
		[DB_CLIENT] = "app_client",
		[DB_STAFF] = "app_staff",
		[DB_ADMIN] = "app_admin",
		[DB_INTEGRATOR] = "app_integrator",
		[DB_WORKER] = "app_worker",
	};

	return names[role];
}

bool result_is_error(const PGresult *result)
{
	switch (PQresultStatus(result)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_EMPTY_QUERY:
		return false;
	default:
		return true;
	}
}

/* Waits until the socket is ready; false at the deadline. */
static bool wait_socket(PGconn *pg, short events, int64_t deadline_ms)
{
	struct pollfd fd = {.fd = PQsocket(pg), .events = events};
	int64_t left_ms = deadline_ms - monotonic_ms();

	if (fd.fd < 0 || left_ms <= 0)
		return false;
	return poll(&fd, 1, (int)left_ms) != 0; /* an interrupted wait is looked at again */
}

/* Notices would go to standard error, which is for JSON lines. */
static void ignore_notice(void *context, const char *message)
{
	(void)context;
	(void)message;
}

static PGconn *start(const struct db_options *options)
{
	const char *const keys[] = {"dbname", "application_name", "client_encoding",
		"tcp_user_timeout", "keepalives_idle", NULL};
	const char *const values[] = {
		options->url, options->application_name, "UTF8", "5000", "30", NULL};

	return PQconnectStartParams(keys, values, 1);
}

static bool finish_connecting(PGconn *pg)
{
	int64_t deadline_ms = monotonic_ms() + CONNECT_MS;
	PostgresPollingStatusType state = PGRES_POLLING_WRITING;

	if (PQstatus(pg) == CONNECTION_BAD)
		return false;
	while (state != PGRES_POLLING_OK) {
		short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;

		if (!wait_socket(pg, events, deadline_ms))
			return false;
		state = PQconnectPoll(pg);
		if (state == PGRES_POLLING_FAILED)
			return false;
	}
	return PQsetnonblocking(pg, 1) == 0 && PQenterPipelineMode(pg);
}

struct db_connection *connection_open(
	const struct db_options *options, struct arena *arena, const char **ret_complaint)
{
	struct db_connection *connection;
	PGconn *pg = start(options);

	if (!pg)
		abort();
	if (!finish_connecting(pg)) {
		const char *why = PQerrorMessage(pg);

		*ret_complaint =
			*why ? arena_strdup(arena, why) : "PostgreSQL did not answer within 2 s";
		PQfinish(pg);
		return NULL;
	}
	PQsetNoticeProcessor(pg, ignore_notice, NULL);
	connection = calloc(1, sizeof(*connection));
	if (!connection)
		abort();
	connection->pg = pg;
	return connection;
}

void connection_close(struct db_connection *connection)
{
	if (!connection)
		return;
	PQfinish(connection->pg);
	free(connection);
}

bool connection_is_alive(const struct db_connection *connection)
{
	struct pollfd fd = {.fd = PQsocket(connection->pg), .events = POLLIN};

	/* Nobody asked it anything, so whatever stands there to be read is its farewell. */
	return PQstatus(connection->pg) == CONNECTION_OK && poll(&fd, 1, 0) == 0;
}

/* Sends what is buffered and reads until a result can be taken without waiting. */
static bool wait_result(struct db_connection *connection, int64_t deadline_ms)
{
	PGconn *pg = connection->pg;

	for (;;) {
		int unsent = PQflush(pg);

		if (!PQisBusy(pg))
			return true;
		if (unsent < 0)
			return false;
		if (!wait_socket(pg, (short)(POLLIN | (unsent ? POLLOUT : 0)), deadline_ms)) {
			connection->loss = LOSS_DEADLINE;
			return false;
		}
		if (!PQconsumeInput(pg))
			return false;
	}
}

/* The next result, PGRES_PIPELINE_SYNC at the end; NULL when the connection is lost. */
static PGresult *next_result(struct db_connection *connection, int64_t deadline_ms)
{
	PGresult *result = NULL;

	while (!result) {
		if (!wait_result(connection, deadline_ms))
			break;
		result = PQgetResult(connection->pg);
		if (!result && PQstatus(connection->pg) == CONNECTION_BAD)
			break;
	}
	if (!result && connection->loss == LOSS_NONE)
		connection->loss = LOSS_CLOSED;
	return result;
}

/* Reads to the Sync. Keeps the last result, or the first one that failed. */
static PGresult *collect(struct db_connection *connection, long timeout_ms)
{
	int64_t deadline_ms = monotonic_ms() + timeout_ms;
	PGresult *kept = NULL, *result;

	while ((result = next_result(connection, deadline_ms))) {
		if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
			PQclear(result);
			return kept;
		}
		if (kept && result_is_error(kept)) {
			PQclear(result);
			continue;
		}
		PQclear(kept);
		kept = result;
	}
	PQclear(kept);
	return NULL;
}

static PGresult *finish_exchange(struct db_connection *connection, bool sent, long timeout_ms)
{
	if (!sent || !PQpipelineSync(connection->pg)) {
		connection->loss = LOSS_CLOSED;
		return NULL;
	}
	return collect(connection, timeout_ms);
}

PGresult *connection_exchange(struct db_connection *connection, const struct command *commands,
	int count, long timeout_ms)
{
	bool sent = true;

	for (int i = 0; i < count && sent; i++)
		sent = PQsendQueryPrepared(connection->pg, commands[i].name, commands[i].count,
			commands[i].values, NULL, NULL, 0);
	return finish_exchange(connection, sent, timeout_ms);
}

PGresult *connection_query(struct db_connection *connection, const char *sql, int count,
	const char *const *values, long timeout_ms)
{
	bool sent = PQsendQueryParams(connection->pg, sql, count, NULL, values, NULL, NULL, 0);

	return finish_exchange(connection, sent, timeout_ms);
}

/* Session settings go the same way as statements, so that opening costs one round trip. */
static bool send_session(PGconn *pg, const struct db_options *options, struct arena *arena)
{
	const char *const values[] = {
		arena_printf(arena, "%ld", options->statement_timeout_ms),
		arena_printf(arena, "%d", LOCK_MS),
		arena_printf(arena, "%d", IDLE_IN_TRANSACTION_MS),
	};

	return PQsendQueryParams(pg,
		"SELECT set_config('statement_timeout', $1, false), "
		"set_config('lock_timeout', $2, false), "
		"set_config('idle_in_transaction_session_timeout', $3, false), "
		"set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO', false), "
		"set_config('search_path', 'public', false), set_config('jit', 'off', false)",
		3, NULL, values, NULL, NULL, 0);
}

/* transaction_read_only cannot be switched off inside a transaction that is read-only (a standby):
 * NULL leaves it as it is, and the first write says 25006. */
static const struct db_statement own_statements[] = {
	{STATEMENT_SETTINGS,
		"SELECT set_config('transaction_read_only', "
		"coalesce($1, current_setting('transaction_read_only')), true), "
		"set_config('role', $2, true), set_config('app.user_id', coalesce($3, ''), true), "
		"set_config('app.link_id', coalesce($4, ''), true), "
		"set_config('app.request_id', coalesce($5, ''), true)",
		5},
	{STATEMENT_BEGIN, "BEGIN", 0},
	{STATEMENT_COMMIT, "COMMIT", 0},
	{STATEMENT_ROLLBACK, "ROLLBACK", 0},
	{NULL, NULL, 0},
};

static bool send_statements(PGconn *pg, const struct db_statement *statements)
{
	for (; statements->name; statements++) {
		if (!PQsendPrepare(pg, statements->name, statements->sql, 0, NULL))
			return false;
	}
	return true;
}

/* The statement whose result came as number at; the session's settings are number 0. */
static const char *statement_at(int at)
{
	const int own = (int)(sizeof(own_statements) / sizeof(*own_statements)) - 1;

	if (at == 0)
		return "the session's settings";
	return at <= own ? own_statements[at - 1].name : db_statements[at - 1 - own].name;
}

static const char *check_prepared(struct db_connection *connection, struct arena *arena)
{
	int64_t deadline_ms = monotonic_ms() + PREPARE_MS;
	PGresult *result;
	int at = 0;

	while ((result = next_result(connection, deadline_ms))) {
		const char *complaint = NULL;
		bool last = PQresultStatus(result) == PGRES_PIPELINE_SYNC;

		if (!last && result_is_error(result))
			complaint = arena_printf(arena, "%s does not fit the database: %s",
				statement_at(at),
				PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
		PQclear(result);
		if (complaint || last)
			return complaint;
		at++;
	}
	return "the connection was lost while its statements were prepared";
}

bool connection_prepare(struct db_connection *connection, const struct db_options *options,
	struct arena *arena, const char **ret_complaint)
{
	const char *complaint;
	PGconn *pg = connection->pg;

	if (!send_session(pg, options, arena) || !send_statements(pg, own_statements) ||
		!send_statements(pg, db_statements) || !PQpipelineSync(pg)) {
		*ret_complaint = arena_strdup(arena, PQerrorMessage(pg));
		return false;
	}
	complaint = check_prepared(connection, arena);
	if (complaint)
		*ret_complaint = complaint;
	return !complaint;
}
