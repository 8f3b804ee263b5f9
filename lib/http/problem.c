/* Looking problems up by name and by number, and writing them down for callers. */
#include "lib/http/problem.h"

#include <string.h>

#include "lib/core/text.h"

enum problem problem_from_code(const char *code)
{
	for (int p = P_INTERNAL; code && p < PROBLEM_COUNT; p++)
		if (strcmp(problems[p].code, code) == 0)
			return (enum problem)p;
	return P_INTERNAL;
}

const struct problem_info *problem_info(enum problem p)
{
	return &problems[p < PROBLEM_COUNT ? p : P_INTERNAL];
}

static void add_field(struct text *text, const char *name, const char *value)
{
	text_addf(text, ",\"%s\":", name);
	text_add_json(text, value);
}

static void add_complaints(struct text *text, const struct work *work)
{
	text_add(text, ",\"errors\":[");
	for (size_t i = 0; i < work->complaint_count; i++) {
		text_add(text, i ? ",{\"pointer\":" : "{\"pointer\":");
		text_add_json(text, work->complaints[i].pointer);
		add_field(text, "message", work->complaints[i].message);
		text_add(text, "}");
	}
	text_add(text, "]");
}

const char *problem_document(const struct work *work, enum problem p)
{
	const struct problem_info *info = problem_info(p);
	struct text *text = text_new(work->arena);

	text_addf(text, "{\"type\":\"urn:care:problem:%s\"", info->code);
	add_field(text, "title", info->title);
	text_addf(text, ",\"status\":%d", info->status);
	add_field(text, "code", info->code);
	if (work->detail && p != P_INTERNAL)
		add_field(text, "detail", work->detail);
	if (work->request_id)
		add_field(text, "request_id", work->request_id);
	if (work->complaint_count && p != P_INTERNAL)
		add_complaints(text, work);
	text_add(text, "}");
	return text->data;
}
