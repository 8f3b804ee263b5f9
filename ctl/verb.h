/* What carectl's verbs share: their words, their options, the owner's connection. */
#ifndef CARE_CTL_VERB_H
#define CARE_CTL_VERB_H

#include <stdbool.h>

#include <libpq-fe.h>

#include "lib/core/arena.h"

/* Exit statuses. */
enum { STATUS_OK, STATUS_FAILED, STATUS_USAGE };

/* One run of carectl. words are what stands behind the verb; verbs may take them off the front. */
struct call {
	struct arena *arena;
	int count;
	char **words;
};

struct verb {
	const char *name;
	const char *usage; /* one line per form, behind "carectl " */
	const char *summary;
	int (*run)(struct call *call);
};

/* An option: --name VALUE when value is set, --name alone when flag is. A NULL name ends a list. */
struct choice {
	const char *name;
	const char **value;
	bool *flag;
};

/* Takes the options out of the words, wherever they stand. False with a line on stderr for a word
 * that begins with - and is not in the list, or lacks its value. */
bool call_options(struct call *call, const struct choice *choices);

/* The next word, or NULL. */
const char *call_word(struct call *call);

/* Prints a line on stderr and returns STATUS_USAGE. */
int call_misused(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints a line on stderr and returns STATUS_FAILED. */
int call_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The owner's URL: url itself, CARE_DATABASE_OWNER_URL or CARE_DATABASE_URL; NULL with a line on
 * stderr when there is none. */
const char *owner_url(const char *url);

/* Connects as the owner; closed with the arena. NULL with a line on stderr. */
PGconn *owner_connect(struct call *call, const char *url);

/* Runs one statement; the result lives as long as the arena. NULL with a line on stderr. */
PGresult *owner_query(
	struct call *call, PGconn *pg, const char *sql, int count, const char *const *values);

int clock_run(struct call *call);
int config_run(struct call *call);
int doctor_run(struct call *call);
int job_run(struct call *call);
int key_run(struct call *call);
int migrate_verb_run(struct call *call);
int seed_run(struct call *call);
int user_run(struct call *call);

#endif
