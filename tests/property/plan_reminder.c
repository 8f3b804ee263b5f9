/* Answers "plan start_s now_s quiet_from_min quiet_until_min zone" with "send_s rule", with "none
 * rule" when there is nothing to send, or with "refused". */
#include <inttypes.h>
#include <stdio.h>

#include "lib/domain/reminder.h"
#include "tests/property/fields.h"

static void answer(const struct reminder_request *request)
{
	struct reminder_plan plan = {.rule = REMINDER_PREFERRED};

	if (reminder_plan(request, &plan))
		printf("%" PRId64 " %s\n", plan.send_at_s, reminder_rule_name(plan.rule));
	else if (plan.rule == REMINDER_STARTED)
		printf("none %s\n", reminder_rule_name(plan.rule));
	else
		puts("refused");
}

int main(void)
{
	char line[256];

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		struct reminder_request request;
		int64_t numbers[4];

		if (!fields_read(line, "plan", numbers, 4, &request.client_zone))
			return 1;
		request.start_at_s = numbers[0];
		request.now_s = numbers[1];
		request.quiet_from_min = (int)numbers[2];
		request.quiet_until_min = (int)numbers[3];
		answer(&request);
	}
	return 0;
}
