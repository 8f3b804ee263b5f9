/* One connection to PostgreSQL, in pipeline mode, with deadlines. Only lib/data includes this. */
#ifndef CARE_DATA_CONNECTION_H
#define CARE_DATA_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "lib/data/db.h"

/* Names of the statements that every connection prepares besides the generated ones. */
#define STATEMENT_SETTINGS "care_settings"
#define STATEMENT_BEGIN "care_begin"
#define STATEMENT_COMMIT "care_commit"
#define STATEMENT_ROLLBACK "care_rollback"

enum { CONNECT_MS = 2000, PREPARE_MS = 5000, LOCK_MS = 1000, IDLE_IN_TRANSACTION_MS = 5000 };

enum connection_loss { LOSS_NONE, LOSS_CLOSED, LOSS_DEADLINE };

struct db_connection {
	PGconn *pg;
	enum db_role role;          /* the role it was last used for */
	enum connection_loss loss;  /* not LOSS_NONE: good for nothing but closing */
	struct db_connection *next; /* in the pool's idle list */
};

/* One prepared statement to run. */
struct command {
	const char *name;
	int count;
	const char *const *values;
};

int64_t monotonic_ms(void);

/* "app_client" */
const char *db_role_name(enum db_role role);

/* Connects within CONNECT_MS. NULL with a sentence in *ret_complaint. */
struct db_connection *connection_open(
	const struct db_options *options, struct arena *arena, const char **ret_complaint);

/* Sets the session's timeouts and prepares every statement; false with a sentence. */
bool connection_prepare(struct db_connection *connection, const struct db_options *options,
	struct arena *arena, const char **ret_complaint);

/* NULL is allowed. */
void connection_close(struct db_connection *connection);

/* False when the server has hung up on an idle connection. */
bool connection_is_alive(const struct db_connection *connection);

/* Runs the commands in one round trip: the last one's result, or the first one's that failed. NULL
 * when the connection was lost, see loss. The caller clears the result. */
PGresult *connection_exchange(struct db_connection *connection, const struct command *commands,
	int count, long timeout_ms);

/* The same for one statement that is not prepared. */
PGresult *connection_query(struct db_connection *connection, const char *sql, int count,
	const char *const *values, long timeout_ms);

bool result_is_error(const PGresult *result);

#endif
