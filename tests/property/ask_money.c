/* Answers "write amount currency" with the amount for people, a tab, and the amount for machines;
 * "scale amount numerator denominator" with the amount; "refused" where there is none. */
#include <inttypes.h>
#include <stdio.h>

#include "lib/domain/money.h"

static bool answer_write(const char *question)
{
	struct arena *arena;
	char currency[16];
	int64_t amount;

	if (sscanf(question, "write %" SCNd64 " %15s", &amount, currency) != 2)
		return false;
	arena = arena_new();
	if (money_decimals(currency) < 0)
		puts("refused");
	else
		printf("%s\t%s\n", money_format(arena, amount, currency),
			money_decimal(arena, amount, currency));
	arena_free(arena);
	return true;
}

static bool answer_scale(const char *question)
{
	int64_t amount, numerator, denominator, scaled;

	if (sscanf(question, "scale %" SCNd64 " %" SCNd64 " %" SCNd64, &amount, &numerator,
		    &denominator) != 3)
		return false;
	if (money_scale(amount, numerator, denominator, &scaled))
		printf("%" PRId64 "\n", scaled);
	else
		puts("refused");
	return true;
}

int main(void)
{
	char line[256];

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin))
		if (!answer_write(line) && !answer_scale(line))
			return 1;
	return 0;
}
