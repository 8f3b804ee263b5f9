/* care-api: reads its settings, opens what it stands on, serves until SIGTERM, drains, ends. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/server.h"
#include "lib/core/log.h"
#include "lib/data/db.h"
#include "lib/data/redis.h"
#include "lib/security/access_token.h"
#include "lib/security/digest.h"
#include "lib/security/password.h"

enum {
	STATEMENT_MS = 2000,
	SPARE_CONNECTIONS = 2, /* for webhooks and readiness beside busy request threads */
	TOKENS_CACHED = 4096,
	TOKEN_TRUST_S = 30,
	HASHES_WAITING = 16,
	HASH_WAIT_MS = 2000,
	DRAIN_STEP_MS = 20,
};

static const char audience[] = "care-api";

static bool complain(const char *complaint)
{
	fprintf(stderr, "care-api: %s\n", complaint);
	return false;
}

static bool open_database(struct server *server)
{
	const struct config *config = server->service.config;
	const struct db_options options = {
		.url = config->database_url,
		.application_name = "care-api",
		.connections_max = (int)config->threads + SPARE_CONNECTIONS,
		.statement_timeout_ms = STATEMENT_MS,
		.roles = (1U << DB_ROLE_COUNT) - 1,
	};
	const char *complaint = NULL;

	server->service.db = db_open(&options, server->arena, &complaint);
	return server->service.db || complain(complaint);
}

static bool open_keys(struct server *server)
{
	const struct config *config = server->service.config;
	const struct password_limits limits = {0, HASHES_WAITING, HASH_WAIT_MS};
	struct service *service = &server->service;
	char complaint[256];

	key_derive(config->secret_key, "link_token", service->link_key);
	key_derive(config->secret_key, "booking_reference", service->reference_key);
	key_derive(config->secret_key, "refresh_token", service->refresh_key);
	key_derive(config->secret_key, "rate_limit", server->limit_key);
	service->token_keys = access_token_keys_load(
		config->jwt_key_file, config->jwt_issuer, audience, complaint, sizeof(complaint));
	if (!service->token_keys)
		return complain(complaint);
	service->token_cache = access_token_cache_new(TOKENS_CACHED, TOKEN_TRUST_S);
	service->passwords = password_gate_new(&limits);
	return service->passwords || complain("the first password hash failed (no memory?)");
}

static bool open_all(struct server *server)
{
	server->metrics = metrics_new();
	if (!open_keys(server) || !open_database(server))
		return false;
	server->service.redis =
		redis_open(server->service.config->redis_url, (int)server->service.config->threads);
	return server->service.redis || complain("CARE_REDIS_URL cannot be read");
}

static void close_all(struct server *server)
{
	db_close(server->service.db);
	redis_close(server->service.redis);
	password_gate_free(server->service.passwords);
	access_token_cache_free(server->service.token_cache);
	access_token_keys_free(server->service.token_keys);
	metrics_free(server->metrics);
	arena_free(server->arena);
}

/* Readiness fails at once, new connections find nobody, what was begun is finished. */
static void drain(struct server *server, struct listener *api)
{
	const struct timespec step = {0, DRAIN_STEP_MS * 1000000L};
	char left[16];

	atomic_store(&server->draining, true);
	listener_quiesce(api);
	for (int ms = 0; listener_open_requests(api) && ms < DRAIN_MS; ms += DRAIN_STEP_MS)
		nanosleep(&step, NULL);
	snprintf(left, sizeof(left), "%d", listener_open_requests(api));
	log_event(LOG_LEVEL_INFO, "drained", "requests_left", left, NULL);
}

static void block_signals(sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGTERM);
	sigaddset(ret, SIGINT);
	pthread_sigmask(SIG_BLOCK, ret, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static bool serve(struct server *server, const sigset_t *signals)
{
	const struct config *config = server->service.config;
	const char *complaint = NULL;
	struct listener *api = listener_start(server, config->listen, false, &complaint);
	struct listener *ops =
		api ? listener_start(server, config->ops_listen, true, &complaint) : NULL;
	int signal_number;

	if (ops) {
		log_event(LOG_LEVEL_INFO, "listening", "api", config->listen, "ops",
			config->ops_listen, NULL);
		sigwait(signals, &signal_number);
		drain(server, api);
	}
	listener_stop(api);
	listener_stop(ops);
	return ops || complain(complaint);
}

int main(void)
{
	static struct config config;
	static struct server server;
	sigset_t signals;
	bool fine;

	if (!config_load(CONFIG_API, stderr, &config))
		return EXIT_FAILURE;
	block_signals(&signals);
	log_open("care-api", config.log_level);
	server.arena = arena_new();
	server.service.config = &config;
	fine = open_all(&server) && serve(&server, &signals);
	close_all(&server);
	log_close();
	return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
