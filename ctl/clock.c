/* carectl clock: moves care_now(), so that a test need not wait a day for a reminder. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/verb.h"

static const char show_sql[] =
	"SELECT rfc3339(care_now()), offset_s, rfc3339(now()) FROM test_clock";

static bool is_movable(void)
{
	const char *movable = getenv("CARE_CLOCK_MOVABLE");

	return movable && strcmp(movable, "true") == 0;
}

static bool unit_seconds(const char *unit, long *ret_s)
{
	static const struct {
		const char *name;
		long seconds;
	} units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(units[i].name, unit) == 0) {
			*ret_s = units[i].seconds;
			return true;
		}
	}
	return false;
}

/* "90", "90s", "15m", "2h", "1d", up to ten years; backwards with a minus is for PostgreSQL and its
 * stored instants to survive, so it is not offered. */
static bool parse_duration(const char *text, long *ret_s)
{
	const long most_s = 10L * 366 * 86400;
	char *unit;
	long number = strtol(text, &unit, 10), seconds;

	if (unit == text || number < 0 || number > most_s || !unit_seconds(unit, &seconds) ||
		number > most_s / seconds)
		return false;
	*ret_s = number * seconds;
	return true;
}

static int print(struct call *call, PGconn *pg)
{
	PGresult *result = owner_query(call, pg, show_sql, 0, NULL);

	if (!result)
		return STATUS_FAILED;
	if (PQntuples(result) != 1)
		return call_failed("test_clock has no row: run carectl migrate");
	printf("%s (%s s ahead of %s)\n", PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 1),
		PQgetvalue(result, 0, 2));
	return STATUS_OK;
}

static int move(struct call *call, const char *url, const char *sql, const char *value)
{
	PGconn *pg;

	if (!is_movable())
		return call_failed("the clock stands firm unless CARE_CLOCK_MOVABLE=true, which is "
				   "for test installations only");
	pg = owner_connect(call, url);
	if (!pg || !owner_query(call, pg, sql, value ? 1 : 0, &value))
		return STATUS_FAILED;
	return print(call, pg);
}

static int advance(struct call *call, const char *url)
{
	const char *duration = call_word(call);
	long seconds;

	if (!duration || call->count || !parse_duration(duration, &seconds))
		return call_misused("clock advance wants one duration such as 90s, 15m, 2h or 1d");
	return move(call, url, "UPDATE test_clock SET offset_s = offset_s + $1::bigint",
		arena_printf(call->arena, "%ld", seconds));
}

static int show(struct call *call, const char *url)
{
	PGconn *pg = owner_connect(call, url);

	return pg ? print(call, pg) : STATUS_FAILED;
}

int clock_run(struct call *call)
{
	const char *url = NULL, *word;
	const struct choice choices[] = {{"--url", &url, NULL}, {NULL, NULL, NULL}};

	if (!call_options(call, choices))
		return STATUS_USAGE;
	word = call_word(call);
	if (!word)
		return call_misused("clock wants show, advance or reset");
	if (strcmp(word, "advance") == 0)
		return advance(call, url);
	if (call->count)
		return call_misused("clock %s takes no word %s", word, call->words[0]);
	if (strcmp(word, "show") == 0)
		return show(call, url);
	if (strcmp(word, "reset") == 0)
		return move(call, url, "UPDATE test_clock SET offset_s = 0", NULL);
	return call_misused("clock wants show, advance or reset, not %s", word);
}
