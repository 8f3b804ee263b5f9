/* Ulfius on an epoll thread pool, and one function between it and dispatch(). */
#include "api/server.h"

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "api/dispatch.h"
#include "api/finish.h"
#include "lib/core/log.h"
#include "lib/core/text.h"
#include "lib/http/wire.h"
#include "lib/security/digest.h"

enum { BACKLOG = 1024, SILENCE_S = 15, CONNECTION_MEMORY = 32768, OPS_THREADS = 1 };

struct listener {
	struct server *server;
	struct _u_instance ulfius;
	struct wires *wires;
	int socket;
	bool ops, quiesced;
};

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static bool is_request_id(const char *text)
{
	size_t length = text ? strlen(text) : 0;

	return length >= 8 && length <= 64 &&
		strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
		length;
}

static const char *make_request_id(struct arena *arena)
{
	unsigned char bytes[16];

	random_fill(bytes, sizeof(bytes));
	return hex_encode(arena, bytes, sizeof(bytes));
}

/* W3C Trace Context: version, 32 hex of trace id (not all zero), 16 of parent, flags. */
static const char *trace_id(const struct request *rq)
{
	const char *parent = request_header(rq, "traceparent");
	static const char shape[] = "xx-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx";

	if (!parent || strlen(parent) != strlen(shape) || strncmp(parent, "ff", 2) == 0 ||
		strspn(parent + 3, "0") == 32)
		return NULL;
	for (size_t i = 0; shape[i]; i++)
		if (shape[i] == '-' ? parent[i] != '-' : !strchr("0123456789abcdef", parent[i]))
			return NULL;
	return arena_strndup(rq->work.arena, parent + 3, 32);
}

static bool is_listed(const char *list, const char *address, size_t length)
{
	while (*list) {
		size_t item = strcspn(list, ", ");

		if (item == length && strncmp(list, address, length) == 0)
			return true;
		list += item + strspn(list + item, ", ");
	}
	return false;
}

/* X-Forwarded-For is read from its end: each proxy of ours appends who called it, and the first who
 * is none of ours is the client. What stands before that anybody may have written. */
static const char *client_address(
	const struct server *server, struct wire *wire, struct arena *arena)
{
	const char *trusted = server->service.config->trusted_proxies;
	const char *address = wire_address(wire, arena);
	const char *list;
	size_t end;

	if (!is_listed(trusted, address, strlen(address)))
		return address;
	list = wire_header_all(wire, arena, "X-Forwarded-For");
	end = list ? strlen(list) : 0;
	while (end) {
		size_t start = end;

		while (start && list[start - 1] != ',' && list[start - 1] != ' ')
			start--;
		if (end > start) {
			address = arena_strndup(arena, list + start, end - start);
			if (!is_listed(trusted, address, strlen(address)))
				return address;
		}
		end = start ? start - 1 : 0;
	}
	return address;
}

static const char *role_name(enum role_bit role)
{
	switch (role) {
	case ROLE_LINK:
		return "link";
	case ROLE_CLIENT:
		return "client";
	case ROLE_STAFF:
		return "staff";
	case ROLE_ADMIN:
		return "admin";
	case ROLE_INTEGRATOR:
		return "integrator";
	default:
		return "public";
	}
}

/* One line a request: no query, no address, nothing of the body. */
static void log_request(
	const struct listener *listener, const struct request *rq, enum problem p, int64_t us)
{
	struct arena *arena = rq->work.arena;
	enum log_level level = p == P_INTERNAL ? LOG_LEVEL_ERROR
		: listener->ops                ? LOG_LEVEL_DEBUG
					       : LOG_LEVEL_INFO;

	log_event(level, "request", "request_id", rq->work.request_id, "trace_id", trace_id(rq),
		"operation", rq->route ? rq->route->operation : NULL, "method",
		rq->route ? rq->method : NULL, "status",
		arena_printf(arena, "%d", rq->reply.status), "ms",
		arena_printf(arena, "%.1f", (double)us / 1000), "bytes",
		arena_printf(arena, "%zu", rq->reply.length), "role", role_name(rq->caller.role),
		"problem", p ? problem_info(p)->code : NULL, "fault",
		p == P_INTERNAL || problem_info(p)->status == 503 ? rq->work.fault : NULL, NULL);
}

