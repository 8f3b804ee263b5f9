/* carectl config */
#include <stdio.h>

#include "ctl/verb.h"
#include "lib/core/config.h"

int config_run(struct call *call)
{
	if (call->count)
		return call_misused("config takes no word %s", call->words[0]);
	config_print_table(stdout);
	return STATUS_OK;
}
