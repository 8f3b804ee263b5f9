/* Compares the migrations a database has with those built in. */
#include "lib/data/level.h"

#include <stdlib.h>
#include <string.h>

#include "lib/data/migrate.h"

int migration_level(void)
{
	int level = 0;

	while (migrations[level].number)
		level++;
	return level;
}

const char *level_mismatch(const PGresult *applied, struct arena *arena)
{
	const int rows = PQntuples(applied), level = migration_level();

	if (rows > level)
		return arena_printf(arena,
			"the database is at migration %d, newer than this program (%d)", rows,
			level);
	for (int i = 0; i < rows; i++) {
		const struct migration *built = &migrations[i];

		if (strtol(PQgetvalue(applied, i, 0), NULL, 10) != built->number)
			return arena_printf(arena, "migration %04d_%s was left out", built->number,
				built->name);
		if (strcmp(PQgetvalue(applied, i, 1), built->sha256) != 0)
			return arena_printf(arena,
				"migration %04d_%s was changed after it was applied", built->number,
				built->name);
	}
	return NULL;
}
