/* carectl: the operator's tool. One file per verb. */
#include <stdio.h>
#include <string.h>

#include "ctl/verb.h"

static const struct verb verbs[] = {
	{"clock", "clock show | clock advance DURATION | clock reset",
		"business time of a test installation (90s, 15m, 2h, 1d)", clock_run},
	{"config", "config", "every setting as a Markdown table", config_run},
	{"doctor", "doctor [--worker]",
		"checks settings, stores, time zones and keys; one line each", doctor_run},
	{"job", "job list [--state STATE] [--limit N] | job show ID | job retry ID",
		"work that waits, runs or has failed", job_run},
	{"key", "key generate --out FILE", "makes an RSA key for access tokens", key_run},
	{"migrate", "migrate", "brings the database to this program's level", migrate_verb_run},
	{"seed", "seed --demo", "puts the demo's services and people into the database", seed_run},
	{"user",
		"user add --email E --role admin|staff|client --name N [--time-zone Z] "
		"--password-stdin",
		"adds someone who can sign in", user_run},
	{NULL, NULL, NULL, NULL},
};

static void print_help(FILE *out)
{
	fprintf(out, "Usage: carectl VERB …\n\n");
	for (const struct verb *verb = verbs; verb->name; verb++)
		fprintf(out, "  %s\n      %s\n", verb->usage, verb->summary);
	fprintf(out,
		"\nThe database is reached as its owner: --url URL, CARE_DATABASE_OWNER_URL or "
		"CARE_DATABASE_URL.\nExit status: 0 done, 1 failed, 2 misused.\n");
}

static const struct verb *find(const char *name)
{
	for (const struct verb *verb = verbs; verb->name; verb++) {
		if (strcmp(verb->name, name) == 0)
			return verb;
	}
	return NULL;
}

static bool wants_help(int count, char **words)
{
	for (int i = 0; i < count; i++) {
		if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0)
			return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	const struct verb *verb;
	struct call call;
	int status;

	if (argc < 2) {
		print_help(stderr);
		return STATUS_USAGE;
	}
	if (wants_help(argc - 1, argv + 1) || strcmp(argv[1], "help") == 0) {
		print_help(stdout);
		return STATUS_OK;
	}
	verb = find(argv[1]);
	if (!verb)
		return call_misused("carectl has no verb %s; see carectl --help", argv[1]);
	call = (struct call){.arena = arena_new(), .count = argc - 2, .words = argv + 2};
	status = verb->run(&call);
	if (status == STATUS_USAGE)
		fprintf(stderr, "Usage: carectl %s\n", verb->usage);
	arena_free(call.arena);
	return status;
}
