/* The words behind a verb, and the lines that say what is wrong with them. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/verb.h"

__attribute__((format(printf, 1, 0))) static void print_line(const char *format, va_list args)
{
	fprintf(stderr, "carectl: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
}

int call_misused(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(format, args);
	va_end(args);
	return STATUS_USAGE;
}

int call_failed(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(format, args);
	va_end(args);
	return STATUS_FAILED;
}

static const struct choice *find(const struct choice *choices, const char *word)
{
	for (; choices->name; choices++) {
		if (strcmp(choices->name, word) == 0)
			return choices;
	}
	return NULL;
}

static bool take(struct call *call, int *at, const struct choice *choice)
{
	if (choice->flag) {
		*choice->flag = true;
		return true;
	}
	if (*at + 1 >= call->count) {
		call_misused("%s wants a value", choice->name);
		return false;
	}
	*choice->value = call->words[++*at];
	return true;
}

bool call_options(struct call *call, const struct choice *choices)
{
	int kept = 0;

	for (int i = 0; i < call->count; i++) {
		const struct choice *choice;

		if (call->words[i][0] != '-' || call->words[i][1] == '\0') {
			call->words[kept++] = call->words[i];
			continue;
		}
		choice = find(choices, call->words[i]);
		if (!choice) {
			call_misused("there is no option %s", call->words[i]);
			return false;
		}
		if (!take(call, &i, choice))
			return false;
	}
	call->count = kept;
	return true;
}

const char *call_word(struct call *call)
{
	if (call->count == 0)
		return NULL;
	call->count--;
	return *call->words++;
}