static void send_reply(const struct request *rq, struct _u_response *response)
{
	for (size_t i = 0; i < rq->reply.header_count; i++)
		u_map_put(response->map_header, rq->reply.headers[i].name,
			rq->reply.headers[i].value);
	if (rq->reply.content_type)
		u_map_put(response->map_header, "Content-Type", rq->reply.content_type);
	response->status = rq->reply.status;
	if (rq->reply.length)
		ulfius_set_binary_body_response(
			response, (unsigned)rq->reply.status, rq->reply.body, rq->reply.length);
}

/* Before anything is believed: framing that two programs could read in two ways ends the
 * connection. */
static enum problem check_wire(struct request *rq, struct wire *wire)
{
	const char *complaint = NULL;

	switch (wire_check(wire, HEADER_BYTES_MAX, &complaint)) {
	case WIRE_TOO_LARGE:
		reply_header(rq, "Connection", "close");
		return fail(&rq->work, P_HEADERS_TOO_LARGE, "at most %d bytes are taken",
			HEADER_BYTES_MAX);
	case WIRE_BROKEN:
		reply_header(rq, "Connection", "close");
		return fail(&rq->work, P_BAD_REQUEST, "%s", complaint);
	default:
		return P_OK;
	}
}

static enum problem serve(
	struct listener *listener, struct request *rq, struct wire *wire, const char *url)
{
	size_t length = strcspn(url, "?");
	const struct target target = {arena_strndup(rq->work.arena, url, length),
		url[length] ? url + length + 1 : NULL, listener->ops};
	struct server *server = listener->server;
	enum problem p = check_wire(rq, wire);

	if (!p && !listener->ops && atomic_load(&server->in_flight) > IN_FLIGHT_MAX)
		p = fail(&rq->work, P_OVERLOADED, "too many requests are being answered");
	if (p)
		dispatch_problem(rq, p);
	else
		p = dispatch(server, rq, &target);
	if (p == P_BODY_TOO_LARGE)
		reply_header(rq, "Connection", "close");
	finish(server, rq);
	return p;
}

static void open_request(struct listener *listener, const struct _u_request *request,
	struct wire *wire, struct request *rq)
{
	struct server *server = listener->server;
	const char *id;

	rq->work.arena = arena_new();
	rq->work.db = server->service.db;
	rq->service = &server->service;
	rq->headers = request->map_header;
	rq->method = request->http_verb;
	rq->path = request->url_path;
	rq->raw_length = request->binary_body_length;
	rq->raw_body = arena_strndup(rq->work.arena, request->binary_body, rq->raw_length);
	id = request_header(rq, "X-Request-Id");
	rq->work.request_id = is_request_id(id) ? arena_strdup(rq->work.arena, id)
						: make_request_id(rq->work.arena);
	rq->caller.role = ROLE_PUBLIC;
	rq->caller.address = client_address(server, wire, rq->work.arena);
}

static int answer(const struct _u_request *request, struct _u_response *response, void *cls)
{
	struct listener *listener = cls;
	struct server *server = listener->server;
	struct wire *wire = wire_of(request);
	struct request rq = {0};
	int64_t began = now_us(), us;
	enum problem p;

	atomic_fetch_add(&server->in_flight, 1);
	open_request(listener, request, wire, &rq);
	p = serve(listener, &rq, wire, request->http_url);
	send_reply(&rq, response);
	us = now_us() - began;
	if (!listener->ops)
		metrics_count(server->metrics, rq.route, rq.reply.status, us);
	log_request(listener, &rq, p, us);
	arena_free(rq.work.arena);
	atomic_fetch_sub(&server->in_flight, 1);
	wire_handled(wire);
	return U_CALLBACK_CONTINUE;
}

static size_t largest_body(void)
{
	size_t largest = 0;

	for (int i = 0; i < route_count; i++)
		if (routes[i].body_max > largest)
			largest = routes[i].body_max;
	return largest;
}

