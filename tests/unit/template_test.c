/* Templates: replacement, escapes, what is missing; and the length of an SMS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/core/text.h"
#include "lib/domain/template.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const struct template_variable variables[] = {
	{"name", "Ada"},
	{"empty", ""},
	{"null", NULL},
	{"html", "<b>\"O'Neil\" & co</b>"},
	{"lines", "one\r\nBcc: x@example.com\n\ttwo\x01\x7f"},
	{"wide",
		"a\xc2\x85"
		"b\u2028c\u2029d é₦"},
	{"braces", "{{name}}"},
	{NULL, NULL},
};

static void variables_are_replaced(void **state)
{
	static const struct {
		enum template_escape escape;
		const char *source, *expected;
	} rows[] = {
		{TEMPLATE_TEXT, "", ""},
		{TEMPLATE_TEXT, "no braces { } }} {x}", "no braces { } }} {x}"},
		{TEMPLATE_TEXT, "Hello {{name}}!", "Hello Ada!"},
		{TEMPLATE_TEXT, "{{name}}{{ name }}{{empty}}.", "AdaAda."},
		{TEMPLATE_TEXT, "{{html}}", "<b>\"O'Neil\" & co</b>"},
		{TEMPLATE_TEXT, "{{braces}} {{name}}", "{{name}} Ada"},
		{TEMPLATE_TEXT, "{{lines}}", "one \nBcc: x@example.com\n two  "},
		{TEMPLATE_TEXT, "{{wide}}", "a b\u2028c\u2029d é₦"},
		{TEMPLATE_TEXT, "a\r\n\tb", "a\r\n\tb"},
		{TEMPLATE_HTML, "<p>{{html}}</p>",
			"<p>&lt;b&gt;&quot;O&#39;Neil&quot; &amp; co&lt;/b&gt;</p>"},
		{TEMPLATE_HTML, "{{lines}}", "one \nBcc: x@example.com\n two  "},
		{TEMPLATE_HEADER, "Re: {{lines}}", "Re: one  Bcc: x@example.com  two  "},
		{TEMPLATE_HEADER, "{{wide}}", "a b c d é₦"},
		{TEMPLATE_HEADER, "a\r\nb {{name}}\n", "a  b Ada "},
		{TEMPLATE_HEADER, "{{html}}", "<b>\"O'Neil\" & co</b>"},
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *missing = NULL;
		char *text =
			template_render(arena, rows[i].source, rows[i].escape, variables, &missing);

		assert_null(missing);
		assert_string_equal(text, rows[i].expected);
	}
	arena_free(arena);
	(void)state;
}

static void what_is_missing_is_named(void **state)
{
	static const struct {
		const char *source, *missing;
	} rows[] = {
		{"{{name}} {{ surname }} {{other}}", "surname"},
		{"{{null}}", "null"},
		{"{{}}", ""},
		{"{{Name}}", "Name"},
		{"Hello {{name", "{{name"},
		{"{{name}} and {{na} me", "{{na} me"},
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *missing = NULL;

		assert_null(
			template_render(arena, rows[i].source, TEMPLATE_TEXT, variables, &missing));
		assert_string_equal(missing, rows[i].missing);
	}
	arena_free(arena);
	(void)state;
}

static char *repeat(struct arena *arena, const char *unit, size_t count, const char *end)
{
	struct text *text = text_new(arena);

	while (count--)
		text_add(text, unit);
	text_add(text, end);
	return text->data;
}

static void segments_are_counted(void **state)
{
	static const struct {
		const char *unit;
		size_t count;
		const char *end;
		size_t segments;
	} rows[] = {
		{"a", 0, "", 0},
		{"a", 1, "", 1},
		{"a", 160, "", 1},
		{"a", 161, "", 2},
		{"a", 306, "", 2},
		{"a", 307, "", 3},
		{"é", 160, "", 1}, /* in the GSM alphabet */
		{"€", 80, "", 1},  /* two septets each */
		{"€", 80, "a", 2},
		{"€", 76, "a", 1},
		{"€", 152, "a", 2}, /* one septet is left beside 76 pairs */
		{"[", 153, "", 3},  /* a pair is not split: not 76.5 in a segment */
		{"a", 159, "`", 3}, /* the one printable ASCII sign that is not GSM */
		{"a", 159, "₦", 3}, /* 160 characters of UCS-2 */
		{"ọ", 70, "", 1},
		{"ọ", 71, "", 2},
		{"ọ", 134, "", 2},
		{"ọ", 135, "", 3},
		{"😀", 35, "", 1}, /* surrogate pairs */
		{"😀", 36, "", 2},
		{"😀", 66, "", 2}, /* 33 pairs in a segment, not 33.5 */
		{"😀", 67, "", 3},
		{"\xff", 71, "", 2}, /* not UTF-8: each byte is a character */
		{"\t", 71, "", 2},   /* not in the GSM alphabet */
		{"\n", 160, "", 1},
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < COUNT(rows); i++) {
		char *text = repeat(arena, rows[i].unit, rows[i].count, rows[i].end);

		if (template_sms_segments(text) != rows[i].segments)
			fail_msg("row %zu gave %zu", i, template_sms_segments(text));
	}
	arena_free(arena);
	(void)state;
}

/* The 128 places of the alphabet but ESC, and the ten of its extension. */
static void the_gsm_alphabet_is_complete(void **state)
{
	static const char basic[] =
		"@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
	static const char extension[] = "\f^{}\\[~]|€";
	struct arena *arena = arena_new();

	/* 127 septets and 33 more fill one segment; 10 × 2 and 140 more do as well. */
	assert_int_equal(template_sms_segments(repeat(arena, "a", 33, basic)), 1);
	assert_int_equal(template_sms_segments(repeat(arena, "a", 34, basic)), 2);
	assert_int_equal(template_sms_segments(repeat(arena, "a", 140, extension)), 1);
	assert_int_equal(template_sms_segments(repeat(arena, "a", 141, extension)), 2);
	arena_free(arena);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_are_replaced),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(segments_are_counted),
		cmocka_unit_test(the_gsm_alphabet_is_complete),
	};

	return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}
