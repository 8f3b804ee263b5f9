/* Opens the stores and checks that this program fits them. */
#include "worker/startup.h"

#include <string.h>
#include <unistd.h>

#include "lib/http/client.h"
#include "lib/security/digest.h"
#include "worker/kinds.h"
#include "worker/lease.h"
#include "worker/providers.h"
#include "worker/stats.h"

enum {
	STATEMENT_MS = 10000,
	OTHER_THREADS = 3, /* dispatcher, housekeeper, ops */
};

/* The same after a restart, so that the consumer group does not fill with the names of the dead. */
static const char *instance_name(struct worker *worker)
{
	char host[128] = "worker";

	gethostname(host, sizeof(host) - 1);
	return arena_printf(
		worker->arena, "%s-%s", host, strrchr(worker->config->worker_ops_listen, ':') + 1);
}

static bool open_stores(struct worker *worker, const char **ret_complaint)
{
	const struct config *config = worker->config;
	int connections = (int)config->worker_threads + OTHER_THREADS;
	const struct db_options options = {
		.url = config->database_url,
		.application_name = "care-worker",
		.connections_max = connections,
		.statement_timeout_ms = STATEMENT_MS,
		.roles = 1U << DB_WORKER,
	};

	worker->redis = redis_open(config->redis_url, connections);
	if (!worker->redis) {
		*ret_complaint = "CARE_REDIS_URL cannot be read";
		return false;
	}
	worker->db = db_open(&options, worker->arena, ret_complaint);
	return worker->db != NULL;
}

bool worker_open(struct worker *worker, const struct config *config, const char **ret_complaint)
{
	*worker = (struct worker){.arena = arena_new(), .config = config};
	bell_init(&worker->work);
	bell_init(&worker->stop);
	link_init(&worker->link);
	http_client_init();
	worker->instance = instance_name(worker);
	worker->stats = stats_new(worker->arena);
	worker->listener = db_listen(config->database_url, "care_job");
	atomic_store(&worker->dispatcher_seen_ms, clock_ms());
	key_derive(config->secret_key, "link_token", worker->keys.link);
	key_derive(config->secret_key, "booking_reference", worker->keys.reference);
	providers_choose(config, &worker->providers);
	slots_make(worker);
	if (!open_stores(worker, ret_complaint))
		return false;
	*ret_complaint = kinds_complaint(worker, worker->arena);
	return !*ret_complaint;
}

void worker_close(struct worker *worker)
{
	db_listener_close(worker->listener);
	db_close(worker->db);
	redis_close(worker->redis);
	slots_free(worker);
	http_client_done();
	link_done(&worker->link);
	bell_done(&worker->stop);
	bell_done(&worker->work);
	arena_free(worker->arena);
}
