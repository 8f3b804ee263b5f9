/* Canned answers for the tests of providers: from a string, or from the published samples that may
 * lie beside the repository (shared/samples). */
#ifndef CARE_TESTS_UNIT_CANNED_H
#define CARE_TESTS_UNIT_CANNED_H

#include <stdio.h>
#include <string.h>

#include "lib/provider/reply.h"

/* An opened reply and the error it fills. */
struct canned {
	struct reply reply;
	struct provider_error error;
};

/* A test's state is an arena. */
static inline int canned_open(void **state)
{
	*state = arena_new();
	return 0;
}

static inline int canned_close(void **state)
{
	arena_free(*state);
	return 0;
}

static inline struct reply *canned_bytes(
	struct arena *arena, int status, const char *body, size_t length)
{
	struct canned *canned = arena_alloc(arena, sizeof(*canned));

	canned->reply = (struct reply){
		.arena = arena,
		.error = &canned->error,
		.answer = {.failure = HTTP_ANSWERED,
			.status = status,
			.body = body,
			.body_length = length,
			.content_type = "application/json",
			.error = ""},
	};
	reply_open(&canned->reply);
	return &canned->reply;
}

static inline struct reply *canned(struct arena *arena, int status, const char *body)
{
	return canned_bytes(arena, status, body, strlen(body));
}

static inline struct reply *canned_failure(struct arena *arena, enum http_failure failure)
{
	struct reply *reply = canned(arena, 0, "");

	reply->answer.failure = failure;
	reply->answer.error = "Timeout was reached";
	reply_open(reply);
	return reply;
}

/* A sample's bytes, NULL when the samples are not there. Meson runs tests in the build folder. */
static inline const char *sample(struct arena *arena, const char *name, size_t *ret_length)
{
	static const char *const roots[] = {"../shared", "../../shared", "../../../shared"};
	char *bytes = arena_alloc(arena, 65536);

	*ret_length = 0;
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		FILE *file = fopen(arena_printf(arena, "%s/samples/%s", roots[i], name), "rb");

		if (!file)
			continue;
		*ret_length = fread(bytes, 1, 65535, file);
		fclose(file);
		return bytes;
	}
	print_message("sample %s is not here: skipped\n", name);
	return NULL;
}

#endif
