/* What the database tests share: where the server is, a piece of work, a way in as the owner. */
#ifndef CARE_TESTS_DATA_PROBE_H
#define CARE_TESTS_DATA_PROBE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* Before cmocka.h, whose macro fail() would swallow our function; (fail)(…) calls ours. */
#include "lib/data/db.h"
#include "probe.gen.h"

#include <cmocka.h>
#include <jansson.h>

enum { TIMEOUT_MS = 1000 };

/* A setting of the environment that the pytest around us makes. */
const char *probe_setting(const char *name);

/* A pool as care-api has it; fails the test when it does not open. */
struct db *probe_open(int connections_max);

/* A piece of work in the role; free with probe_done. */
struct work probe_work(struct db *db, enum db_role role, const char *actor_id);
void probe_done(struct work *work);

/* Runs one statement as the owner. */
void probe_owner(const char *sql);

/* A member of a JSON object's text, as text. */
const char *probe_member(struct work *work, const char *json, const char *member);

#endif
