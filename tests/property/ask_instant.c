/* Answers questions about instants: "at seconds zone" with the civil time and the written forms,
 * "civil Y M D h m s zone" with seconds, "parse text" with seconds; "refused" where there is none.
 * The parts of an answer are separated by tabs. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/instant.h"

static bool answer_at(const char *question)
{
	struct civil civil;
	struct arena *arena;
	char zone[100];
	int64_t at_s;

	if (sscanf(question, "at %" SCNd64 " %99s", &at_s, zone) != 2)
		return false;
	if (!instant_to_civil(at_s, zone, &civil)) {
		puts("refused");
		return true;
	}
	arena = arena_new();
	printf("%d %d %d %d %d %d\t%s\t%s\t%s\n", civil.year, civil.month, civil.day, civil.hour,
		civil.minute, civil.second, instant_format_utc(arena, at_s),
		instant_format_zone(arena, at_s, zone), instant_format_person(arena, at_s, zone));
	arena_free(arena);
	return true;
}

static void print_instant(bool is_known, int64_t at_s)
{
	if (is_known)
		printf("%" PRId64 "\n", at_s);
	else
		puts("refused");
}

static bool answer_civil(const char *question)
{
	struct civil civil;
	char zone[100];
	int64_t at_s = 0;
	bool is_known;

	if (sscanf(question, "civil %d %d %d %d %d %d %99s", &civil.year, &civil.month, &civil.day,
		    &civil.hour, &civil.minute, &civil.second, zone) != 7)
		return false;
	is_known = instant_from_civil(&civil, zone, &at_s);
	print_instant(is_known, at_s);
	return true;
}

static bool answer_parse(const char *question)
{
	static const char verb[] = "parse ";
	int64_t at_s = 0;
	bool is_known;

	if (strncmp(question, verb, strlen(verb)) != 0)
		return false;
	is_known = instant_parse(question + strlen(verb), &at_s);
	print_instant(is_known, at_s);
	return true;
}

int main(void)
{
	char line[1024];

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (!answer_at(line) && !answer_civil(line) && !answer_parse(line))
			return 1;
	}
	return 0;
}
