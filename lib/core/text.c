/* Growing text and escaping. */
#include "lib/core/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct text *text_new(struct arena *arena)
{
	struct text *text = arena_alloc(arena, sizeof(*text));

	text->arena = arena;
	text->capacity = 256;
	text->data = arena_alloc(arena, text->capacity);
	return text;
}

static void reserve(struct text *text, size_t more)
{
	char *bigger;

	if (text->length + more < text->capacity)
		return;
	text->capacity = 2 * text->capacity + more + 1;
	bigger = arena_alloc(text->arena, text->capacity);
	memcpy(bigger, text->data, text->length);
	text->data = bigger;
}

void text_add_bytes(struct text *text, const char *bytes, size_t length)
{
	reserve(text, length);
	if (length)
		memcpy(text->data + text->length, bytes, length);
	text->length += length;
	text->data[text->length] = '\0';
}

void text_add(struct text *text, const char *string)
{
	text_add_bytes(text, string, strlen(string));
}

void text_addf(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_add(text, arena_vprintf(text->arena, format, args));
	va_end(args);
}

static void add_json_char(struct text *text, unsigned char c)
{
	switch (c) {
	case '"':
		text_add(text, "\\\"");
		break;
	case '\\':
		text_add(text, "\\\\");
		break;
	case '\n':
		text_add(text, "\\n");
		break;
	default:
		if (c < 0x20 || c == 0x7f)
			text_addf(text, "\\u%04x", c);
		else
			text_add_bytes(text, (const char *)&c, 1);
	}
}

void text_add_json(struct text *text, const char *string)
{
	if (!string) {
		text_add(text, "null");
		return;
	}
	text_add(text, "\"");
	for (; *string; string++)
		add_json_char(text, (unsigned char)*string);
	text_add(text, "\"");
}

static const char *html_entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void text_add_html(struct text *text, const char *string)
{
	for (; *string; string++) {
		const char *entity = html_entity(*string);

		if (entity)
			text_add(text, entity);
		else
			text_add_bytes(text, string, 1);
	}
}

static bool is_unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '-' || c == '.' || c == '_' || c == '~';
}

void text_add_url(struct text *text, const char *string)
{
	for (; *string; string++) {
		unsigned char c = (unsigned char)*string;

		if (is_unreserved(c))
			text_add_bytes(text, string, 1);
		else
			text_addf(text, "%%%02X", c);
	}
}

/* The length of the sequence that starts with lead, and the smallest code point it may hold. */
static size_t sequence_length(unsigned char lead, uint32_t *ret_minimum)
{
	if (lead < 0x80) {
		*ret_minimum = 1;
		return 1;
	}
	if (lead >= 0xc2 && lead < 0xe0) {
		*ret_minimum = 0x80;
		return 2;
	}
	if (lead >= 0xe0 && lead < 0xf0) {
		*ret_minimum = 0x800;
		return 3;
	}
	if (lead >= 0xf0 && lead < 0xf5) {
		*ret_minimum = 0x10000;
		return 4;
	}
	return 0;
}

bool text_is_utf8(const char *bytes, size_t length)
{
	const unsigned char *p = (const unsigned char *)bytes;
	size_t at = 0;

	while (at < length) {
		uint32_t minimum = 0, point;
		size_t more = sequence_length(p[at], &minimum);

		if (!more || at + more > length)
			return false;
		point = more == 1 ? p[at] : p[at] & (0x7fU >> more);
		for (size_t i = 1; i < more; i++) {
			if ((p[at + i] & 0xc0) != 0x80)
				return false;
			point = point << 6 | (p[at + i] & 0x3f);
		}
		if (point < minimum || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
			return false;
		at += more;
	}
	return true;
}

char *text_lower(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text);

	for (char *at = copy; *at; at++) {
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');
	}
	return copy;
}

bool text_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}
