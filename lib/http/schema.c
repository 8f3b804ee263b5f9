/* Holds values against the contract's schemas, and says in plain words what does not fit. */
#include "lib/http/schema.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/text.h"
#include "lib/data/work.h"
#include "lib/http/format.h"

static bool complain(struct work *work, const char *at, const char *message)
{
	fail_at(work, P_VALIDATION_FAILED, at, "%s", message);
	return false;
}

const char *schema_pointer(struct work *work, const char *at, const char *name)
{
	struct text *text = text_new(work->arena);

	text_add(text, at);
	text_add(text, "/");
	for (; *name; name++) {
		if (*name == '~')
			text_add(text, "~0");
		else if (*name == '/')
			text_add(text, "~1");
		else
			text_add_bytes(text, name, 1);
	}
	return text->data;
}

static size_t code_points(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		if (((unsigned char)*text & 0xc0) != 0x80)
			count++;
	return count;
}

static bool complain_values(struct work *work, const struct schema *schema, const char *at)
{
	struct text *text = text_new(work->arena);

	text_add(text, schema->values[1] ? "must be one of " : "must be ");
	for (size_t i = 0; schema->values[i]; i++)
		text_addf(text, "%s%s", i ? ", " : "", schema->values[i]);
	return complain(work, at, text->data);
}

static bool check_values(
	struct work *work, const struct schema *schema, const char *value, const char *at)
{
	if (!schema->values)
		return true;
	for (size_t i = 0; schema->values[i]; i++)
		if (strcmp(schema->values[i], value) == 0)
			return true;
	return complain_values(work, schema, at);
}

static bool check_length(struct work *work, const struct schema *schema, size_t length,
	const char *unit, const char *at)
{
	if (length < schema->length_min)
		fail_at(work, P_VALIDATION_FAILED, at, "must have at least %zu %s",
			schema->length_min, unit);
	else if (length > schema->length_max)
		fail_at(work, P_VALIDATION_FAILED, at, "must have at most %zu %s",
			schema->length_max, unit);
	else
		return true;
	return false;
}

static bool check_string(
	struct work *work, const struct schema *schema, const char *value, const char *at)
{
	const char *complaint;

	if (!check_values(work, schema, value, at) ||
		!check_length(work, schema, code_points(value), "characters", at))
		return false;
	complaint = format_complaint(schema->format, value);
	return complaint ? complain(work, at, complaint) : true;
}

static bool check_integer(
	struct work *work, const struct schema *schema, long long value, const char *at)
{
	if (value < schema->minimum)
		fail_at(work, P_VALIDATION_FAILED, at, "must be at least %lld", schema->minimum);
	else if (value > schema->maximum)
		fail_at(work, P_VALIDATION_FAILED, at, "must be at most %lld", schema->maximum);
	else if (schema->values)
		return check_values(work, schema, arena_printf(work->arena, "%lld", value), at);
	else
		return true;
	return false;
}

static bool check_number(
	struct work *work, const struct schema *schema, double value, const char *at)
{
	if (schema->minimum != LLONG_MIN && value < (double)schema->minimum)
		fail_at(work, P_VALIDATION_FAILED, at, "must be at least %lld", schema->minimum);
	else if (schema->maximum != LLONG_MAX && value > (double)schema->maximum)
		fail_at(work, P_VALIDATION_FAILED, at, "must be at most %lld", schema->maximum);
	else
		return true;
	return false;
}

static bool check_unique(struct work *work, const json_t *array, const char *at)
{
	size_t count = json_array_size(array);

	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++)
			if (json_equal(json_array_get(array, i), json_array_get(array, j)))
				return complain(work, at, "must not hold the same item twice");
	return true;
}

static bool check_array(
	struct work *work, const struct schema *schema, const json_t *array, const char *at)
{
	bool fits = check_length(work, schema, json_array_size(array), "items", at);

	for (size_t i = 0; fits && i < json_array_size(array); i++)
		if (!schema_check(work, schema->items, json_array_get(array, i),
			    arena_printf(work->arena, "%s/%zu", at, i)))
			fits = false;
	return fits && (!schema->unique_items || check_unique(work, array, at));
}

