/* One API request, from the wire to the reply. Handlers see this and q_… functions, nothing else.
 */
#ifndef CARE_HTTP_REQUEST_H
#define CARE_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/core/config.h"
#include "lib/data/work.h"

/* Bits of a route's role mask: who may call it. Generated routes use these. */
enum role_bit {
	ROLE_PUBLIC = 1, /* security: [] or an {} entry */
	ROLE_LINK = 2,   /* linkToken */
	ROLE_CLIENT = 4,
	ROLE_STAFF = 8,
	ROLE_ADMIN = 16,
	ROLE_INTEGRATOR = 32,
};

struct route;
struct redis;

/* What the whole process shares; handlers reach it as rq->service. */
struct service {
	const struct config *config;
	struct db *db;
	struct redis *redis;
	struct access_token_keys *token_keys;
	struct access_token_cache *token_cache; /* access_token_forget(…) after a revocation */
	struct password_gate *passwords;
	unsigned char link_key[32];      /* key_derive of "link_token", "booking_reference", */
	unsigned char reference_key[32]; /* "refresh_token" */
	unsigned char refresh_key[32];
};

struct caller {
	enum role_bit role;  /* exactly one bit */
	const char *user_id; /* NULL for public and link callers */
	const char *session_id;
	const char *address; /* the client's address, behind trusted proxies only by their word */
};

struct reply {
	int status;
	const char *content_type;
	const char *body;
	size_t length;
	struct {
		const char *name, *value;
	} headers[24];
	size_t header_count;
};

struct request {
	struct work work; /* first: a request is a piece of work */
	const struct service *service;
	const struct route *route;
	const char *method;
	const char *path;
	struct caller caller;
	const char *raw_body; /* the bytes as they came; NUL behind them */
	size_t raw_length;
	json_t *json;     /* the checked JSON body, NULL when the operation has none */
	const char *body; /* the same, re-serialised compactly: pass it as :body::json */
	const struct _u_map *headers;
	struct reply reply;
};

/* A request header, case-insensitive; NULL when absent. */
const char *request_header(const struct request *rq, const char *name);

/* The caller's address as text, for limits and records. */
const char *request_address(const struct request *rq);

/* Each sets the reply and returns P_OK, so that a handler ends with `return reply_json(…);`. */
enum problem reply_json(struct request *rq, int status, const char *json);
enum problem reply_empty(struct request *rq, int status);
enum problem reply_bytes(
	struct request *rq, const char *content_type, const char *bytes, size_t length);
enum problem reply_redirect(struct request *rq, const char *url); /* 303 */

/* Adds a header to the reply; values with control characters abort (they are our own). */
void reply_header(struct request *rq, const char *name, const char *value);

/* For PUT and PATCH: compares If-Match with the ETag that current (the JSON of a GET) would have.
 * P_OK when it matches or is absent, P_PRECONDITION_FAILED when not. */
enum problem request_if_match(struct request *rq, const char *current_json);

#endif
