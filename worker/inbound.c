/* Reading what the inbox stored. */
#include "worker/inbound.h"

#include <string.h>

#include "lib/security/encode.h"
#include "queries.gen.h"
#include "worker/steps.h"

enum problem inbound_read(struct job *job, struct inbound *ret)
{
	struct rows rows;
	unsigned char *bytes;
	const char *hex;
	enum problem p;

	*ret = (struct inbound){0};
	work_begin(&job->work, WORK_READ);
	p = job_read(job, q_inbound_get(&job->work, &rows, job->subject_id));
	if (p || rows.count == 0)
		return p;
	hex = rows_text(&rows, 0, "hex");
	ret->length = strlen(hex) / 2;
	bytes = arena_alloc(job->work.arena, ret->length + 1);
	if (!hex_decode(hex, bytes, ret->length))
		return fail(&job->work, P_INTERNAL, "the stored body is not hex");
	ret->body = (const char *)bytes;
	return P_OK;
}