static const struct schema_property *find_property(const struct schema *schema, const char *name)
{
	for (const struct schema_property *p = schema->properties; p->name; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

static bool check_required(
	struct work *work, const struct schema *schema, const json_t *object, const char *at)
{
	bool fits = true;

	for (const struct schema_property *p = schema->properties; p->name; p++)
		if (p->required && !json_object_get(object, p->name))
			fits = complain(work, schema_pointer(work, at, p->name), "is required");
	return fits;
}

static bool check_object(
	struct work *work, const struct schema *schema, const json_t *object, const char *at)
{
	bool fits = check_required(work, schema, object, at);
	const char *name;
	json_t *value;

	if (json_object_size(object) > schema->properties_max) {
		fail_at(work, P_VALIDATION_FAILED, at, "must have at most %zu fields",
			schema->properties_max);
		return false;
	}
	/* jansson iterates by writing through the pointer, but does not change the object */
	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		const struct schema_property *p = find_property(schema, name);

		if (p)
			fits &= schema_check(
				work, p->schema, value, schema_pointer(work, at, name));
		else if (!schema->open)
			fits = complain(
				work, schema_pointer(work, at, name), "is not a known field");
	}
	return fits;
}

static const char *const type_names[] = {
	[SCHEMA_ANY] = "must be a value",
	[SCHEMA_OBJECT] = "must be an object",
	[SCHEMA_ARRAY] = "must be an array",
	[SCHEMA_STRING] = "must be a string",
	[SCHEMA_INTEGER] = "must be a whole number",
	[SCHEMA_NUMBER] = "must be a number",
	[SCHEMA_BOOLEAN] = "must be true or false",
};

static bool has_type(enum schema_type type, const json_t *value)
{
	switch (type) {
	case SCHEMA_OBJECT:
		return json_is_object(value);
	case SCHEMA_ARRAY:
		return json_is_array(value);
	case SCHEMA_STRING:
		return json_is_string(value);
	case SCHEMA_INTEGER:
		return json_is_integer(value);
	case SCHEMA_NUMBER:
		return json_is_number(value);
	case SCHEMA_BOOLEAN:
		return json_is_boolean(value);
	default:
		return true;
	}
}

bool schema_check(
	struct work *work, const struct schema *schema, const json_t *value, const char *at)
{
	if (json_is_null(value) && schema->nullable)
		return true;
	if (!has_type(schema->type, value))
		return complain(work, at, type_names[schema->type]);
	switch (schema->type) {
	case SCHEMA_OBJECT:
		return check_object(work, schema, value, at);
	case SCHEMA_ARRAY:
		return check_array(work, schema, value, at);
	case SCHEMA_STRING:
		return check_string(work, schema, json_string_value(value), at);
	case SCHEMA_INTEGER:
		return check_integer(work, schema, json_integer_value(value), at);
	case SCHEMA_NUMBER:
		return check_number(work, schema, json_number_value(value), at);
	case SCHEMA_BOOLEAN:
		return check_values(work, schema, json_is_true(value) ? "true" : "false", at);
	default:
		return true;
	}
}

/* An optional minus and digits, the way we print them: no plus, no leading zero, no space. */
static bool read_integer(const char *text, long long *ret)
{
	const char *digits = text + (text[0] == '-');
	long long value;
	char *end;

	if (digits[0] < '0' || digits[0] > '9' || (digits[0] == '0' && digits[1]) ||
		(digits[0] == '0' && digits != text))
		return false;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno || *end)
		return false;
	*ret = value;
	return true;
}

bool schema_check_text(
	struct work *work, const struct schema *schema, const char *value, const char *at)
{
	long long number;

	if (!text_is_utf8(value, strlen(value)))
		return complain(work, at, "must be UTF-8");
	switch (schema->type) {
	case SCHEMA_INTEGER:
		if (!read_integer(value, &number))
			return complain(work, at, type_names[SCHEMA_INTEGER]);
		return check_integer(work, schema, number, at);
	case SCHEMA_BOOLEAN:
		if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
			return complain(work, at, type_names[SCHEMA_BOOLEAN]);
		return check_values(work, schema, value, at);
	default:
		return check_string(work, schema, value, at);
	}
}
