/* Reading JSON bodies: what Jansson cannot limit is counted before and after it. */
#include "lib/http/body.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/text.h"

/* Brackets outside strings; counted before parsing, because the parser recurses. */
static bool is_too_deep(const char *bytes, size_t length)
{
	bool in_string = false;
	int depth = 0;

	for (size_t i = 0; i < length; i++) {
		if (in_string && bytes[i] == '\\')
			i++;
		else if (bytes[i] == '"')
			in_string = !in_string;
		else if (!in_string && (bytes[i] == '[' || bytes[i] == '{') &&
			++depth > BODY_DEPTH_MAX)
			return true;
		else if (!in_string && (bytes[i] == ']' || bytes[i] == '}'))
			depth--;
	}
	return false;
}

static bool has_long_array(const json_t *value)
{
	const char *name;
	json_t *item;

	if (json_array_size(value) > BODY_ITEMS_MAX)
		return true;
	for (size_t i = 0; i < json_array_size(value); i++)
		if (has_long_array(json_array_get(value, i)))
			return true;
	json_object_foreach(
		(json_t *)(uintptr_t)value, name, item) if (has_long_array(item)) return true;
	return false;
}

/* Jansson quotes the input behind " near '"; an answer should not carry it back. */
static enum problem refuse(struct work *work, const json_error_t *error)
{
	const char *near = strstr(error->text, " near '");
	int length = near ? (int)(near - error->text) : (int)strlen(error->text);

	return fail(work, P_MALFORMED_JSON, "line %d, column %d: %.*s", error->line, error->column,
		length, error->text);
}

static void drop(void *value)
{
	json_decref(value);
}

enum problem body_parse(struct work *work, const char *bytes, size_t length, json_t **ret)
{
	json_error_t error;
	json_t *value;

	if (!text_is_utf8(bytes, length))
		return fail(work, P_MALFORMED_JSON, "the body is not UTF-8");
	if (is_too_deep(bytes, length))
		return fail(work, P_MALFORMED_JSON, "nested deeper than %d levels", BODY_DEPTH_MAX);
	value = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &error);
	if (!value)
		return refuse(work, &error);
	arena_defer(work->arena, drop, value);
	if (has_long_array(value))
		return fail(
			work, P_MALFORMED_JSON, "an array has more than %d items", BODY_ITEMS_MAX);
	*ret = value;
	return P_OK;
}

const char *body_compact(struct work *work, const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT);

	arena_defer(work->arena, free, text);
	return text;
}
