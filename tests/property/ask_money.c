/* Answers "write amount currency" with the amount for people, a tab, and the amount for machines;
 * "scale amount numerator denominator" with the amount; "refused" where there is none. */
#include <inttypes.h>
#include <stdio.h>

#include "lib/domain/money.h"
#include "tests/property/fields.h"

static void answer_write(int64_t amount, const char *currency)
{
	struct arena *arena = arena_new();

	if (money_decimals(currency) < 0)
		puts("refused");
	else
		printf("%s\t%s\n", money_format(arena, amount, currency),
			money_decimal(arena, amount, currency));
	arena_free(arena);
}

static void answer_scale(const int64_t *numbers)
{
	int64_t scaled;

	if (money_scale(numbers[0], numbers[1], numbers[2], &scaled))
		printf("%" PRId64 "\n", scaled);
	else
		puts("refused");
}

int main(void)
{
	char line[256];

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		int64_t numbers[3];
		const char *rest;

		if (fields_read(line, "write", numbers, 1, &rest))
			answer_write(numbers[0], rest);
		else if (fields_read(line, "scale", numbers, 3, &rest))
			answer_scale(numbers);
		else
			return 1;
	}
	return 0;
}
