/* One piece of work: an API request or a worker's job. It owns the memory, the database
 * transaction, who acts, and what went wrong. It belongs to one thread at a time. */
#ifndef CARE_DATA_WORK_H
#define CARE_DATA_WORK_H

#include <stddef.h>

#include "lib/core/arena.h"
#include "problem.gen.h"

/* The database role taken for each transaction; row-level security hangs on it. */
enum db_role {
	DB_PUBLIC,     /* app_public: visitors and holders of a link token */
	DB_CLIENT,     /* app_client */
	DB_STAFF,      /* app_staff */
	DB_ADMIN,      /* app_admin */
	DB_INTEGRATOR, /* app_integrator */
	DB_WORKER,     /* app_worker: jobs, provider webhooks, sign-in */
	DB_ROLE_COUNT,
};

enum work_mode {
	WORK_READ,  /* every query is its own read-only transaction: one round trip */
	WORK_WRITE, /* BEGIN before the first query, until work_commit */
};

/* One entry of problem+json's errors[]: where (RFC 6901 pointer or "query/limit") and why. */
struct complaint {
	const char *pointer;
	const char *message;
};

struct db;
struct db_connection;

struct work {
	struct arena *arena;
	struct db *db;
	enum db_role role;
	enum work_mode mode;
	const char *actor_id;   /* uuid of the user who acts, NULL for none: app.user_id */
	const char *link_id;    /* uuid a link token opens, NULL for none: app.link_id */
	const char *request_id; /* or the job's id: in logs and problems */

	struct db_connection *connection; /* data/db.c's; NULL outside a transaction */

	/* The latest problem, for the reply or the log. */
	const char *detail;
	struct complaint complaints[16];
	size_t complaint_count;
	long retry_after_s;
	const char *fault; /* what PostgreSQL or the pool said: for the log, never for callers */
};

/* Remembers a sentence for the problem's detail and returns p: `return fail(work, P_X, "…", …);` */
enum problem fail(struct work *work, enum problem p, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with the place at fault. Complaints past the 16th are dropped. */
enum problem fail_at(struct work *work, enum problem p, const char *pointer, const char *format,
	...) __attribute__((format(printf, 4, 5)));

/* Sets the mode; nothing is sent until the first query, so a request that asks nothing of the
 * database costs nothing. work_begin inside an open transaction is a bug and aborts. */
void work_begin(struct work *work, enum work_mode mode);

/* Ends the transaction and gives the connection back; the mode is WORK_READ again. Without a
 * connection it is P_OK. After a failed query it rolls back and is P_INTERNAL. A COMMIT whose
 * answer is lost is P_UNAVAILABLE: the caller cannot know, the idempotency key decides. */
enum problem work_commit(struct work *work);

/* Never fails: a connection that cannot roll back is closed. NULL-safe on connection. The mode is
 * WORK_READ again. */
void work_rollback(struct work *work);

#endif
