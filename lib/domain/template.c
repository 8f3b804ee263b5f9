/* Filling in message templates, and what they cost as SMS. */
#include "lib/domain/template.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/core/text.h"

/* The code point at *at, which moves behind it. A byte that starts no valid sequence counts as one
 * character of its own. */
static uint32_t next_point(const char **at)
{
	const unsigned char *p = (const unsigned char *)*at;
	size_t more = p[0] >= 0xf0 ? 3 : p[0] >= 0xe0 ? 2 : p[0] >= 0xc0 ? 1 : 0;
	uint32_t point = more ? p[0] & (0x3fU >> more) : p[0];

	*at += 1;
	if (strnlen((const char *)p, more + 1) <= more || !text_is_utf8((const char *)p, more + 1))
		return p[0];
	for (size_t i = 1; i <= more; i++)
		point = point << 6 | (p[i] & 0x3f);
	*at += more;
	return point;
}

static bool is_control(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0);
}

static bool is_line_separator(uint32_t point)
{
	return point == 0x2028 || point == 0x2029;
}

static bool is_allowed(uint32_t point, enum template_escape escape)
{
	if (escape == TEMPLATE_HEADER)
		return !is_control(point) && !is_line_separator(point);
	return !is_control(point) || point == '\n';
}

static char *clean(struct arena *arena, const char *value, enum template_escape escape)
{
	struct text *text = text_new(arena);

	while (*value) {
		const char *start = value;

		if (is_allowed(next_point(&value), escape))
			text_add_bytes(text, start, (size_t)(value - start));
		else
			text_add(text, " ");
	}
	return text->data;
}

static void add_value(struct text *text, const char *value, enum template_escape escape)
{
	char *cleaned = clean(text->arena, value, escape);

	if (escape == TEMPLATE_HTML)
		text_add_html(text, cleaned);
	else
		text_add(text, cleaned);
}

static void add_literal(
	struct text *text, const char *bytes, size_t length, enum template_escape escape)
{
	if (escape == TEMPLATE_HEADER)
		add_value(text, arena_strndup(text->arena, bytes, length), escape);
	else
		text_add_bytes(text, bytes, length);
}

static const char *find_value(const struct template_variable *variables, const char *name)
{
	for (; variables->name; variables++)
		if (strcmp(variables->name, name) == 0)
			return variables->value;
	return NULL;
}

/* The name between the braces without the blanks around it. */
static char *trim(struct arena *arena, const char *start, const char *end)
{
	while (start < end && *start == ' ')
		start++;
	while (start < end && end[-1] == ' ')
		end--;
	return arena_strndup(arena, start, (size_t)(end - start));
}

char *template_render(struct arena *arena, const char *source, enum template_escape escape,
	const struct template_variable *variables, const char **ret_missing)
{
	struct text *text = text_new(arena);
	const char *open;

	while ((open = strstr(source, "{{"))) {
		const char *close = strstr(open + 2, "}}");
		char *name = close ? trim(arena, open + 2, close) : NULL;
		const char *value = name ? find_value(variables, name) : NULL;

		if (!value) {
			*ret_missing = name ? name : arena_strdup(arena, open);
			return NULL;
		}
		add_literal(text, source, (size_t)(open - source), escape);
		add_value(text, value, escape);
		source = close + 2;
	}
	add_literal(text, source, strlen(source), escape);
	return text->data;
}

/* What GSM 03.38 has beside printable ASCII; the backquote is the one ASCII sign it lacks. */
static const char gsm_more[] = "\n\r£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà";
static const char gsm_twice[] = "\f^{}\\[~]|€";

static bool is_among(const char *set, uint32_t point)
{
	while (*set)
		if (next_point(&set) == point)
			return true;
	return false;
}

/* Septets of a character in the GSM alphabet; 0 when it is not in it. */
static size_t gsm_units(uint32_t point)
{
	if (is_among(gsm_twice, point))
		return 2;
	if (point >= 0x20 && point < 0x7f)
		return point == '`' ? 0 : 1;
	return is_among(gsm_more, point) ? 1 : 0;
}

static size_t ucs2_units(uint32_t point)
{
	return point > 0xffff ? 2 : 1;
}

struct alphabet {
	size_t (*units)(uint32_t point);
	size_t alone; /* units of a message of one segment */
	size_t part;  /* units of a segment among several, which carry a header */
};

static const struct alphabet gsm = {gsm_units, 160, 153};
static const struct alphabet ucs2 = {ucs2_units, 70, 67};

static const struct alphabet *choose_alphabet(const char *utf8)
{
	while (*utf8)
		if (!gsm_units(next_point(&utf8)))
			return &ucs2;
	return &gsm;
}

size_t template_sms_segments(const char *utf8)
{
	const struct alphabet *alphabet = choose_alphabet(utf8);
	size_t total = 0, segments = 0, left = 0;

	while (*utf8) {
		size_t units = alphabet->units(next_point(&utf8));

		total += units;
		if (units > left) {
			segments++;
			left = alphabet->part;
		}
		left -= units;
	}
	return total && total <= alphabet->alone ? 1 : segments;
}
