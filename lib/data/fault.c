/* SQLSTATE to problem: the only place that reads PostgreSQL's errors. */
#include "lib/data/fault.h"

#include <string.h>

struct meaning {
	const char *prefix; /* of the SQLSTATE; the first that fits wins */
	enum problem problem;
	long retry_after_s;
	const char *detail;
};

static const char bad_value[] = "A value has the wrong form or is out of range.";

/* PostgreSQL 15, appendix A. */
static const struct meaning meanings[] = {
	{"40001", P_SERIALIZATION_FAILURE, 1, NULL},
	{"40P01", P_SERIALIZATION_FAILURE, 1, NULL},
	{"57014", P_UNAVAILABLE, 2, NULL}, /* statement_timeout */
	{"55P03", P_UNAVAILABLE, 1, NULL}, /* lock_timeout */
	{"25P03", P_UNAVAILABLE, 1, NULL}, /* idle in transaction */
	{"53", P_UNAVAILABLE, 5, NULL},    /* connections, memory, disk */
	{"58", P_UNAVAILABLE, 5, NULL},    /* the server's system calls */
	{"57P", P_UNAVAILABLE, 2, NULL},   /* shutting down, starting up */
	{"08", P_UNAVAILABLE, 2, NULL},    /* the connection */
	{"P0002", P_NOT_FOUND, 0, NULL},   /* SELECT INTO STRICT found nothing */
	{"22", P_BAD_REQUEST, 0, bad_value},
	{"54", P_BAD_REQUEST, 0, bad_value}, /* too long for an index, too deep */
	{"23502", P_BAD_REQUEST, 0, "Something required is missing."},
	{"23503", P_BAD_REQUEST, 0, "Something the request names does not exist."},
	{"23514", P_BAD_REQUEST, 0, bad_value},
	{"", P_INTERNAL, 0, NULL},
};

static const char *field(const PGresult *result, int code)
{
	const char *value = PQresultErrorField(result, code);

	return value ? value : "";
}

/* Messages of these classes quote what the caller sent, which has no place in a log. */
static bool quotes_values(const char *sqlstate)
{
	return strncmp(sqlstate, "22", 2) == 0 || strncmp(sqlstate, "23", 2) == 0 ||
		strncmp(sqlstate, "54", 2) == 0;
}

static void remember(struct work *work, const PGresult *result, const char *sqlstate)
{
	work->fault = arena_printf(work->arena, "%s %s table=%s column=%s constraint=%s", sqlstate,
		quotes_values(sqlstate) ? "" : field(result, PG_DIAG_MESSAGE_PRIMARY),
		field(result, PG_DIAG_TABLE_NAME), field(result, PG_DIAG_COLUMN_NAME),
		field(result, PG_DIAG_CONSTRAINT_NAME));
}

/* A constraint or a RAISE that bears a problem's name; P_OK when it is none. */
static enum problem named_problem(struct work *work, const PGresult *result, const char *sqlstate)
{
	bool raised = strcmp(sqlstate, "P0001") == 0;
	enum problem p = P_INTERNAL;

	if (raised)
		p = problem_from_code(field(result, PG_DIAG_MESSAGE_PRIMARY));
	else if (strncmp(sqlstate, "23", 2) == 0)
		p = problem_from_code(field(result, PG_DIAG_CONSTRAINT_NAME));
	if (p == P_INTERNAL)
		return P_OK;
	if (raised && *field(result, PG_DIAG_MESSAGE_DETAIL))
		work->detail = arena_strdup(work->arena, field(result, PG_DIAG_MESSAGE_DETAIL));
	return p;
}

static enum problem lost(struct work *work, const struct db_connection *connection)
{
	work->retry_after_s = 2;
	work->fault = connection->loss == LOSS_DEADLINE
		? "PostgreSQL did not answer in time"
		: arena_printf(work->arena, "the connection was lost: %s",
			  PQerrorMessage(connection->pg));
	return P_UNAVAILABLE;
}

enum problem fault_problem(
	struct work *work, const struct db_connection *connection, const PGresult *result)
{
	const struct meaning *meaning = meanings;
	const char *sqlstate;
	enum problem named;

	if (!result)
		return lost(work, connection);
	sqlstate = field(result, PG_DIAG_SQLSTATE);
	remember(work, result, sqlstate);
	named = named_problem(work, result, sqlstate);
	if (named != P_OK)
		return named;
	/* A server that became a standby; inside a read it is a query that should not write. */
	if (strcmp(sqlstate, "25006") == 0 && work->mode == WORK_WRITE)
		sqlstate = "57P03";
	while (strncmp(sqlstate, meaning->prefix, strlen(meaning->prefix)) != 0)
		meaning++;
	if (meaning->detail)
		work->detail = meaning->detail;
	if (meaning->retry_after_s)
		work->retry_after_s = meaning->retry_after_s;
	return meaning->problem;
}
