/* From a request to its reply, without a socket. */
#ifndef CARE_API_DISPATCH_H
#define CARE_API_DISPATCH_H

#include "api/server.h"
#include "lib/http/route.h"

/* What the request line says. */
struct target {
	const char *path;  /* raw */
	const char *query; /* raw, without the ?; NULL for none */
	bool ops;          /* came in on the ops port */
};

/* Answers: finds the route, limits, authenticates, authorises, reads, runs the handler in its
 * transaction. rq has arena, service, method, headers, body and address; its reply is always set.
 * The problem is returned for the log. */
enum problem dispatch(struct server *server, struct request *rq, const struct target *target);

/* Makes a problem the reply. */
void dispatch_problem(struct request *rq, enum problem p);

/* Sets rq->caller and the work's identity from Authorization or X-Link-Token: P_OK, also for
 * nobody; P_UNAUTHORIZED or P_BAD_REQUEST for credentials that cannot be believed. */
enum problem authenticate(struct request *rq);

/* Counts the request against its route's limit; P_TOO_MANY_REQUESTS when it is spent. */
enum problem limit_take(struct server *server, struct request *rq);

/* Idempotency-Key, inside the handler's transaction. Without a key begin is P_OK and save does
 * nothing. *ret_replayed: the reply has been set from the one that was saved. */
enum problem idempotency_begin(struct request *rq, const struct target *target, bool *ret_replayed);
enum problem idempotency_save(struct request *rq, const struct target *target);

/* Whether an answer decided by the business is kept: success and refusals, but nothing that another
 * try might answer differently by itself. */
bool idempotency_keeps(int status);

#endif
