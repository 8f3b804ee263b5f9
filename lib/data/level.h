/* Is the database at the level of the migrations built in? Only lib/data includes this. */
#ifndef CARE_DATA_LEVEL_H
#define CARE_DATA_LEVEL_H

#include <libpq-fe.h>

#include "lib/core/arena.h"

/* applied: number and sha256 of schema_migration, in order. NULL when they are the first of those
 * built in; else a sentence. */
const char *level_mismatch(const PGresult *applied, struct arena *arena);

#endif
