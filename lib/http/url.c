/* Percent-decoding and query strings. */
#include "lib/http/url.h"

#include <string.h>

#include "lib/core/text.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

char *url_decode(struct arena *arena, const char *text, size_t length, bool plus_is_space)
{
	char *decoded = arena_alloc(arena, length + 1);
	size_t out = 0;

	for (size_t i = 0; i < length; i++) {
		int high, low;

		if (text[i] != '%') {
			decoded[out] = text[i];
			if (plus_is_space && text[i] == '+')
				decoded[out] = ' ';
			out++;
			continue;
		}
		high = i + 2 < length ? hex_digit(text[i + 1]) : -1;
		low = i + 2 < length ? hex_digit(text[i + 2]) : -1;
		if (high < 0 || low < 0)
			return NULL;
		decoded[out++] = (char)(high << 4 | low);
		i += 2;
	}
	return text_is_utf8(decoded, out) ? decoded : NULL;
}

static bool add_pair(struct arena *arena, const char *text, size_t length, struct query *query)
{
	const char *equals = memchr(text, '=', length);
	size_t name_length = equals ? (size_t)(equals - text) : length;
	struct query_pair *pair = &query->pairs[query->count];

	if (length == 0)
		return true;
	if (query->count == QUERY_PAIRS_MAX)
		return false;
	pair->name = url_decode(arena, text, name_length, true);
	pair->value = equals ? url_decode(arena, equals + 1, length - name_length - 1, true) : "";
	query->count++;
	return pair->name && pair->value;
}

bool query_parse(struct arena *arena, const char *text, struct query *ret)
{
	ret->count = 0;
	while (text && *text) {
		size_t length = strcspn(text, "&");

		if (!add_pair(arena, text, length, ret))
			return false;
		text += length + (text[length] == '&');
	}
	return true;
}
