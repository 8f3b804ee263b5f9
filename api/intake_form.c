/* Checks a form's definition and the answers that visitors give to it. */
#include "api/intake_form.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/http/schema.h"

#define STRING(format_name, max)                                                                   \
	{                                                                                          \
		.type = SCHEMA_STRING, .format = (format_name), .length_min = 0,                   \
		.length_max = (max)                                                                \
	}

static const struct schema one_choice = STRING(FORMAT_LINE, 64);

static const struct {
	const char *type;
	struct schema schema;
} kinds[] = {
	{"text", STRING(FORMAT_LINE, 500)},
	{"long_text", STRING(FORMAT_TEXT, 4000)},
	{"choice", STRING(FORMAT_LINE, 64)},
	{"date", STRING(FORMAT_DATE, 10)},
	{"phone", STRING(FORMAT_PHONE, 16)},
	{"email", STRING(FORMAT_EMAIL, 254)},
	{"consent", {.type = SCHEMA_BOOLEAN}},
	{"multi_choice",
		{.type = SCHEMA_ARRAY,
			.length_max = 50,
			.unique_items = true,
			.items = &one_choice}},
};

const char *json_text(struct arena *arena, const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	arena_defer(arena, free, text);
	return text ? text : "null";
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static bool is_choice(const json_t *field)
{
	const char *type = text_of(field, "type");

	return strcmp(type, "choice") == 0 || strcmp(type, "multi_choice") == 0;
}

static bool has_option(const json_t *field, const char *value)
{
	json_t *option;
	size_t i;

	json_array_foreach(json_object_get(field, "options"), i, option)
	{
		if (value && strcmp(text_of(option, "value"), value) == 0)
			return true;
	}
	return false;
}

static const json_t *field_of(const json_t *fields, const char *key)
{
	json_t *field;
	size_t i;

	json_array_foreach(fields, i, field)
	{
		if (strcmp(text_of(field, "key"), key) == 0)
			return field;
	}
	return NULL;
}

static void check_options(struct request *rq, const json_t *field, const char *at)
{
	json_t *options = json_object_get(field, "options"), *option;
	size_t i;

	if (is_choice(field) && json_array_size(options) == 0)
		fail_at(&rq->work, P_VALIDATION_FAILED, at, "needs options to choose from");
	if (!is_choice(field) && json_array_size(options) > 0)
		fail_at(&rq->work, P_VALIDATION_FAILED, at, "takes no options");
	json_array_foreach(options, i, option)
	{
		for (size_t j = 0; j < i; j++) {
			if (strcmp(text_of(option, "value"),
				    text_of(json_array_get(options, j), "value")) == 0)
				fail_at(&rq->work, P_VALIDATION_FAILED, at,
					"has an option value twice");
		}
	}
}

enum problem intake_form_check(struct request *rq, const json_t *fields)
{
	json_t *field;
	size_t i;

	json_array_foreach(fields, i, field)
	{
		const char *at = arena_printf(rq->work.arena, "/fields/%zu", i);

		if (field_of(fields, text_of(field, "key")) != field)
			fail_at(&rq->work, P_VALIDATION_FAILED,
				arena_printf(rq->work.arena, "%s/key", at), "is used twice");
		check_options(rq, field, arena_printf(rq->work.arena, "%s/options", at));
	}
	return rq->work.complaint_count ? P_VALIDATION_FAILED : P_OK;
}

static bool is_empty(const json_t *answer)
{
	return !answer || json_is_null(answer) ||
		(json_is_string(answer) &&
			strspn(json_string_value(answer), " \t\n") == json_string_length(answer)) ||
		(json_is_array(answer) && json_array_size(answer) == 0) || json_is_false(answer);
}

static void check_chosen(
	struct request *rq, const json_t *field, const json_t *answer, const char *at)
{
	json_t *item;
	size_t i;

	if (json_is_string(answer) && !has_option(field, json_string_value(answer)))
		fail_at(&rq->work, P_VALIDATION_FAILED, at, "is not one of the options");
	json_array_foreach(answer, i, item)
	{
		if (!has_option(field, json_string_value(item)))
			fail_at(&rq->work, P_VALIDATION_FAILED,
				arena_printf(rq->work.arena, "%s/%zu", at, i),
				"is not one of the options");
	}
}

static void check_answer(struct request *rq, const json_t *field, const json_t *answer)
{
	const char *type = text_of(field, "type");
	const char *at = arena_printf(rq->work.arena, "/answers/%s", text_of(field, "key"));

	if (json_is_true(json_object_get(field, "required")) && is_empty(answer)) {
		fail_at(&rq->work, P_VALIDATION_FAILED, at, "is required");
		return;
	}
	if (!answer || json_is_null(answer) || (json_is_string(answer) && is_empty(answer)))
		return;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].type, type) == 0 &&
			schema_check(&rq->work, &kinds[i].schema, answer, at) && is_choice(field))
			check_chosen(rq, field, answer, at);
	}
}

enum problem intake_answers_check(struct request *rq, const json_t *fields, const json_t *answers)
{
	const char *key;
	json_t *field, *answer;
	size_t i;

	json_array_foreach(fields, i, field)
		check_answer(rq, field, json_object_get(answers, text_of(field, "key")));
	json_object_foreach((json_t *)(uintptr_t)answers, key, answer)
	{
		if (!field_of(fields, key))
			fail_at(&rq->work, P_VALIDATION_FAILED,
				schema_pointer(&rq->work, "/answers", key), "is not on the form");
	}
	return rq->work.complaint_count ? P_VALIDATION_FAILED : P_OK;
}
