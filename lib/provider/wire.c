/* JSON of providers; see wire.h. */
#include "lib/provider/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/instant.h"
#include "lib/core/text.h"

enum { DEPTH_MAX = 64, LONG_INTEGER = 19 };

static void forget(void *value)
{
	json_decref(value);
}

/* The length of the string literal that starts at bytes, or all that is left without an end. */
static size_t string_span(const char *bytes, size_t left)
{
	size_t at = 1;

	while (at < left && bytes[at] != '"')
		at += bytes[at] == '\\' ? 2 : 1;
	return at < left ? at + 1 : left;
}

static size_t number_span(const char *bytes, size_t left)
{
	size_t at = 0;

	while (at < left && bytes[at] && strchr("0123456789+-.eE", bytes[at]))
		at++;
	return at;
}

static bool is_long_integer(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] < '0' || bytes[i] > '9')
			return false;
	}
	return length >= LONG_INTEGER && bytes[0] != '0';
}

/* Adds the token at bytes and returns its length: whole strings and numbers, else one byte. */
static size_t copy_token(struct text *out, const char *bytes, size_t left)
{
	size_t span = 1;

	if (*bytes == '"')
		span = string_span(bytes, left);
	else if (*bytes == '-' || (*bytes >= '0' && *bytes <= '9'))
		span = number_span(bytes, left);
	if (is_long_integer(bytes, span)) {
		text_add(out, "\"");
		text_add_bytes(out, bytes, span);
		text_add(out, "\"");
	} else {
		text_add_bytes(out, bytes, span);
	}
	return span;
}

/* Jansson recurses once for each level, and refuses a body for one integer beyond 64 bits. */
static bool tame(struct text *out, const char *body, size_t length)
{
	int depth = 0;

	for (size_t at = 0; at < length;) {
		if (body[at] == '[' || body[at] == '{')
			depth++;
		else if (body[at] == ']' || body[at] == '}')
			depth--;
		if (depth > DEPTH_MAX)
			return false;
		at += copy_token(out, body + at, length - at);
	}
	return true;
}

static json_t *parse(struct arena *arena, const char *body, size_t length, size_t flags)
{
	struct text *tamed = text_new(arena);
	json_t *value;

	if (!body || !tame(tamed, body, length))
		return NULL;
	value = json_loadb(tamed->data, tamed->length, flags, NULL);
	arena_defer(arena, forget, value);
	return value;
}

json_t *wire_parse(struct arena *arena, const char *body, size_t length)
{
	return parse(arena, body, length, JSON_REJECT_DUPLICATES);
}

json_t *wire_parse_signed(struct arena *arena, const char *body, size_t length)
{
	return parse(arena, body, length, 0);
}

const char *wire_string(struct arena *arena, const json_t *object, const char *key)
{
	return arena_strdup(arena, json_string_value(json_object_get(object, key)));
}

const char *wire_string_or_empty(struct arena *arena, const json_t *object, const char *key)
{
	const char *string = wire_string(arena, object, key);

	return string ? string : "";
}

const char *wire_id(struct arena *arena, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	const char *string = json_string_value(value);

	if (json_is_integer(value) && json_integer_value(value) > 0)
		return arena_printf(arena, "%lld", (long long)json_integer_value(value));
	if (!string || !*string || strlen(string) > 20 ||
		strspn(string, "0123456789") != strlen(string))
		return NULL;
	return arena_strdup(arena, string);
}

bool wire_integer(const json_t *object, const char *key, int64_t *ret)
{
	const json_t *value = json_object_get(object, key);
	const char *string = json_string_value(value);
	const char *digits = string && *string == '-' ? string + 1 : string;
	long long number;

	if (json_is_integer(value)) {
		*ret = json_integer_value(value);
		return true;
	}
	if (!digits || !*digits || strspn(digits, "0123456789") != strlen(digits))
		return false;
	errno = 0;
	number = strtoll(string, NULL, 10);
	if (errno)
		return false;
	*ret = number;
	return true;
}

bool wire_truth(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_true(value) || (json_is_integer(value) && json_integer_value(value) == 1) ||
		text_equal(json_string_value(value), "true");
}

/* The milliseconds of "…:00.123Z"; the seconds are lib/core/instant.h's. */
static int64_t fraction_ms(const char *rfc3339)
{
	const char *dot = strchr(rfc3339, '.');
	int64_t ms = 0, unit = 100;

	for (; dot && unit && dot[1] >= '0' && dot[1] <= '9'; dot++, unit /= 10)
		ms += (dot[1] - '0') * unit;
	return ms;
}

bool wire_instant_ms(const json_t *object, const char *key, int64_t *ret_ms)
{
	const char *string = json_string_value(json_object_get(object, key));
	int64_t instant_s;

	if (!string || !instant_parse(string, &instant_s))
		return false;
	*ret_ms = instant_s * 1000 + fraction_ms(string);
	return true;
}

const char *wire_write(struct arena *arena, json_t *value)
{
	char *json = value ? json_dumps(value, JSON_COMPACT) : NULL;
	const char *copy = arena_strdup(arena, json);

	free(json);
	json_decref(value);
	return copy;
}

const char *wire_escape(struct arena *arena, const char *string)
{
	struct text *text = text_new(arena);

	text_add_url(text, string);
	return text->data;
}
