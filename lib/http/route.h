/* The contract's tables, as gen_api.py makes them from openapi.yaml (api.gen.c). */
#ifndef CARE_HTTP_ROUTE_H
#define CARE_HTTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/http/request.h"
#include "lib/http/schema.h"

enum parameter_in { IN_PATH, IN_QUERY, IN_HEADER };

struct parameter {
	const char *name;
	enum parameter_in in;
	bool required;
	const char *fallback; /* the schema's default, as text; NULL for none */
	const struct schema *schema;
};

enum body_kind {
	BODY_NONE, /* a body is refused */
	BODY_JSON,
	BODY_RAW,  /* webhooks: any type the contract lists, bytes passed through */
	BODY_FORM, /* application/x-www-form-urlencoded, passed raw */
};

struct route {
	const char *operation; /* operationId */
	const char *method;
	const char *path;                   /* "/v1/bookings/{booking_id}" */
	unsigned roles;                     /* enum role_bit */
	const struct parameter *parameters; /* name NULL ends */
	int parameter_count;
	enum body_kind body_kind;
	bool body_required;
	const struct schema *body;
	size_t body_max;               /* bytes; x-body-max, default 65,536 */
	const char *const *body_types; /* accepted content types, NULL-terminated */
	bool idempotent;               /* has the Idempotency-Key parameter */
	bool paid;                     /* x-gate: paid */
	bool ops;                      /* x-port: ops */
	bool etag;                     /* the 200 reply declares an ETag header */
	bool no_transaction;           /* x-transaction: none (the handler begins its own work) */
	enum db_role db_role; /* x-db-role when it is not the caller's; else DB_ROLE_COUNT */
	long limit;           /* x-limit: 20/minute */
	long limit_window_s;
	/* Calls the handler with its argument struct filled from values (in parameters' order). */
	enum problem (*call)(struct request *rq, const char *const *values);
};

extern const struct route routes[];
extern const int route_count;

struct route_match {
	const struct route *route; /* NULL: see allow */
	const char *values[8];     /* path parameters in path order, decoded, in the arena */
	const char *allow;         /* NULL: no such path (404); else the 405's Allow value */
};

/* HEAD finds the GET route. Path segments are percent-decoded once; an encoded slash or NUL does
 * not match anything. */
void route_find(struct arena *arena, const char *method, const char *path, bool ops,
	struct route_match *ret);

#endif
