/* The HTTP server: Ulfius on two ports in front of dispatch(). */
#ifndef CARE_API_SERVER_H
#define CARE_API_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/http/metrics.h"
#include "lib/http/request.h"

enum { IN_FLIGHT_MAX = 256, HEADER_BYTES_MAX = 16384, DRAIN_MS = 25000 };

/* All that a running care-api is. service comes first: handlers see only that. */
struct server {
	struct service service;
	struct arena *arena; /* lives as long as the process */
	struct metrics *metrics;
	unsigned char limit_key[32]; /* addresses are counted under a MAC, not as they are */
	atomic_bool draining;
	atomic_int in_flight;
	atomic_llong limit_logged_at_s; /* when Redis was last said to be away */

	/* Whether a client has paid for routes with x-gate: paid. NULL: nobody has. */
	enum problem (*entitled)(struct request *rq);
};

struct listener;

/* Starts answering on "host:port". ops chooses the routes. NULL with a sentence in *ret_complaint.
 */
struct listener *listener_start(
	struct server *server, const char *listen, bool ops, const char **ret_complaint);

/* Stops accepting; what was begun goes on. */
void listener_quiesce(struct listener *listener);

/* Requests that have begun and are not wholly answered. */
int listener_open_requests(struct listener *listener);

/* Closes every connection. NULL is allowed. */
void listener_stop(struct listener *listener);

#endif
