/* lib/http/schema.h, format.h and body.h: each row is an input and the complaint it earns. */
#include "lib/core/text.h"
#include "lib/http/body.h"
#include "lib/http/format.h"
#include "lib/http/schema.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const char *const colours[] = {"red", "green", NULL};
static const struct schema word = {
	.type = SCHEMA_STRING, .format = FORMAT_SLUG, .length_min = 2, .length_max = 5};
static const struct schema colour = {
	.type = SCHEMA_STRING, .values = colours, .length_max = SIZE_MAX};
static const struct schema count = {.type = SCHEMA_INTEGER, .minimum = -2, .maximum = 9};
static const struct schema share = {
	.type = SCHEMA_NUMBER, .nullable = true, .minimum = 0, .maximum = LLONG_MAX};
static const struct schema words = {
	.type = SCHEMA_ARRAY, .items = &word, .unique_items = true, .length_max = 3};
static const struct schema flag = {.type = SCHEMA_BOOLEAN};
static const struct schema_property inner_fields[] = {{"c/~", true, &count}, {NULL, false, NULL}};
static const struct schema inner = {
	.type = SCHEMA_OBJECT, .properties = inner_fields, .properties_max = SIZE_MAX};
static const struct schema_property fields[] = {
	{"word", true, &word},
	{"colour", false, &colour},
	{"count", false, &count},
	{"share", false, &share},
	{"words", false, &words},
	{"flag", false, &flag},
	{"inner", false, &inner},
	{NULL, false, NULL},
};
static const struct schema object = {
	.type = SCHEMA_OBJECT, .properties = fields, .properties_max = SIZE_MAX};

/* "pointer: message; …", or the problem's code with its detail for what is not JSON. */
static const char *complaints_about(struct work *work, const char *body)
{
	json_t *json;
	const char *text = "";
	bool fits;

	if (body_parse(work, body, strlen(body), &json))
		return work->detail;
	fits = schema_check(work, &object, json, "");
	assert_int_equal(fits, work->complaint_count == 0);
	for (size_t i = 0; i < work->complaint_count; i++)
		text = arena_printf(work->arena, "%s%s%s: %s", text, i ? "; " : "",
			work->complaints[i].pointer, work->complaints[i].message);
	return text;
}

static void schema_names_the_field_at_fault(void **state)
{
	static const struct {
		const char *body, *complaints;
	} rows[] = {
		{"{\"word\":\"abc\"}", ""},
		{"{\"word\":\"abc\",\"share\":null,\"count\":-2,\"flag\":false}", ""},
		{"[]", ": must be an object"},
		{"{}", "/word: is required"},
		{"{\"word\":null}", "/word: must be a string"},
		{"{\"word\":\"a\"}", "/word: must have at least 2 characters"},
		{"{\"word\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"}",
			"/word: may hold only letters, digits, - and _"},
		{"{\"word\":\"abcdef\"}", "/word: must have at most 5 characters"},
		{"{\"word\":\"abc\",\"colour\":\"blue\"}", "/colour: must be one of red, green"},
		{"{\"word\":\"abc\",\"count\":10}", "/count: must be at most 9"},
		{"{\"word\":\"abc\",\"count\":-3}", "/count: must be at least -2"},
		{"{\"word\":\"abc\",\"count\":1.0}", "/count: must be a whole number"},
		{"{\"word\":\"abc\",\"share\":-0.5}", "/share: must be at least 0"},
		{"{\"word\":\"abc\",\"flag\":1}", "/flag: must be true or false"},
		{"{\"word\":\"abc\",\"words\":[\"ab\",\"cd\",\"ef\",\"gh\"]}",
			"/words: must have at most 3 items"},
		{"{\"word\":\"abc\",\"words\":[\"ab\",\"x\"]}",
			"/words/1: must have at least 2 characters"},
		{"{\"word\":\"abc\",\"words\":[\"ab\",\"ab\"]}",
			"/words: must not hold the same item twice"},
		{"{\"word\":\"abc\",\"inner\":{\"c/~\":\"1\"}}",
			"/inner/c~1~0: must be a whole number"},
		{"{\"a\":1,\"b\":2}",
			"/word: is required; /a: is not a known field; /b: is not a known field"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct work work = {.arena = arena_new()};

		assert_string_equal(complaints_about(&work, rows[i].body), rows[i].complaints);
		arena_free(work.arena);
	}
	(void)state;
}

