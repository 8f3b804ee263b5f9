/* Health and metrics, for whoever runs us; served on the ops port only. */
#include "api.gen.h"
#include "api/server.h"
#include "lib/core/instant.h"
#include "lib/core/text.h"
#include "lib/data/db.h"
#include "lib/data/redis.h"

/* A request's service is the first member of its server. */
static struct server *server_of(const struct request *rq)
{
	return (struct server *)(uintptr_t)rq->service;
}

enum problem health_live(struct request *rq)
{
	return reply_json(rq, 200, "{\"status\":\"ok\",\"checks\":{}}");
}

/* Without Redis everything works but slower and without limits, so that is no reason to take us out
 * of service. */
enum problem health_ready(struct request *rq)
{
	const struct service *service = rq->service;
	bool redis = redis_is_reachable(service->redis);
	struct db_state database;

	if (atomic_load(&server_of(rq)->draining))
		return fail(&rq->work, P_UNAVAILABLE, "draining: this process is about to end");
	db_state(service->db, &database);
	if (!database.reachable)
		return fail(&rq->work, P_UNAVAILABLE, "the database cannot be reached");
	if (!zone_is_known("Africa/Lagos") ||
		!zone_is_known(service->config->organisation_time_zone))
		return fail(&rq->work, P_UNAVAILABLE, "the system has no time zone data");
	return reply_json(rq, 200,
		arena_printf(rq->work.arena,
			"{\"status\":\"%s\",\"checks\":{\"database\":\"ok\",\"migrations\":\"ok\","
			"\"redis\":\"%s\",\"time_zones\":\"ok\"}}",
			redis ? "ok" : "degraded", redis ? "ok" : "unreachable"));
}

static void print_gauge(struct text *text, const char *name, const char *help, long long value)
{
	text_addf(text, "# HELP %s %s\n# TYPE %s gauge\n%s %lld\n", name, help, name, name, value);
}

enum problem metrics(struct request *rq)
{
	struct server *server = server_of(rq);
	struct text *text = text_new(rq->work.arena);
	struct db_state database;

	db_state(rq->service->db, &database);
	metrics_print(server->metrics, text);
	print_gauge(text, "care_requests_in_flight", "Requests being answered now.",
		atomic_load(&server->in_flight) - 1);
	print_gauge(text, "care_database_reachable", "1 when the database answers.",
		database.reachable);
	print_gauge(text, "care_database_connections", "Open connections of the pool.",
		database.connections);
	print_gauge(text, "care_database_connections_in_use", "Connections lent to requests.",
		database.in_use);
	print_gauge(text, "care_database_waiting", "Requests waiting for a connection.",
		database.waiting);
	print_gauge(text, "care_draining", "1 after SIGTERM.", atomic_load(&server->draining));
	return reply_bytes(
		rq, "text/plain; version=0.0.4; charset=utf-8", text->data, text->length);
}
