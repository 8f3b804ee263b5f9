/* The owner's connection: carectl is the only program that has one. */
#include <stdlib.h>
#include <string.h>

#include "ctl/verb.h"

const char *owner_url(const char *url)
{
	static const char *const names[] = {"CARE_DATABASE_OWNER_URL", "CARE_DATABASE_URL"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && (!url || !*url); i++)
		url = getenv(names[i]);
	if (url && *url)
		return url;
	call_failed("which database? Set CARE_DATABASE_OWNER_URL or give --url");
	return NULL;
}

static void close_connection(void *pg)
{
	PQfinish(pg);
}

static void clear_result(void *result)
{
	PQclear(result);
}

static void ignore_notice(void *context, const char *message)
{
	(void)context;
	(void)message;
}

/* libpq's messages end with a line feed. */
static const char *trimmed(struct call *call, const char *message)
{
	size_t length = strlen(message);

	while (length && message[length - 1] == '\n')
		length--;
	return arena_strndup(call->arena, message, length);
}

PGconn *owner_connect(struct call *call, const char *url)
{
	const char *const keys[] = {"dbname", "application_name", "client_encoding",
		"connect_timeout", "options", NULL};
	const char *values[] = {owner_url(url), "carectl", "UTF8", "5",
		"-c TimeZone=UTC -c statement_timeout=60s -c lock_timeout=10s", NULL};
	PGconn *pg;

	if (!values[0])
		return NULL;
	pg = PQconnectdbParams(keys, values, 1);
	arena_defer(call->arena, close_connection, pg);
	if (PQstatus(pg) != CONNECTION_OK) {
		call_failed("%s", trimmed(call, PQerrorMessage(pg)));
		return NULL;
	}
	PQsetNoticeProcessor(pg, ignore_notice, NULL);
	return pg;
}

PGresult *owner_query(
	struct call *call, PGconn *pg, const char *sql, int count, const char *const *values)
{
	/* Without values several statements may stand in one text. */
	PGresult *result =
		count ? PQexecParams(pg, sql, count, NULL, values, NULL, NULL, 0) : PQexec(pg, sql);
	ExecStatusType status = PQresultStatus(result);

	arena_defer(call->arena, clear_result, result);
	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY)
		return result;
	call_failed("%s", trimmed(call, PQresultErrorMessage(result)));
	return NULL;
}