static int bind_one(const struct addrinfo *address)
{
	int yes = 1, no = 0;
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (address->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
	if (bind(fd, address->ai_addr, address->ai_addrlen) || listen(fd, BACKLOG)) {
		int why = errno;

		close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

/* "host:port"; an IPv6 host stands in brackets. */
static int open_socket(const char *listen, struct arena *arena, const char **ret_complaint)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	const char *colon = strrchr(listen, ':');
	size_t length = (size_t)(colon - listen);
	bool bracketed = listen[0] == '[';
	struct addrinfo *addresses;
	int fd = -1, error;

	error = getaddrinfo(arena_strndup(arena, listen + bracketed, length - (bracketed ? 2 : 0)),
		colon + 1, &hints, &addresses);
	if (error) {
		*ret_complaint =
			arena_printf(arena, "cannot listen on %s: %s", listen, gai_strerror(error));
		return -1;
	}
	for (const struct addrinfo *a = addresses; a && fd < 0; a = a->ai_next)
		fd = bind_one(a);
	if (fd < 0)
		*ret_complaint =
			arena_printf(arena, "cannot listen on %s: %s", listen, strerror(errno));
	freeaddrinfo(addresses);
	return fd;
}

/* Everything stands in the array, because Ulfius' other ways to start take a thread a connection.
 */
static bool start_daemon(struct listener *listener)
{
	const struct config *config = listener->server->service.config;
	struct MHD_OptionItem options[] = {
		{MHD_OPTION_LISTEN_SOCKET, listener->socket, NULL},
		{MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)wire_connection, listener->wires},
		{MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)wire_request_line, listener->wires},
		{MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)wire_completed, listener->wires},
		{MHD_OPTION_CONNECTION_TIMEOUT, SILENCE_S, NULL},
		{MHD_OPTION_CONNECTION_LIMIT, (intptr_t)config->connections_max, NULL},
		{MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL},
		{MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
		{listener->ops || config->threads < 2 ? MHD_OPTION_END
						      : MHD_OPTION_THREAD_POOL_SIZE,
			(intptr_t)config->threads, NULL},
		{MHD_OPTION_END, 0, NULL},
	};

	ulfius_set_default_endpoint(&listener->ulfius, answer, listener);
	listener->ulfius.check_utf8 = 0;
	listener->ulfius.allowed_post_processor = U_POST_PROCESS_NONE;
	listener->ulfius.max_post_body_size = largest_body() + 1;
	return ulfius_start_framework_with_mhd_options(&listener->ulfius,
		       MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, options) == U_OK;
}

struct listener *listener_start(
	struct server *server, const char *listen, bool ops, const char **ret_complaint)
{
	struct arena *arena = server->arena;
	struct listener *listener = arena_alloc(arena, sizeof(*listener));

	listener->server = server;
	listener->ops = ops;
	listener->socket = open_socket(listen, arena, ret_complaint);
	if (listener->socket < 0)
		return NULL;
	/* The port is for Ulfius' own checks: the socket is open already. */
	if (ulfius_init_instance(&listener->ulfius, 1, NULL, NULL) != U_OK)
		abort();
	listener->wires = wires_start();
	if (start_daemon(listener))
		return listener;
	*ret_complaint = arena_printf(arena, "cannot serve on %s", listen);
	listener_stop(listener);
	return NULL;
}

void listener_quiesce(struct listener *listener)
{
	MHD_quiesce_daemon(listener->ulfius.mhd_daemon);
	listener->quiesced = true;
}

int listener_open_requests(struct listener *listener)
{
	return wires_open_requests(listener->wires);
}

/* MHD closes the socket it listens on, but not one it has given back in quiesce. */
void listener_stop(struct listener *listener)
{
	bool close_here;

	if (!listener)
		return;
	close_here = listener->quiesced || !listener->ulfius.mhd_daemon;
	ulfius_stop_framework(&listener->ulfius);
	if (close_here)
		close(listener->socket);
	ulfius_clean_instance(&listener->ulfius);
	wires_stop(listener->wires);
}
