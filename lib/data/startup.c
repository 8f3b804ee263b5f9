/* What must hold before the first request, and whether it still does. */
#include <stdlib.h>

#include "lib/data/fault.h"
#include "lib/data/level.h"
#include "lib/data/migrate.h"
#include "lib/data/pool.h"

enum { CHECK_MS = 2000, PING_MS = 1000 };

/* $1: the roles this program takes. Each row is a sentence. */
static const char check_server[] =
	"WITH mine AS (SELECT session_user::text AS name UNION ALL SELECT unnest($1::text[])) "
	"SELECT format('%s is off: PostgreSQL may lose what it has acknowledged', name) "
	"FROM pg_settings WHERE setting = 'off' "
	"AND name IN ('fsync', 'full_page_writes', 'synchronous_commit') "
	"UNION ALL SELECT format('role %s is a superuser or has BYPASSRLS: policies would not "
	"hold', "
	"rolname) FROM pg_roles JOIN mine ON rolname = name WHERE rolsuper OR rolbypassrls "
	"UNION ALL SELECT format('role %s must be NOINHERIT', rolname) "
	"FROM pg_roles WHERE rolname = session_user AND rolinherit "
	"UNION ALL SELECT format('role %s owns %s: policies would not hold', rolname, "
	"c.oid::regclass) "
	"FROM pg_class AS c JOIN pg_roles AS r ON r.oid = relowner JOIN mine ON rolname = name "
	"WHERE relkind IN ('r', 'p', 'v', 'm', 'f') "
	"UNION ALL SELECT format('there is no role %s', name) FROM mine "
	"WHERE name NOT IN (SELECT rolname FROM pg_roles) "
	"UNION ALL SELECT format('role %s may not take role %s', session_user, rolname) "
	"FROM pg_roles JOIN mine ON rolname = name "
	"WHERE NOT pg_has_role(session_user, rolname, 'MEMBER') "
	"LIMIT 1";

static const char check_level[] =
	"SELECT number, sha256 FROM public.schema_migration ORDER BY number";

static const char *role_list(const struct db_options *options, struct arena *arena)
{
	const char *list = "{";

	for (int role = 0; role < DB_ROLE_COUNT; role++) {
		if (options->roles & 1U << role)
			list = arena_printf(arena, "%s%s%s", list, list[1] ? "," : "",
				db_role_name((enum db_role)role));
	}
	return arena_printf(arena, "%s}", list);
}

static const char *server_complaint(
	struct db_connection *connection, const struct db_options *options, struct arena *arena)
{
	const char *const values[] = {role_list(options, arena)};
	PGresult *result = connection_query(connection, check_server, 1, values, CHECK_MS);
	const char *complaint = NULL;

	if (!result)
		complaint = "PostgreSQL did not answer within 2 s";
	else if (result_is_error(result))
		complaint = arena_strdup(arena, PQresultErrorMessage(result));
	else if (PQntuples(result))
		complaint = arena_strdup(arena, PQgetvalue(result, 0, 0));
	PQclear(result);
	return complaint;
}

static const char *level_complaint(struct db_connection *connection, struct arena *arena)
{
	PGresult *result = connection_query(connection, check_level, 0, NULL, CHECK_MS);
	const char *complaint;

	if (!result)
		return "PostgreSQL did not answer within 2 s";
	if (result_is_error(result))
		complaint = "the database was never migrated: run carectl migrate";
	else
		complaint = level_mismatch(result, arena);
	if (!complaint && PQntuples(result) < migration_level())
		complaint = arena_printf(arena,
			"the database is at migration %d, this program needs %d: run carectl "
			"migrate",
			PQntuples(result), migration_level());
	PQclear(result);
	return complaint;
}

static enum db_role first_role(const struct db_options *options)
{
	int role = 0;

	while (!(options->roles & 1U << role))
		role++;
	return (enum db_role)role;
}

struct db *db_open(
	const struct db_options *options, struct arena *arena, const char **ret_complaint)
{
	const char *complaint = NULL;
	struct db_connection *connection = connection_open(options, arena, &complaint);
	struct db *db;

	if (!options->roles || options->roles >= 1U << DB_ROLE_COUNT)
		abort();
	if (!connection) {
		*ret_complaint = complaint;
		return NULL;
	}
	complaint = server_complaint(connection, options, arena);
	if (!complaint)
		complaint = level_complaint(connection, arena);
	if (!complaint)
		connection_prepare(connection, options, arena, &complaint);
	if (complaint) {
		connection_close(connection);
		*ret_complaint = complaint;
		return NULL;
	}
	connection->role = first_role(options);
	db = pool_new(options);
	pool_add(db, connection);
	return db;
}

static bool ping(struct db *db)
{
	struct work work = {.arena = arena_new(), .db = db, .role = first_role(&db->options)};
	enum problem p;
	struct db_connection *connection = pool_take(&work, &p);
	PGresult *result = NULL;
	bool answered;

	if (connection) {
		result = connection_query(connection, "SELECT 1", 0, NULL, PING_MS);
		pool_give(db, connection);
	}
	answered = result && !result_is_error(result);
	PQclear(result);
	arena_free(work.arena);
	return answered;
}

static bool is_busy(struct db *db)
{
	bool busy;

	pthread_mutex_lock(&db->lock);
	busy = db->in_use >= db->options.connections_max;
	pthread_mutex_unlock(&db->lock);
	return busy;
}

void db_state(struct db *db, struct db_state *ret)
{
	bool busy = is_busy(db);
	bool answered = !busy && ping(db);

	pthread_mutex_lock(&db->lock);
	if (!busy)
		db->reachable = answered;
	*ret = (struct db_state){
		.reachable = db->reachable,
		.connections = db->connections,
		.in_use = db->in_use,
		.waiting = db->waiting,
	};
	pthread_mutex_unlock(&db->lock);
}
