/* What the database tests share. */
#include "tests/data/probe.h"

#include <stdlib.h>

#include <libpq-fe.h>

const char *probe_setting(const char *name)
{
	const char *value = getenv(name);

	if (!value)
		fail_msg("%s is not set: run this through pytest tests/data", name);
	return value;
}

struct db *probe_open(int connections_max)
{
	const struct db_options options = {
		.url = probe_setting("CARE_TEST_URL"),
		.application_name = "probe",
		.connections_max = connections_max,
		.statement_timeout_ms = TIMEOUT_MS,
		.roles = (1U << DB_ROLE_COUNT) - 1,
	};
	struct arena *arena = arena_new();
	const char *complaint = NULL;
	struct db *db = db_open(&options, arena, &complaint);

	if (!db)
		fail_msg("%s", complaint);
	arena_free(arena);
	return db;
}

struct work probe_work(struct db *db, enum db_role role, const char *actor_id)
{
	return (struct work){.arena = arena_new(),
		.db = db,
		.role = role,
		.actor_id = actor_id,
		.request_id = "probe-1"};
}

void probe_done(struct work *work)
{
	work_rollback(work);
	arena_free(work->arena);
}

void probe_owner(const char *sql)
{
	PGconn *pg = PQconnectdb(probe_setting("CARE_TEST_OWNER_URL"));
	PGresult *result = PQexec(pg, sql);

	if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(pg));
	PQclear(result);
	PQfinish(pg);
}

const char *probe_member(struct work *work, const char *json, const char *member)
{
	json_t *object = json_loads(json, 0, NULL), *value = json_object_get(object, member);
	char *text = NULL;

	if (json_is_integer(value))
		text = arena_printf(work->arena, "%lld", (long long)json_integer_value(value));
	else
		text = arena_strdup(work->arena, json_string_value(value));
	json_decref(object);
	if (!text)
		fail_msg("%s has no %s", json, member);
	return text;
}
