/* Applies migrations: one at a time, one process at a time, never twice. */
#include "lib/data/migrate.h"

#include <stdlib.h>

#include <libpq-fe.h>

#include "lib/core/arena.h"
#include "lib/data/level.h"

/* Any number that nothing else locks; migrations of one database wait for each other on it. */
#define LOCK_SQL "SELECT pg_advisory_lock(7248519036221)"

static const char prepare_sql[] =
	"SET client_min_messages = warning; SET TimeZone = 'UTC'; SET search_path = public; "
	"SET statement_timeout = 0; SET lock_timeout = '10s'; "
	"CREATE TABLE IF NOT EXISTS schema_migration ("
	"number int PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, "
	"applied_at timestamptz NOT NULL DEFAULT now()); "
	"ALTER TABLE schema_migration ENABLE ROW LEVEL SECURITY; "
	"DROP POLICY IF EXISTS schema_migration_read ON schema_migration; "
	"CREATE POLICY schema_migration_read ON schema_migration FOR SELECT USING (true); "
	"GRANT SELECT ON schema_migration TO PUBLIC";

static void ignore_notice(void *context, const char *message)
{
	(void)context;
	(void)message;
}

static PGconn *connect_owner(const char *url)
{
	const char *const keys[] = {
		"dbname", "application_name", "client_encoding", "connect_timeout", NULL};
	const char *const values[] = {url, "carectl migrate", "UTF8", "5", NULL};
	PGconn *pg = PQconnectdbParams(keys, values, 1);

	PQsetNoticeProcessor(pg, ignore_notice, NULL);
	return pg;
}

static bool run(PGconn *pg, const char *sql, FILE *out)
{
	PGresult *result = PQexec(pg, sql);
	bool good = PQresultStatus(result) == PGRES_COMMAND_OK ||
		PQresultStatus(result) == PGRES_TUPLES_OK;

	if (!good)
		fprintf(out, "migrate: %s", PQerrorMessage(pg));
	PQclear(result);
	return good;
}

/* Where the server found fault, as a line of the migration's text. */
static int line_of(const PGresult *result, const char *sql)
{
	const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
	long left = position ? strtol(position, NULL, 10) : 0;
	int line = 1;

	/* The position counts characters, not bytes. */
	for (; *sql && left > 1; sql++) {
		if ((*sql & 0xc0) != 0x80)
			left--;
		if (*sql == '\n')
			line++;
	}
	return line;
}

static bool run_text(PGconn *pg, const struct migration *migration, FILE *out)
{
	PGresult *result = PQexec(pg, migration->sql);
	bool good = PQresultStatus(result) == PGRES_COMMAND_OK ||
		PQresultStatus(result) == PGRES_TUPLES_OK;

	if (!good)
		fprintf(out, "migrate: %04d_%s, line %d: %s", migration->number, migration->name,
			line_of(result, migration->sql), PQerrorMessage(pg));
	PQclear(result);
	return good;
}

static bool record(PGconn *pg, const struct migration *migration, FILE *out)
{
	char number[16];
	const char *const values[] = {number, migration->name, migration->sha256};
	PGresult *result;
	bool good;

	snprintf(number, sizeof(number), "%d", migration->number);
	result = PQexecParams(pg,
		"INSERT INTO public.schema_migration (number, name, sha256) VALUES ($1, $2, $3)", 3,
		NULL, values, NULL, NULL, 0);
	good = PQresultStatus(result) == PGRES_COMMAND_OK;
	if (!good)
		fprintf(out, "migrate: %s", PQerrorMessage(pg));
	PQclear(result);
	return good;
}

static bool apply(PGconn *pg, const struct migration *migration, FILE *out)
{
	if (!run(pg, "BEGIN", out))
		return false;
	if (!run_text(pg, migration, out) || !record(pg, migration, out)) {
		run(pg, "ROLLBACK", out);
		return false;
	}
	if (!run(pg, "COMMIT", out))
		return false;
	fprintf(out, "migrate: applied %04d_%s\n", migration->number, migration->name);
	return true;
}

/* How many are applied; -1 with the reason on out. */
static int applied_count(PGconn *pg, FILE *out)
{
	PGresult *result =
		PQexec(pg, "SELECT number, sha256 FROM public.schema_migration ORDER BY number");
	struct arena *arena = arena_new();
	const char *complaint = PQresultStatus(result) == PGRES_TUPLES_OK
		? level_mismatch(result, arena)
		: arena_strdup(arena, PQerrorMessage(pg));
	int count = complaint ? -1 : PQntuples(result);

	if (complaint)
		fprintf(out, "migrate: %s\n", complaint);
	arena_free(arena);
	PQclear(result);
	return count;
}

static bool migrate(PGconn *pg, FILE *out)
{
	int at;

	if (PQstatus(pg) != CONNECTION_OK) {
		fprintf(out, "migrate: %s", PQerrorMessage(pg));
		return false;
	}
	if (!run(pg, LOCK_SQL, out) || !run(pg, prepare_sql, out))
		return false;
	at = applied_count(pg, out);
	if (at < 0)
		return false;
	for (; migrations[at].number; at++) {
		if (!apply(pg, &migrations[at], out))
			return false;
	}
	fprintf(out, "migrate: the database is at migration %d\n", at);
	return true;
}

bool migrate_run(const char *url, FILE *out)
{
	PGconn *pg = connect_owner(url);
	bool good = migrate(pg, out);

	PQfinish(pg);
	return good;
}
