/* PostgreSQL: a pool of connections with every statement prepared, one round trip a read.
 *
 * gen_sql.py turns sql/queries/ *.sql into the table db_statements and one q_… function each. A
 * connection prepares them all when it opens (pipelined), so a query that does not fit the schema
 * stops the program from starting. Connections are kept per role, because PostgreSQL replans
 * statements under policies when a connection's role changes.
 *
 * A read is one implicit, pipelined transaction: set_config(transaction_read_only, role,
 * app.user_id, app.link_id, app.request_id), the query, Sync. A write sends BEGIN and the settings
 * with its first query.
 *
 * Deadlines: connect 2 s, statement 2 s (worker: 10 s), lock 1 s, idle in transaction 5 s, TCP user
 * timeout 5 s, waiting for a free connection 500 ms. */
#ifndef CARE_DATA_DB_H
#define CARE_DATA_DB_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/data/work.h"

struct db_statement {
	const char *name; /* booking_create */
	const char *sql;  /* with $1 … $n */
	int parameters;
};

/* Generated; ends with a NULL name. */
extern const struct db_statement db_statements[];

struct db_options {
	const char *url;
	const char *application_name;
	int connections_max;
	long statement_timeout_ms;
	unsigned roles; /* bits 1 << enum db_role this program may take */
};

/* Opens one connection and checks what must hold: fsync,
 * full_page_writes and synchronous_commit on; the login role is no superuser, has no BYPASSRLS,
 * owns no table; the migration level is the one built in. NULL with a sentence in *ret_complaint.
 */
struct db *db_open(
	const struct db_options *options, struct arena *arena, const char **ret_complaint);
void db_close(struct db *db);

/* For /health/ready and /metrics. Asks the server, unless every connection is busy: then reachable
 * is what was seen last. */
struct db_state {
	bool reachable;
	int connections, in_use, waiting;
};
void db_state(struct db *db, struct db_state *ret);

/* The result of a :rows query. Values are text; NULL for SQL NULL and for unknown columns (a bug:
 * aborts). Lives as long as the work's arena. */
struct rows {
	int count;
	void *result;
};
const char *rows_text(const struct rows *rows, int row, const char *column);
long long rows_integer(const struct rows *rows, int row, const char *column);
bool rows_bool(const struct rows *rows, int row, const char *column);

/* What the generated q_… functions call. values are text, NULL for SQL NULL. db_one is P_NOT_FOUND
 * when there is no row, or when its value is NULL.
 *
 * Errors: a violated constraint or a RAISE named like a problem is that problem (DETAIL of the
 * RAISE becomes work->detail); no_data_found (SELECT INTO STRICT) is P_NOT_FOUND; values PostgreSQL
 * cannot read and unnamed CHECK, NOT NULL and foreign keys are P_BAD_REQUEST; 40001 and 40P01 are
 * P_SERIALIZATION_FAILURE, to be tried again once from work_begin; whatever passes by itself is
 * P_UNAVAILABLE or P_OVERLOADED with retry_after_s; the rest is P_INTERNAL. work->fault says more.
 */
enum problem db_one(
	struct work *work, int statement, const char *const *values, const char **ret_json);
enum problem db_exec(struct work *work, int statement, const char *const *values);
enum problem db_rows(struct work *work, int statement, const char *const *values, struct rows *ret);

/* LISTEN for the worker's dispatcher: a connection of its own, opened by the first wait. wait
 * returns true when notified or woken, false at the deadline or on a lost connection (which the
 * next wait reopens; what was notified meanwhile is lost, so look after false too). */
struct db_listener;
struct db_listener *db_listen(const char *url, const char *channel);
bool db_listener_wait(struct db_listener *listener, int timeout_ms);
void db_listener_wake(struct db_listener *listener); /* from a signal handler or another thread */
void db_listener_close(struct db_listener *listener);

#endif
