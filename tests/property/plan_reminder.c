/* Answers "start_s now_s quiet_from_min quiet_until_min zone" with "send_s rule", with "none rule"
 * when there is nothing to send, or with "refused". */
#include <inttypes.h>
#include <stdio.h>

#include "lib/domain/reminder.h"

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
		char zone[100];

		if (sscanf(line, "%" SCNd64 " %" SCNd64 " %d %d %99s", &request.start_at_s,
			    &request.now_s, &request.quiet_from_min, &request.quiet_until_min,
			    zone) != 5)
			return 1;
		request.client_zone = zone;
		answer(&request);
	}
	return 0;
}