static void body_says_what_is_not_json(void **state)
{
	static const struct {
		const char *body, *detail;
	} rows[] = {
		{"{\"word\":\"\xff\"}", "the body is not UTF-8"},
		{"{\"word\":\"a\",\"word\":\"b\"}", "duplicate object key"},
		{"{\"word\":\"\\u0000\"}", "\\u0000"},
		{"{\"word\":\"\\ud800\"}", "Unicode"},
		{"{\"word\":1e999}", "overflow"},
		{"{\"word\":99999999999999999999}", "too big integer"},
		{"{\"word\":\"secret", "premature end of input"},
		{"\"word\"", "'[' or '{' expected"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct work work = {.arena = arena_new()};
		json_t *json;

		assert_int_equal(body_parse(&work, rows[i].body, strlen(rows[i].body), &json),
			P_MALFORMED_JSON);
		assert_non_null(strstr(work.detail, rows[i].detail));
		assert_null(strstr(work.detail, "secret"));
		arena_free(work.arena);
	}
	(void)state;
}

/* prefix repeated n times with core between it and suffix repeated n times. */
static enum problem parse_repeated(const char *prefix, const char *core, const char *suffix, int n)
{
	struct work work = {.arena = arena_new()};
	const char *text = core;
	enum problem p;
	json_t *json;

	for (int i = 0; i < n; i++)
		text = arena_printf(work.arena, "%s%s%s", prefix, text, suffix);
	p = body_parse(&work, text, strlen(text), &json);
	arena_free(work.arena);
	return p;
}

static void body_is_bounded(void **state)
{
	assert_int_equal(parse_repeated("[", "\"[[[[\\\"[[[[\"", "]", BODY_DEPTH_MAX), P_OK);
	assert_int_equal(parse_repeated("[", "1", "]", BODY_DEPTH_MAX + 1), P_MALFORMED_JSON);
	assert_int_equal(parse_repeated("{\"a\":", "1", "}", BODY_DEPTH_MAX + 1), P_MALFORMED_JSON);
	(void)state;
}

static void body_bounds_arrays(void **state)
{
	for (int items = BODY_ITEMS_MAX; items <= BODY_ITEMS_MAX + 1; items++) {
		struct work work = {.arena = arena_new()};
		struct text *text = text_new(work.arena);
		json_t *json;

		text_add(text, "{\"a\":[");
		for (int i = 0; i < items; i++)
			text_add(text, "1,");
		text->data[text->length - 1] = ']';
		text_add(text, "}");
		assert_int_equal(body_parse(&work, text->data, text->length, &json),
			items == BODY_ITEMS_MAX ? P_OK : P_MALFORMED_JSON);
		arena_free(work.arena);
	}
	(void)state;
}

static void body_is_compacted(void **state)
{
	struct work work = {.arena = arena_new()};
	const char *text = " {\"b\" : [1, 2.5], \"a\":\"\xe1\xba\xb9\\n\"} ";
	json_t *json;

	assert_int_equal(body_parse(&work, text, strlen(text), &json), P_OK);
	assert_string_equal(body_compact(&work, json), "{\"b\":[1,2.5],\"a\":\"\xe1\xba\xb9\\n\"}");
	arena_free(work.arena);
	(void)state;
}

static void parameters_are_text(void **state)
{
	static const struct {
		const struct schema *schema;
		const char *value;
		bool fits;
	} rows[] = {
		{&count, "0", true},
		{&count, "-2", true},
		{&count, "9", true},
		{&count, "10", false},
		{&count, "-0", false},
		{&count, "+1", false},
		{&count, " 1", false},
		{&count, "1 ", false},
		{&count, "01", false},
		{&count, "", false},
		{&count, "1.0", false},
		{&count, "99999999999999999999", false},
		{&flag, "true", true},
		{&flag, "false", true},
		{&flag, "TRUE", false},
		{&flag, "1", false},
		{&word, "ab", true},
		{&word, "a\xff", false},
		{&colour, "red", true},
		{&colour, "Red", false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct work work = {.arena = arena_new()};

		assert_int_equal(schema_check_text(&work, rows[i].schema, rows[i].value, "query/x"),
			rows[i].fits);
		assert_int_equal(work.complaint_count, !rows[i].fits);
		arena_free(work.arena);
	}
	(void)state;
}

static const struct {
	enum schema_format format;
	bool fits;
	const char *text;
} formats[] = {
	{FORMAT_NONE, true, "\x01"},
	{FORMAT_UUID, true, "019328c8-0000-7000-8000-000000000001"},
	{FORMAT_UUID, false, "019328c8-0000-7000-8000-00000000000"},
	{FORMAT_UUID, false, "019328c8-0000-7000-8000-0000000000010"},
	{FORMAT_UUID, false, "019328c8x0000-7000-8000-000000000001"},
	{FORMAT_UUID, false, "{19328c8-0000-7000-8000-000000000001"},
	{FORMAT_DATE, true, "2028-02-29"},
	{FORMAT_DATE, false, "2026-02-29"},
	{FORMAT_DATE, false, "2026-2-1"},
	{FORMAT_DATE, false, "0000-01-01"},
	{FORMAT_DATE, false, "2026-01-01T"},
	{FORMAT_DATE_TIME, true, "2026-11-22T09:00:00Z"},
	{FORMAT_DATE_TIME, true, "2026-11-22T09:00:00.123+01:00"},
	{FORMAT_DATE_TIME, false, "2026-11-22T09:00:00"},
	{FORMAT_DATE_TIME, false, "2026-11-22T25:00:00Z"},
	{FORMAT_EMAIL, true, "ada@example.org"},
	{FORMAT_EMAIL, true, "a.b+c_d'e@x-y.example.co"},
	{FORMAT_EMAIL, false, "ada"},
	{FORMAT_EMAIL, false, "@example.org"},
	{FORMAT_EMAIL, false, "ada@"},
	{FORMAT_EMAIL, false, "ada@example"},
	{FORMAT_EMAIL, false, "ada@@example.org"},
	{FORMAT_EMAIL, false, "ada@example.org,b@example.org"},
	{FORMAT_EMAIL, false, "a..b@example.org"},
	{FORMAT_EMAIL, false, ".a@example.org"},
	{FORMAT_EMAIL, false, "a.@example.org"},
	{FORMAT_EMAIL, false, "ada@-example.org"},
	{FORMAT_EMAIL, false, "ada@example..org"},
	{FORMAT_EMAIL, false, "ada@127.0.0.1"},
	{FORMAT_EMAIL, false, "ada@example.org\nBcc: b@example.org"},
	{FORMAT_EMAIL, false, "Ada <ada@example.org>"},
	{FORMAT_EMAIL, false, "\xc3\xa9@example.org"},
	{FORMAT_PHONE, true, "+2348031234567"},
	{FORMAT_PHONE, true, "+12345678"},
	{FORMAT_PHONE, true, "+123456789012345"},
	{FORMAT_PHONE, false, "+1234567"},
	{FORMAT_PHONE, false, "+1234567890123456"},
	{FORMAT_PHONE, false, "+0348031234567"},
	{FORMAT_PHONE, false, "2348031234567"},
	{FORMAT_PHONE, false, "+234 803 123 4567"},
	{FORMAT_TIME_ZONE, true, "Africa/Lagos"},
	{FORMAT_TIME_ZONE, false, "+01:00"},
	{FORMAT_TIME_ZONE, false, "../etc/passwd"},
	{FORMAT_URI, true, "https://example.org"},
	{FORMAT_URI, true, "http://localhost:3000/a?b=c#d"},
	{FORMAT_URI, true, "https://[::1]:8080/"},
	{FORMAT_URI, false, "ftp://example.org"},
	{FORMAT_URI, false, "javascript:alert(1)"},
	{FORMAT_URI, false, "https://"},
	{FORMAT_URI, false, "https:///path"},
	{FORMAT_URI, false, "https://user@example.org"},
	{FORMAT_URI, false, "https://user:secret@example.org"},
	{FORMAT_URI, false, "https://example.org/a b"},
	{FORMAT_URI, false, "https://example.org:port/"},
	{FORMAT_URI, false, "https://[::1"},
	{FORMAT_CURRENCY, true, "NGN"},
	{FORMAT_CURRENCY, false, "ngn"},
	{FORMAT_CURRENCY, false, "NGNN"},
	{FORMAT_SLUG, true, "Care-consultation_1"},
	{FORMAT_SLUG, false, ""},
	{FORMAT_SLUG, false, "a b"},
	{FORMAT_LINE, true, "\xe1\xbb\x8cl\xc3\xa1 O'Neil"},
	{FORMAT_LINE, false, "a\nb"},
	{FORMAT_LINE, false, "a\x7f"},
	{FORMAT_LINE, false, "a\xc2\x85"},
	{FORMAT_LINE, false, "a\xe2\x80\xa8"},
	{FORMAT_LINE, false, "   "},
	{FORMAT_TEXT, true, "a\n\tb\r\n"},
	{FORMAT_TEXT, false, "a\x1b[0m"},
};

static void formats_have_code_behind_them(void **state)
{
	for (size_t i = 0; i < COUNT(formats); i++) {
		const char *complaint = format_complaint(formats[i].format, formats[i].text);

		if ((complaint == NULL) != formats[i].fits)
			fail_msg("\"%s\": %s", formats[i].text, complaint ? complaint : "fits");
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(schema_names_the_field_at_fault),
		cmocka_unit_test(body_says_what_is_not_json),
		cmocka_unit_test(body_is_bounded),
		cmocka_unit_test(body_bounds_arrays),
		cmocka_unit_test(body_is_compacted),
		cmocka_unit_test(parameters_are_text),
		cmocka_unit_test(formats_have_code_behind_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
