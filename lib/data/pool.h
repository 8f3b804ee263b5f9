/* The connections of one process. Only lib/data includes this. */
#ifndef CARE_DATA_POOL_H
#define CARE_DATA_POOL_H

#include <pthread.h>

#include "lib/data/connection.h"

struct db {
	struct db_options options; /* its strings are ours */
	pthread_mutex_t lock;
	pthread_cond_t freed;
	/* All below under lock. */
	struct db_connection *idle[DB_ROLE_COUNT];
	int connections; /* open or being opened */
	int in_use;
	int waiting;
	bool reachable;
	int64_t away_until_ms; /* until then nobody tries to connect again */
};

/* A connection for work->role; NULL with the problem in *ret_problem and work->fault. */
struct db_connection *pool_take(struct work *work, enum problem *ret_problem);

/* Takes a connection back; one that is lost or inside a transaction is closed. */
void pool_give(struct db *db, struct db_connection *connection);

/* An empty pool, for db_open. */
struct db *pool_new(const struct db_options *options);

/* Adds an idle connection that was opened elsewhere. */
void pool_add(struct db *db, struct db_connection *connection);

#endif
