/* carectl migrate */
#include <stdio.h>

#include "ctl/verb.h"
#include "lib/data/migrate.h"

int migrate_verb_run(struct call *call)
{
	const char *url = NULL;
	const struct choice choices[] = {{"--url", &url, NULL}, {NULL, NULL, NULL}};

	if (!call_options(call, choices))
		return STATUS_USAGE;
	if (call->count)
		return call_misused("migrate takes no word %s", call->words[0]);
	url = owner_url(url);
	if (!url)
		return STATUS_FAILED;
	return migrate_run(url, stdout) ? STATUS_OK : STATUS_FAILED;
}
