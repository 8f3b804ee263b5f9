/* Replies that come late, in drops, or not at all.
 *
 * Ulfius hands its callback no connection, but libmicrohttpd hands one to the URI callback, which
 * runs just before. A connection that waits is suspended, so that no thread of the pool waits. */
#include "tests/sim/wire.h"

#include <string.h>
#include <sys/socket.h>
#include <ulfius.h>

#include "tests/sim/later.h"

static const char connection_key[] = "\x01"
				     "connection";

struct wait {
	struct arena *arena;
	struct MHD_Connection *connection;
	bool close;
};

struct drip {
	struct arena *arena;
	struct sim *sim;
	struct MHD_Connection *connection;
	const char *body;
	size_t length, bytes;
	long ms;
	bool waited;
};

void *wire_log_uri(void *nothing, const char *uri, struct MHD_Connection *connection)
{
	struct connection_info_struct *info = ulfius_uri_logger(nothing, uri);
	uintptr_t address = (uintptr_t)connection;

	if (info)
		u_map_put_binary(info->request->map_cookie, connection_key, (char *)&address, 0,
			sizeof(address));
	return info;
}

static struct MHD_Connection *connection_of(const struct call *call)
{
	const char *bytes = u_map_get(call->request->map_cookie, connection_key);
	uintptr_t address = 0;

	if (bytes)
		memcpy(&address, bytes, sizeof(address));
	return (struct MHD_Connection *)address;
}

/* The peer sees the end of the stream, or with reset an RST: connecting a socket to nowhere
 * resets it. libmicrohttpd then fails to write and gives the connection up. */
static void close_socket(struct MHD_Connection *connection, bool reset)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct sockaddr nowhere = {.sa_family = AF_UNSPEC};

	if (!info)
		return;
	if (!reset || connect(info->connect_fd, &nowhere, sizeof(nowhere)))
		shutdown(info->connect_fd, SHUT_RDWR);
}

static void end_wait(struct sim *sim, void *argument)
{
	struct wait *wait = argument;

	(void)sim;
	if (wait->close)
		close_socket(wait->connection, false);
	MHD_resume_connection(wait->connection);
	arena_free(wait->arena);
}

static void suspend(struct sim *sim, struct MHD_Connection *connection, long ms, bool close)
{
	struct arena *arena = arena_new();
	struct wait *wait = arena_alloc(arena, sizeof(*wait));

	*wait = (struct wait){.arena = arena, .connection = connection, .close = close};
	MHD_suspend_connection(connection);
	later_wire(sim, ms, end_wait, wait);
}

static ssize_t drip_next(void *argument, uint64_t offset, char *out, size_t max)
{
	struct drip *drip = argument;
	size_t count = drip->length - (size_t)offset;

	if (offset && !drip->waited) {
		drip->waited = true;
		suspend(drip->sim, drip->connection, drip->ms, false);
		return 0;
	}
	drip->waited = false;
	if (count > drip->bytes)
		count = drip->bytes;
	if (count > max)
		count = max;
	memcpy(out, drip->body + offset, count);
	return (ssize_t)count;
}

static void drip_end(void *argument)
{
	arena_free(((struct drip *)argument)->arena);
}

static void start_drip(struct call *call, struct _u_response *response, const struct fault *fault)
{
	struct arena *arena = arena_new();
	struct drip *drip = arena_alloc(arena, sizeof(*drip));

	*drip = (struct drip){.arena = arena,
		.sim = call->sim,
		.connection = connection_of(call),
		.body = arena_strndup(arena, call->reply.body, call->reply.length),
		.length = call->reply.length,
		.bytes = (size_t)fault->bytes,
		.ms = fault->ms ? fault->ms : 50};
	ulfius_set_stream_response(response, (unsigned)call->reply.status, drip_next, drip_end,
		drip->length, 1024, drip);
}

void wire_apply(struct call *call, struct _u_response *response, const struct fault *fault)
{
	struct MHD_Connection *connection = connection_of(call);
	bool close = fault->action == FAULT_TIMEOUT_BEFORE || fault->action == FAULT_TIMEOUT_AFTER;

	if (!connection)
		return;
	if (fault->action == FAULT_SLOW_DRIP)
		start_drip(call, response, fault);
	else if (fault->action == FAULT_DROP)
		close_socket(connection, true);
	else if (fault->ms && (close || fault->action == FAULT_DELAY))
		suspend(call->sim, connection, fault->ms, close);
	else if (close)
		close_socket(connection, false);
}
