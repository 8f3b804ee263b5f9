/* Control characters out, valid UTF-8 in. */
#include "lib/document/plain.h"

#include <glib.h>
#include <stdbool.h>

#include "lib/core/text.h"

static bool is_line_break(gunichar c)
{
	return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

static void add_character(struct text *plain, const char *at, enum plain_kind kind)
{
	gunichar c = g_utf8_get_char(at);

	if (is_line_break(c))
		text_add(plain, kind == PLAIN_LINES ? "\n" : " ");
	else if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		text_add(plain, " ");
	else
		text_add_bytes(plain, at, (size_t)(g_utf8_next_char(at) - at));
}

char *plain_text(struct arena *arena, const char *string, enum plain_kind kind)
{
	struct text *plain = text_new(arena);
	char *valid = g_utf8_make_valid(string ? string : "", -1);

	for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
		if (at[0] == '\r' && at[1] == '\n')
			at++;
		add_character(plain, at, kind);
	}
	g_free(valid);
	return plain->data;
}
