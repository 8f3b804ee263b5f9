/* Health and metrics over libmicrohttpd. */
#include "worker/ops.h"

#include <netdb.h>
#include <string.h>

#include <microhttpd.h>

#include "lib/core/text.h"
#include "queries.gen.h"
#include "worker/stats.h"

enum {
	TIMEOUT_S = 10,
	CONNECTIONS_MAX = 64,
	DISPATCHER_MS_MAX = 30000, /* a turn of the dispatcher waits for PostgreSQL at most 20 s */
};

struct ops {
	struct worker *worker;
	struct MHD_Daemon *daemon;
};

struct answer {
	unsigned status;
	const char *type;
	struct text *body;
};

static void live(struct worker *worker, struct answer *answer)
{
	(void)worker;
	text_add(answer->body, "{\"status\":\"live\"}\n");
}

static void ready(struct worker *worker, struct answer *answer)
{
	long long age_ms = clock_ms() - atomic_load(&worker->dispatcher_seen_ms);
	bool redis = !link_is_away(&worker->link), stopping = atomic_load(&worker->stopping);
	struct db_state state;
	bool good;

	db_state(worker->db, &state);
	good = state.reachable && age_ms <= DISPATCHER_MS_MAX && !stopping;
	answer->status = good ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
	text_addf(answer->body,
		"{\"status\":\"%s\",\"database\":\"%s\",\"redis\":\"%s\",\"dispatcher_age_ms\":%"
		"lld}"
		"\n",
		stopping       ? "stopping"
			: good ? "ready"
			       : "unready",
		state.reachable ? "ok" : "away", redis ? "ok" : "degraded", age_ms);
}

static void gauge(struct text *out, const char *name, const char *help, long long value)
{
	text_addf(out, "# HELP %s %s.\n# TYPE %s gauge\n%s %lld\n", name, help, name, name, value);
}

/* What only the table knows. */
static void write_jobs(struct worker *worker, struct text *out)
{
	static const char *const states[] = {"queued", "planned", "running", "dead"};
	struct work work = {.arena = out->arena, .db = worker->db, .role = DB_WORKER};
	json_t *object;
	const char *json;

	if (q_job_metrics(&work, &json))
		return;
	object = json_loads(json, 0, NULL);
	text_add(out,
		"# HELP care_jobs Rows by state; queued are due, planned are not yet.\n"
		"# TYPE care_jobs gauge\n");
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		text_addf(out, "care_jobs{state=\"%s\"} %lld\n", states[i],
			(long long)json_integer_value(json_object_get(object, states[i])));
	gauge(out, "care_job_oldest_due_seconds", "How long the oldest due row waits",
		json_integer_value(json_object_get(object, "oldest_due_s")));
	json_decref(object);
}

static void metrics(struct worker *worker, struct answer *answer)
{
	struct text *out = answer->body;
	struct db_state state;

	answer->type = "text/plain; version=0.0.4";
	db_state(worker->db, &state);
	gauge(out, "care_database_up", "PostgreSQL answers", state.reachable);
	gauge(out, "care_database_connections", "Open connections", state.connections);
	gauge(out, "care_database_connections_in_use", "Connections in use", state.in_use);
	gauge(out, "care_database_waiting", "Threads that wait for a connection", state.waiting);
	gauge(out, "care_redis_up", "Redis answers", !link_is_away(&worker->link));
	text_addf(out,
		"# HELP care_redis_losses_total Redis went away or forgot its streams.\n"
		"# TYPE care_redis_losses_total counter\ncare_redis_losses_total %llu\n",
		(unsigned long long)link_losses(&worker->link));
	gauge(out, "care_dispatcher_age_ms", "Since the dispatcher was seen last",
		clock_ms() - atomic_load(&worker->dispatcher_seen_ms));
	write_jobs(worker, out);
	stats_write(worker->stats, out);
}

static const struct page {
	const char *path;
	void (*write)(struct worker *worker, struct answer *answer);
} pages[] = {
	{"/health/live", live},
	{"/health/ready", ready},
	{"/metrics", metrics},
};

static void write_page(struct worker *worker, const char *path, struct answer *answer)
{
	for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
		if (strcmp(pages[i].path, path) == 0) {
			pages[i].write(worker, answer);
			return;
		}
	}
	answer->status = MHD_HTTP_NOT_FOUND;
	text_add(answer->body, "{\"status\":\"not found\"}\n");
}

static enum MHD_Result reply(struct MHD_Connection *connection, const struct answer *answer)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		answer->body->length, answer->body->data, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, "Content-Type", answer->type);
	MHD_add_response_header(response, "Cache-Control", "no-store");
	result = MHD_queue_response(connection, answer->status, response);
	MHD_destroy_response(response);
	return result;
}

/* libmicrohttpd's callback, in its own words; a body is not read. */
static enum MHD_Result on_request(void *closure, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_size,
	void **memory)
{
	const struct ops *ops = closure;
	struct arena *arena = arena_new();
	struct answer answer = {MHD_HTTP_OK, "application/json", text_new(arena)};
	enum MHD_Result result;

	(void)version;
	(void)upload;
	(void)upload_size;
	(void)memory;
	if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
		write_page(ops->worker, url, &answer);
	else
		answer.status = MHD_HTTP_METHOD_NOT_ALLOWED;
	result = reply(connection, &answer);
	arena_free(arena);
	return result;
}

static void free_addresses(void *addresses)
{
	freeaddrinfo(addresses);
}

/* host:port or [host]:port, as the configuration has checked. */
static const struct addrinfo *resolve(
	struct arena *arena, const char *listen, const char **ret_complaint)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	const char *colon = strrchr(listen, ':');
	bool bracketed = *listen == '[' && colon[-1] == ']';
	const char *host = listen + bracketed;
	struct addrinfo *addresses = NULL;
	int error = getaddrinfo(arena_strndup(arena, host, (size_t)(colon - host) - bracketed),
		colon + 1, &hints, &addresses);

	if (error) {
		*ret_complaint = arena_printf(
			arena, "CARE_WORKER_OPS_LISTEN %s: %s", listen, gai_strerror(error));
		return NULL;
	}
	arena_defer(arena, free_addresses, addresses);
	return addresses;
}

struct ops *ops_start(struct worker *worker, const char **ret_complaint)
{
	const char *listen = worker->config->worker_ops_listen;
	const struct addrinfo *address = resolve(worker->arena, listen, ret_complaint);
	struct ops *ops = arena_alloc(worker->arena, sizeof(*ops));
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;

	if (!address)
		return NULL;
	ops->worker = worker;
	if (address->ai_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	ops->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, ops, MHD_OPTION_SOCK_ADDR,
		address->ai_addr, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_END);
	if (!ops->daemon) {
		*ret_complaint = arena_printf(
			worker->arena, "CARE_WORKER_OPS_LISTEN %s: cannot listen there", listen);
		return NULL;
	}
	return ops;
}

void ops_stop(struct ops *ops)
{
	if (ops)
		MHD_stop_daemon(ops->daemon);
}
