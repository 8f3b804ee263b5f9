/* carectl seed: the demo's services and people. Running it again changes nothing. */
#include "ctl/seed.h"

#include <stdio.h>

#include "ctl/verb.h"

static int run_seeds(struct call *call, PGconn *pg)
{
	if (!owner_query(call, pg, "BEGIN", 0, NULL))
		return STATUS_FAILED;
	for (const struct seed *seed = seeds; seed->name; seed++) {
		if (!owner_query(call, pg, seed->sql, 0, NULL))
			return call_failed("seed %s failed; nothing was changed", seed->name);
	}
	if (!owner_query(call, pg, "COMMIT", 0, NULL))
		return STATUS_FAILED;
	for (const struct seed *seed = seeds; seed->name; seed++)
		printf("seed: %s\n", seed->name);
	return STATUS_OK;
}

int seed_run(struct call *call)
{
	const char *url = NULL;
	bool demo = false;
	const struct choice choices[] = {
		{"--url", &url, NULL}, {"--demo", NULL, &demo}, {NULL, NULL, NULL}};
	PGconn *pg;

	if (!call_options(call, choices))
		return STATUS_USAGE;
	if (!demo || call->count)
		return call_misused("seed wants --demo and nothing else");
	pg = owner_connect(call, url);
	return pg ? run_seeds(call, pg) : STATUS_FAILED;
}
