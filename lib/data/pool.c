/* The pool: idle connections per role, a limit, and a short wait instead of a queue without end. */
#include "lib/data/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* After a failed connect the others fail at once for this long instead of waiting in turn. */
enum { WAIT_MS = 500, AWAY_MS = 500 };

static char *copy(const char *string)
{
	char *twin = strdup(string);

	if (!twin)
		abort();
	return twin;
}

struct db *pool_new(const struct db_options *options)
{
	pthread_condattr_t attributes;
	struct db *db = calloc(1, sizeof(*db));

	if (!db)
		abort();
	db->options = *options;
	db->options.url = copy(options->url);
	db->options.application_name = copy(options->application_name);
	pthread_mutex_init(&db->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&db->freed, &attributes);
	pthread_condattr_destroy(&attributes);
	return db;
}

void pool_add(struct db *db, struct db_connection *connection)
{
	pthread_mutex_lock(&db->lock);
	connection->next = db->idle[connection->role];
	db->idle[connection->role] = connection;
	db->connections++;
	db->reachable = true;
	pthread_mutex_unlock(&db->lock);
}

void db_close(struct db *db)
{
	if (!db)
		return;
	for (int role = 0; role < DB_ROLE_COUNT; role++) {
		while (db->idle[role]) {
			struct db_connection *connection = db->idle[role];

			db->idle[role] = connection->next;
			connection_close(connection);
		}
	}
	pthread_cond_destroy(&db->freed);
	pthread_mutex_destroy(&db->lock);
	free((void *)db->options.url);
	free((void *)db->options.application_name);
	free(db);
}

/* An idle connection of a role that still lives; closes the dead it meets. Under lock. */
static struct db_connection *pop_idle(struct db *db, enum db_role role)
{
	while (db->idle[role]) {
		struct db_connection *connection = db->idle[role];

		db->idle[role] = connection->next;
		connection->next = NULL;
		if (connection_is_alive(connection)) {
			db->in_use++;
			return connection;
		}
		connection_close(connection);
		db->connections--;
	}
	return NULL;
}

/* Any role's: PostgreSQL replans what it runs next, which is cheaper than waiting. Under lock. */
static struct db_connection *pop_other(struct db *db)
{
	struct db_connection *connection = NULL;

	for (int role = 0; role < DB_ROLE_COUNT && !connection; role++)
		connection = pop_idle(db, (enum db_role)role);
	return connection;
}

static struct db_connection *open_prepared(struct db *db, struct work *work)
{
	struct db_connection *connection = connection_open(&db->options, work->arena, &work->fault);

	if (connection &&
		!connection_prepare(connection, &db->options, work->arena, &work->fault)) {
		connection_close(connection);
		return NULL;
	}
	return connection;
}

/* Opens a connection in the place the caller has counted. Called and returns under lock. */
static struct db_connection *open_counted(struct db *db, struct work *work)
{
	struct db_connection *connection;

	db->connections++;
	db->in_use++;
	pthread_mutex_unlock(&db->lock);
	connection = open_prepared(db, work);
	pthread_mutex_lock(&db->lock);
	db->reachable = connection != NULL;
	if (!connection) {
		db->connections--;
		db->in_use--;
		db->away_until_ms = monotonic_ms() + AWAY_MS;
		pthread_cond_signal(&db->freed);
	}
	return connection;
}

/* False at the deadline. Under lock. */
static bool wait_freed(struct db *db, int64_t deadline_ms)
{
	struct timespec until = {
		.tv_sec = (time_t)(deadline_ms / 1000),
		.tv_nsec = (long)(deadline_ms % 1000) * 1000000,
	};
	int result;

	db->waiting++;
	result = pthread_cond_timedwait(&db->freed, &db->lock, &until);
	db->waiting--;
	return result != ETIMEDOUT;
}

static struct db_connection *give_up(
	struct work *work, enum problem p, const char *fault, enum problem *ret_problem)
{
	if (fault)
		work->fault = fault;
	work->retry_after_s = 1;
	*ret_problem = p;
	return NULL;
}

/* Under lock. */
static struct db_connection *take(struct db *db, struct work *work, enum problem *ret_problem)
{
	int64_t deadline_ms = monotonic_ms() + WAIT_MS;
	struct db_connection *connection;

	for (;;) {
		bool room = db->connections < db->options.connections_max;
		bool away = monotonic_ms() < db->away_until_ms;

		connection = pop_idle(db, work->role);
		if (!connection && (!room || away))
			connection = pop_other(db);
		if (connection)
			return connection;
		if (room && away)
			return give_up(work, P_UNAVAILABLE,
				"PostgreSQL could not be reached a moment ago", ret_problem);
		if (db->connections < db->options.connections_max) {
			connection = open_counted(db, work);
			return connection ? connection
					  : give_up(work, P_UNAVAILABLE, NULL, ret_problem);
		}
		if (!wait_freed(db, deadline_ms))
			return give_up(work, P_OVERLOADED, "no free connection within 500 ms",
				ret_problem);
	}
}

struct db_connection *pool_take(struct work *work, enum problem *ret_problem)
{
	struct db *db = work->db;
	struct db_connection *connection;

	if (!(db->options.roles & 1U << work->role))
		abort(); /* a program that asks for a role it never said it needs */
	pthread_mutex_lock(&db->lock);
	connection = take(db, work, ret_problem);
	pthread_mutex_unlock(&db->lock);
	if (connection)
		connection->role = work->role;
	return connection;
}

void pool_give(struct db *db, struct db_connection *connection)
{
	bool keep = connection->loss == LOSS_NONE &&
		PQtransactionStatus(connection->pg) == PQTRANS_IDLE;

	if (!keep)
		connection_close(connection);
	pthread_mutex_lock(&db->lock);
	db->in_use--;
	if (keep) {
		connection->next = db->idle[connection->role];
		db->idle[connection->role] = connection;
	} else {
		db->connections--;
	}
	pthread_cond_signal(&db->freed);
	pthread_mutex_unlock(&db->lock);
}
