/* The only user of libcurl: pooled handles, deadlines, bounded replies, no redirects, no proxy
 * environment, nothing secret in errors. Safe in threads after http_client_init. */
#ifndef CARE_HTTP_CLIENT_H
#define CARE_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/core/arena.h"

enum http_failure {
	HTTP_ANSWERED,  /* there is a status */
	HTTP_NOT_SENT,  /* could not connect or resolve: nothing left this machine */
	HTTP_LOST,      /* the request may have been carried out: timeout, reset, cut reply */
	HTTP_TOO_LARGE, /* the reply passed the limit; the request may have been carried out */
};

struct http_call {
	const char *method; /* GET, POST, PUT, PATCH, DELETE */
	const char *url;
	const char *const *headers;      /* "Name: value", NULL-terminated; NULL allowed */
	const char *username, *password; /* Basic; NULL for none */
	const char *body;                /* NULL for none */
	size_t body_length;
	long timeout_ms;  /* the whole call; 0 = 10,000 */
	size_t reply_max; /* bytes; 0 = 1 MiB */
};

struct http_answer {
	enum http_failure failure;
	int status;
	const char *body; /* NUL-terminated, in the arena */
	size_t body_length;
	const char *content_type; /* "" when absent */
	long retry_after_s;       /* Retry-After or x-ratelimit-reset, 0 when absent, capped 3600 */
	const char *error;        /* curl's own words, without URL or body */
};

void http_client_init(void);
void http_client_done(void);
void http_client_call(struct arena *arena, const struct http_call *call, struct http_answer *ret);

#endif
