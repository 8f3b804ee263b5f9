/* Decoding of forms; see form.h. */
#include "lib/provider/form.h"

#include <string.h>

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

static const char *decode(struct arena *arena, const char *bytes, size_t length, size_t *ret_length)
{
	char *out = arena_alloc(arena, length + 1);
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		int high = i + 2 < length ? hex_digit(bytes[i + 1]) : -1;
		int low = i + 2 < length ? hex_digit(bytes[i + 2]) : -1;

		if (bytes[i] == '%' && high >= 0 && low >= 0) {
			out[used++] = (char)(high << 4 | low);
			i += 2;
		} else {
			out[used] = bytes[i];
			if (out[used] == '+')
				out[used] = ' ';
			used++;
		}
	}
	*ret_length = used;
	return out;
}

static size_t count_pieces(const char *body, size_t length)
{
	size_t count = 1;

	for (size_t i = 0; i < length; i++)
		count += body[i] == '&';
	return count;
}

static struct form_field field(struct arena *arena, const char *piece, size_t length)
{
	const char *equals = memchr(piece, '=', length);
	size_t name_length = equals ? (size_t)(equals - piece) : length;
	size_t value_at = equals ? name_length + 1 : length;
	struct form_field field;

	field.name = decode(arena, piece, name_length, &field.name_length);
	field.value = decode(arena, piece + value_at, length - value_at, &field.value_length);
	return field;
}

void form_parse(struct arena *arena, const char *body, size_t length, struct form *ret)
{
	struct form_field *fields =
		arena_alloc(arena, count_pieces(body, length) * sizeof(*fields));
	size_t count = 0;

	for (size_t at = 0; at < length;) {
		const char *end = memchr(body + at, '&', length - at);
		size_t piece = end ? (size_t)(end - body) - at : length - at;

		if (piece)
			fields[count++] = field(arena, body + at, piece);
		at += piece + 1;
	}
	*ret = (struct form){.fields = fields, .count = count};
}

const char *form_value(const struct form *form, const char *name)
{
	for (size_t i = 0; i < form->count; i++) {
		if (strcmp(form->fields[i].name, name) == 0)
			return form->fields[i].value;
	}
	return NULL;
}
