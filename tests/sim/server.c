/* The one port: takes a request from Ulfius, finds who speaks there, applies faults, answers. */
#include "tests/sim/server.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <ulfius.h>
#include <unistd.h>

#include "tests/sim/call.h"
#include "tests/sim/clock.h"
#include "tests/sim/fault.h"
#include "tests/sim/vendors.h"
#include "tests/sim/wire.h"

enum { THREADS = 4, CONNECTIONS_MAX = 4096, BODY_MAX = 64 * 1024 * 1024 };

struct server {
	struct arena *arena;
	struct _u_instance instance;
	int listener;
	int port;
};

static const struct vendor *const vendors[] = {&vendor_paystack, &vendor_checkout, &vendor_calcom,
	&vendor_twilio, &vendor_mandrill, &vendor_control, NULL};

static struct call *new_call(struct sim *sim, const struct _u_request *request)
{
	struct arena *arena = arena_new();
	struct call *call = arena_alloc(arena, sizeof(*call));
	const char *query = strchr(request->http_url, '?');

	call->arena = arena;
	call->sim = sim;
	call->request = request;
	call->method = request->http_verb;
	call->path = request->url_path;
	call->query_text = query ? query + 1 : "";
	return call;
}

/* With the lock held: the whole of the work. */
static void answer(struct call *call, struct fault *ret_fault)
{
	if (!call->route) {
		call->vendor->unknown(call);
		return;
	}
	*ret_fault = fault_take(call);
	if (ret_fault->action == FAULT_NONE || ret_fault->effect) {
		if (call->vendor->admit(call))
			call->route->run(call);
	}
	fault_spoil(call, ret_fault);
}

static void log_request(struct call *call, const struct fault *fault)
{
	struct sim *sim = call->sim;
	json_t *line;

	if (call->vendor == &vendor_control)
		return;
	line = json_pack("{s:I,s:s,s:s?,s:s,s:s,s:s,s:i,s:s?,s:I,s:s}", "index",
		(json_int_t)sim->requests.count, "vendor", call->vendor->name, "operation",
		call->route ? call->route->operation : NULL, "method", call->method, "path",
		call->path, "query", call->query_text, "status", call->reply.status, "fault",
		fault->name, "at", (json_int_t)clock_real_ms(), "sim_at",
		clock_iso(call->arena, clock_now(sim)));
	list_add(&sim->requests, json_text(sim->arena, line, 0)->data);
	json_decref(line);
}

/* A call that a fault cut off has no status; libmicrohttpd must get one all the same. */
static void write_reply(const struct call *call, struct _u_response *response)
{
	const struct reply *reply = &call->reply;
	unsigned status = reply->status ? (unsigned)reply->status : 200;

	if (reply->length)
		ulfius_set_binary_body_response(response, status, reply->body, reply->length);
	else
		ulfius_set_empty_body_response(response, status);
	if (reply->type && reply->length)
		u_map_put(response->map_header, "Content-Type", reply->type);
	for (size_t i = 0; i < reply->header_count; i++)
		u_map_put(response->map_header, reply->headers[i].name, reply->headers[i].value);
}

static int serve(const struct _u_request *request, struct _u_response *response, void *user_data)
{
	struct sim *sim = user_data;
	struct call *call = new_call(sim, request);
	struct fault fault = {0};

	if (call_find(call, vendors)) {
		call_read(call, request->binary_body, request->binary_body_length);
		pthread_mutex_lock(&sim->lock);
		answer(call, &fault);
		log_request(call, &fault);
		pthread_mutex_unlock(&sim->lock);
	} else {
		reply_json(call, 404, json_pack("{s:s}", "error", "nobody speaks here"));
	}
	write_reply(call, response);
	wire_apply(call, response, &fault);
	arena_free(call->arena);
	return U_CALLBACK_COMPLETE;
}

static int listen_on(const char *address, int port, int *ret_port)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	socklen_t size = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

	if (fd < 0 || inet_pton(AF_INET, address, &name.sin_addr) != 1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&name, sizeof(name)) || listen(fd, 1024) ||
		getsockname(fd, (struct sockaddr *)&name, &size)) {
		close(fd);
		return -1;
	}
	*ret_port = ntohs(name.sin_port);
	return fd;
}

static int start_ulfius(struct server *server)
{
	struct MHD_OptionItem options[] = {
		{MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)mhd_request_completed, NULL},
		{MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)wire_log_uri, NULL},
		{MHD_OPTION_LISTEN_SOCKET, server->listener, NULL},
		{MHD_OPTION_THREAD_POOL_SIZE, THREADS, NULL},
		{MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, NULL},
		{MHD_OPTION_CONNECTION_TIMEOUT, 120, NULL},
		{MHD_OPTION_END, 0, NULL},
	};
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;

	return ulfius_start_framework_with_mhd_options(&server->instance, flags, options);
}

struct server *server_start(struct sim *sim, const char *address, int port)
{
	struct arena *arena = arena_new();
	struct server *server = arena_alloc(arena, sizeof(*server));

	server->arena = arena;
	server->listener = listen_on(address, port, &server->port);
	if (server->listener < 0) {
		perror("care-sim: cannot listen");
		arena_free(arena);
		return NULL;
	}
	sim->own_base = arena_printf(sim->own_arena, "http://%s:%d", address, server->port);
	ulfius_init_instance(&server->instance, (unsigned)server->port, NULL, NULL);
	server->instance.max_post_body_size = BODY_MAX;
	server->instance.check_utf8 = 0;
	ulfius_add_endpoint_by_val(&server->instance, "*", NULL, "*", 0, serve, sim);
	if (start_ulfius(server) != U_OK) {
		fputs("care-sim: Ulfius does not start\n", stderr);
		ulfius_clean_instance(&server->instance);
		arena_free(arena);
		return NULL;
	}
	return server;
}

int server_port(const struct server *server)
{
	return server->port;
}

void server_stop(struct server *server)
{
	ulfius_stop_framework(&server->instance);
	ulfius_clean_instance(&server->instance);
	arena_free(server->arena);
}
