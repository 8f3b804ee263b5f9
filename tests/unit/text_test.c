/* Growing text, the escapes, and what is UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "lib/core/text.h"

static void text_grows(void **state)
{
	struct arena *arena = arena_new();
	struct text *text = text_new(arena);

	assert_string_equal(text->data, "");
	for (int i = 0; i < 1000; i++)
		text_addf(text, "%03d", i);
	text_add_bytes(text, "", 0);
	assert_int_equal(text->length, 3000);
	assert_int_equal(strlen(text->data), 3000);
	assert_memory_equal(text->data, "000001002", 9);
	assert_string_equal(text->data + 2994, "998999");
	arena_free(arena);
	(void)state;
}

static void each_escape_is_right(void **state)
{
	static const struct {
		void (*add)(struct text *text, const char *string);
		const char *string, *expected;
	} rows[] = {
		{text_add_json, NULL, "null"},
		{text_add_json, "", "\"\""},
		{text_add_json, "a\"b\\c\nd\te\x01\x7f",
			"\"a\\\"b\\\\c\\nd\\u0009e\\u0001\\u007f\""},
		{text_add_json, "₦ Yorùbá", "\"₦ Yorùbá\""},
		{text_add_html, "<a href=\"x\">&'</a>",
			"&lt;a href=&quot;x&quot;&gt;&amp;&#39;&lt;/a&gt;"},
		{text_add_html, "é", "é"},
		{text_add_url, "aZ09-._~", "aZ09-._~"},
		{text_add_url, "a b&c=/?+%é", "a%20b%26c%3D%2F%3F%2B%25%C3%A9"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_new();
		struct text *text = text_new(arena);

		rows[i].add(text, rows[i].string);
		assert_string_equal(text->data, rows[i].expected);
		assert_int_equal(text->length, strlen(rows[i].expected));
		arena_free(arena);
	}
	(void)state;
}

/* Another implementation of JSON reads back every character but NUL. */
static void json_reads_back(void **state)
{
	struct arena *arena = arena_new();
	struct text *text = text_new(arena);
	char all[128];
	json_t *read;

	for (int i = 0; i < 127; i++)
		all[i] = (char)(i + 1);
	all[127] = '\0';
	text_add_json(text, all);
	read = json_loads(text->data, JSON_DECODE_ANY, NULL);
	assert_string_equal(json_string_value(read), all);
	json_decref(read);
	arena_free(arena);
	(void)state;
}

static void utf8_is_told_from_bytes(void **state)
{
	static const struct {
		const char *bytes;
		bool is_utf8;
	} rows[] = {
		{"", true},
		{"care", true},
		{"\xc2\x80", true}, /* the first of two bytes */
		{"\xdf\xbf", true},
		{"\xe0\xa0\x80", true},     /* the first of three */
		{"\xed\x9f\xbf", true},     /* the last before the surrogates */
		{"\xee\x80\x80", true},     /* the first behind them */
		{"\xf0\x90\x80\x80", true}, /* the first of four */
		{"\xf4\x8f\xbf\xbf", true}, /* U+10FFFF */
		{"\x80", false},            /* a continuation alone */
		{"\xc2", false},            /* cut short */
		{"a\xe2\x82", false},
		{"\xe2\x82z", false},
		{"\xc0\xaf", false}, /* overlong */
		{"\xc1\xbf", false},
		{"\xe0\x9f\xbf", false},
		{"\xf0\x8f\xbf\xbf", false},
		{"\xed\xa0\x80", false}, /* surrogates */
		{"\xed\xbf\xbf", false},
		{"\xf4\x90\x80\x80", false}, /* beyond U+10FFFF */
		{"\xf5\x80\x80\x80", false},
		{"\xff", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (text_is_utf8(rows[i].bytes, strlen(rows[i].bytes)) != rows[i].is_utf8)
			fail_msg("row %zu is %s", i, rows[i].is_utf8 ? "UTF-8" : "not UTF-8");
	assert_false(text_is_utf8("a\0b", 3));
	(void)state;
}

static void equal_takes_null(void **state)
{
	assert_true(text_equal(NULL, NULL));
	assert_true(text_equal("a", "a"));
	assert_false(text_equal("a", "b"));
	assert_false(text_equal(NULL, ""));
	assert_false(text_equal("", NULL));
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_grows),
		cmocka_unit_test(each_escape_is_right),
		cmocka_unit_test(json_reads_back),
		cmocka_unit_test(utf8_is_told_from_bytes),
		cmocka_unit_test(equal_takes_null),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
