/* Answers questions about instants: "at seconds zone" with the civil time and the written forms,
 * "civil Y M D h m s zone" with seconds, "parse text" with seconds; "refused" where there is none.
 * The parts of an answer are separated by tabs. */
#include <inttypes.h>
#include <stdio.h>

#include "lib/core/instant.h"
#include "tests/property/fields.h"

static void answer_at(int64_t at_s, const char *zone)
{
	struct civil civil;
	struct arena *arena;

	if (!instant_to_civil(at_s, zone, &civil)) {
		puts("refused");
		return;
	}
	arena = arena_new();
	printf("%d %d %d %d %d %d\t%s\t%s\t%s\n", civil.year, civil.month, civil.day, civil.hour,
		civil.minute, civil.second, instant_format_utc(arena, at_s),
		instant_format_zone(arena, at_s, zone), instant_format_person(arena, at_s, zone));
	arena_free(arena);
}

static void answer_instant(bool is_known, int64_t at_s)
{
	if (is_known)
		printf("%" PRId64 "\n", at_s);
	else
		puts("refused");
}

static bool answer(char *line)
{
	int64_t numbers[6], at_s = 0;
	const char *rest;
	bool is_known;

	if (fields_read(line, "at", numbers, 1, &rest)) {
		answer_at(numbers[0], rest);
		return true;
	}
	if (fields_read(line, "civil", numbers, 6, &rest)) {
		struct civil civil = {(int)numbers[0], (int)numbers[1], (int)numbers[2],
			(int)numbers[3], (int)numbers[4], (int)numbers[5]};

		is_known = instant_from_civil(&civil, rest, &at_s);
	} else if (fields_read(line, "parse", numbers, 0, &rest)) {
		is_known = instant_parse(rest, &at_s);
	} else {
		return false;
	}
	answer_instant(is_known, at_s);
	return true;
}

int main(void)
{
	char line[1024];

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin))
		if (!answer(line))
			return 1;
	return 0;
}
