/* The JSON Schema subset that the contract may use: gen_api.py makes these tables and refuses every
 * keyword that is not here, so the document cannot promise what the server does not check. */
#ifndef CARE_HTTP_SCHEMA_H
#define CARE_HTTP_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

struct work;

enum schema_type {
	SCHEMA_ANY,
	SCHEMA_OBJECT,
	SCHEMA_ARRAY,
	SCHEMA_STRING,
	SCHEMA_INTEGER,
	SCHEMA_NUMBER,
	SCHEMA_BOOLEAN,
};

/* String formats. Each is checked by code, with a message that says what is wanted. */
enum schema_format {
	FORMAT_NONE,
	FORMAT_UUID,
	FORMAT_DATE,
	FORMAT_DATE_TIME,
	FORMAT_EMAIL,
	FORMAT_PHONE /* E.164 */,
	FORMAT_TIME_ZONE /* IANA */,
	FORMAT_URI,
	FORMAT_CURRENCY,
	FORMAT_SLUG,
	FORMAT_LINE /* no control
characters */
	,
	FORMAT_NAME /* a person's: a line without < and > */,
	FORMAT_TEXT /* newlines and tabs allowed */,
};

struct schema_property;

struct schema {
	enum schema_type type;
	bool nullable;
	enum schema_format format;
	long long minimum, maximum; /* integers; LLONG_MIN/MAX when absent */
	size_t length_min,
		length_max; /* strings: code points; arrays: items; SIZE_MAX when absent */
	bool unique_items;
	const char *const *values; /* enum or const, NULL-terminated; NULL when absent */
	const struct schema *items;
	const struct schema_property
		*properties; /* name NULL ends; unknown names are refused unless open */
	bool open;           /* additionalProperties: true, only with x-open (answers of forms) */
	size_t properties_max;
};

struct schema_property {
	const char *name;
	bool required;
	const struct schema *schema;
};

/* Adds one complaint per fault to work (JSON pointers under at, "" for the root). True when none.
 */
bool schema_check(
	struct work *work, const struct schema *schema, const json_t *value, const char *at);

/* The same for a parameter, which is text: integers and booleans are read from it. at is
 * "query/limit" or "path/booking_id". */
bool schema_check_text(
	struct work *work, const struct schema *schema, const char *value, const char *at);

/* at/name with ~ and / escaped (RFC 6901). */
const char *schema_pointer(struct work *work, const char *at, const char *name);

#endif
