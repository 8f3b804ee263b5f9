/* A message as it leaves: the template filled in, the calendar file or the invoice attached. */
#ifndef CARE_WORKER_MESSAGE_RENDER_H
#define CARE_WORKER_MESSAGE_RENDER_H

#include "lib/data/db.h"
#include "worker/job.h"

struct rendered {
	const char *subject, *text, *html; /* html NULL for SMS */
	struct email_attachment attachments[2];
	size_t attachment_count;
};

/* content is one row of message_content. False when a variable is missing: *ret_missing names it.
 */
bool message_render(struct job *job, const struct rows *content, struct rendered *ret,
	const char **ret_missing);

#endif
