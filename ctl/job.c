/* carectl job: what waits, what failed, and another try. */
#include <stdio.h>
#include <string.h>

#include "ctl/verb.h"
#include "lib/data/db.h"

static const char list_sql[] =
	"SELECT job_id, state, kind, attempts || '/' || attempts_max AS attempts, "
	"rfc3339(run_at) AS run_at, coalesce(last_error, '') AS last_error FROM job "
	"WHERE ($1::text IS NULL OR state = $1) ORDER BY job_id DESC LIMIT $2::int";

/* The payload holds ids and parameters of the job, so it may be shown. */
static const char show_sql[] =
	"SELECT job_id, kind, state, subject_id, payload, dedupe_key, attempts, attempts_max, "
	"crash_count, rfc3339(run_at) AS run_at, rfc3339(created_at) AS created_at, "
	"rfc3339(dispatched_at) AS dispatched_at, rfc3339(lease_until) AS lease_until, worker, "
	"rfc3339(finished_at) AS finished_at, last_error FROM job WHERE job_id = $1::uuid";

static const char *statement(const char *name)
{
	const struct db_statement *at = db_statements;

	while (at->name && strcmp(at->name, name) != 0)
		at++;
	return at->sql;
}

static PGresult *ask(struct call *call, const char *url, const char *sql, const char *id)
{
	PGconn *pg = owner_connect(call, url);

	return pg ? owner_query(call, pg, sql, 1, &id) : NULL;
}

static int list(struct call *call, const char *url, const char *state, const char *limit)
{
	const char *const values[] = {state, limit};
	PGconn *pg = owner_connect(call, url);
	PGresult *result = pg ? owner_query(call, pg, list_sql, 2, values) : NULL;

	if (!result)
		return STATUS_FAILED;
	for (int row = 0; row < PQntuples(result); row++)
		printf("%s  %-9s  %-26s  %5s  %s  %s\n", PQgetvalue(result, row, 0),
			PQgetvalue(result, row, 1), PQgetvalue(result, row, 2),
			PQgetvalue(result, row, 3), PQgetvalue(result, row, 4),
			PQgetvalue(result, row, 5));
	return STATUS_OK;
}

static int show(struct call *call, const char *url, const char *id)
{
	PGresult *result = ask(call, url, show_sql, id);

	if (!result)
		return STATUS_FAILED;
	if (PQntuples(result) == 0)
		return call_failed("there is no job %s", id);
	for (int field = 0; field < PQnfields(result); field++) {
		if (!PQgetisnull(result, 0, field))
			printf("%-13s  %s\n", PQfname(result, field), PQgetvalue(result, 0, field));
	}
	return STATUS_OK;
}

static int retry(struct call *call, const char *url, const char *id)
{
	PGconn *pg = owner_connect(call, url);
	PGresult *result = pg ? owner_query(call, pg, statement("job_retry"), 1, &id) : NULL;

	if (!result)
		return STATUS_FAILED;
	if (PQntuples(result) == 0)
		return call_failed("there is no dead job %s", id);
	if (!owner_query(call, pg, "NOTIFY care_job", 0, NULL))
		return STATUS_FAILED;
	printf("%s\n", PQgetvalue(result, 0, 0));
	return STATUS_OK;
}

static bool is_uuid(const char *text)
{
	return strlen(text) == 36 && strspn(text, "0123456789abcdefABCDEF-") == 36;
}

static int with_id(struct call *call, const char *url, const char *word)
{
	const char *id = call_word(call);

	if (!id || call->count || !is_uuid(id))
		return call_misused("job %s wants one job's id", word);
	return strcmp(word, "show") == 0 ? show(call, url, id) : retry(call, url, id);
}

static bool is_limit(const char *text)
{
	return *text && strlen(text) <= 4 && strspn(text, "0123456789") == strlen(text);
}

int job_run(struct call *call)
{
	const char *url = NULL, *state = NULL, *limit = "50", *word;
	const struct choice choices[] = {
		{"--url", &url, NULL},
		{"--state", &state, NULL},
		{"--limit", &limit, NULL},
		{NULL, NULL, NULL},
	};

	if (!call_options(call, choices))
		return STATUS_USAGE;
	word = call_word(call);
	if (word && (strcmp(word, "show") == 0 || strcmp(word, "retry") == 0))
		return with_id(call, url, word);
	if (!word || strcmp(word, "list") != 0 || call->count)
		return call_misused("job wants list, show ID or retry ID");
	if (!is_limit(limit))
		return call_misused("--limit wants a number of up to four digits");
	return list(call, url, state, limit);
}
