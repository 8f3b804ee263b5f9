/* Reading a question with strtoll. */
#include "tests/property/fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool fields_read(
	char *line, const char *verb, int64_t *ret_numbers, size_t count, const char **ret_rest)
{
	char *at = line + strlen(verb);

	if (strncmp(line, verb, strlen(verb)) != 0)
		return false;
	line[strcspn(line, "\n")] = '\0';
	for (size_t i = 0; i < count; i++) {
		char *end;

		errno = 0;
		ret_numbers[i] = strtoll(at, &end, 10);
		if (errno || end == at)
			return false;
		at = end;
	}
	*ret_rest = at + (*at == ' ');
	return true;
}
