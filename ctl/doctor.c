/* carectl doctor: would care-api or care-worker start here? One line per check. */
#include <stdio.h>
#include <stdlib.h>

#include "ctl/verb.h"
#include "lib/core/config.h"
#include "lib/core/instant.h"
#include "lib/data/db.h"
#include "lib/data/redis.h"
#include "lib/security/access_keys.h"

enum { STATEMENT_MS = 2000 };

struct checkup {
	struct call *call;
	struct config config;
	bool worker;
};

/* NULL when all is well; else what is wrong. */
struct check {
	const char *name;
	const char *(*run)(struct checkup *checkup);
	bool needs_settings;
};

static const char *check_settings(struct checkup *checkup)
{
	enum config_user user = checkup->worker ? CONFIG_WORKER : CONFIG_API;
	char *complaints = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&complaints, &length);
	const char *wrong = NULL;
	bool good;

	if (!out)
		return "no memory";
	good = config_load(user, out, &checkup->config);
	fclose(out);
	arena_defer(checkup->call->arena, free, complaints);
	if (!good)
		wrong = arena_strndup(checkup->call->arena, complaints, length ? length - 1 : 0);
	return wrong;
}

static const char *check_database(struct checkup *checkup)
{
	const unsigned every = (1U << DB_ROLE_COUNT) - 1;
	const struct db_options options = {
		.url = checkup->config.database_url,
		.application_name = "carectl doctor",
		.connections_max = 1,
		.statement_timeout_ms = STATEMENT_MS,
		.roles = checkup->worker ? 1U << DB_WORKER : every,
	};
	const char *complaint = NULL;
	struct db *db = db_open(&options, checkup->call->arena, &complaint);

	db_close(db);
	return db ? NULL : complaint;
}

static const char *check_redis(struct checkup *checkup)
{
	struct redis *redis = redis_open(checkup->config.redis_url, 1);
	const char *wrong = NULL;

	if (!redis)
		return "CARE_REDIS_URL cannot be read";
	if (!redis_is_reachable(redis))
		wrong = "Redis does not answer";
	redis_close(redis);
	return wrong;
}

static const char *check_zones(struct checkup *checkup)
{
	static const char *const zones[] = {
		"Africa/Lagos", "America/New_York", "Asia/Dubai", "Europe/London", "UTC"};

	for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
		if (!zone_is_known(zones[i]))
			return arena_printf(checkup->call->arena,
				"the system does not know %s: install tzdata", zones[i]);
	}
	return NULL;
}

static const char *check_keys(struct checkup *checkup)
{
	char *complaint = arena_alloc(checkup->call->arena, 512);
	struct access_token_keys *keys;

	if (checkup->worker)
		return NULL; /* it signs nothing */
	keys = access_token_keys_load(checkup->config.jwt_key_file, checkup->config.jwt_issuer,
		checkup->config.public_url, complaint, 512);
	access_token_keys_free(keys);
	return keys ? NULL : complaint;
}

static const struct check checks[] = {
	{"time zones", check_zones, false},
	{"settings", check_settings, false},
	{"database", check_database, true},
	{"redis", check_redis, true},
	{"keys", check_keys, true},
};

static int examine(struct checkup *checkup)
{
	bool settings_good = true, good = true;

	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		const char *wrong = "not looked at before the settings are right";

		if (!checks[i].needs_settings || settings_good)
			wrong = checks[i].run(checkup);
		if (checks[i].run == check_settings)
			settings_good = !wrong;
		printf("%-10s  %s\n", checks[i].name, wrong ? wrong : "ok");
		good = good && !wrong;
	}
	return good ? STATUS_OK : STATUS_FAILED;
}

int doctor_run(struct call *call)
{
	struct checkup checkup = {.call = call};
	const struct choice choices[] = {{"--worker", NULL, &checkup.worker}, {NULL, NULL, NULL}};

	if (!call_options(call, choices))
		return STATUS_USAGE;
	if (call->count)
		return call_misused("doctor takes no word %s", call->words[0]);
	return examine(&checkup);
}
