/* Hex, base64, base64url and UUID text. */
#include "lib/security/encode.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

static const char alphabet_plain[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char alphabet_url[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

char *hex_encode(struct arena *arena, const void *bytes, size_t length)
{
	const unsigned char *in = bytes;
	char *hex = arena_alloc(arena, 2 * length + 1);

	for (size_t i = 0; i < length; i++) {
		hex[2 * i] = hex_digits[in[i] >> 4];
		hex[2 * i + 1] = hex_digits[in[i] & 15];
	}
	return hex;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool hex_decode(const char *hex, unsigned char *ret, size_t length)
{
	if (!hex || strlen(hex) != 2 * length)
		return false;
	for (size_t i = 0; i < 2 * length; i++)
		if (hex_value(hex[i]) < 0)
			return false;
	for (size_t i = 0; i < length; i++)
		ret[i] = (unsigned char)(16 * hex_value(hex[2 * i]) + hex_value(hex[2 * i + 1]));
	return true;
}

/* Three bytes become four characters; the last group of one or two bytes two or three. */
static size_t encode_group(const unsigned char *in, size_t length, const char *alphabet, char *out)
{
	unsigned long bits = (unsigned long)in[0] << 16;
	size_t digits = length < 3 ? length + 1 : 4;

	if (length > 1)
		bits |= (unsigned long)in[1] << 8;
	if (length > 2)
		bits |= in[2];
	for (size_t i = 0; i < digits; i++)
		out[i] = alphabet[bits >> (18 - 6 * i) & 63];
	return digits;
}

/* Room for the padding too. */
static char *encode(
	struct arena *arena, const unsigned char *in, size_t length, const char *alphabet)
{
	char *text = arena_alloc(arena, length / 3 * 4 + 5);
	size_t out = 0;

	for (size_t at = 0; at < length; at += 3)
		out += encode_group(in + at, length - at, alphabet, text + out);
	return text;
}

char *base64_encode(struct arena *arena, const void *bytes, size_t length)
{
	char *text = encode(arena, bytes, length, alphabet_plain);

	for (size_t out = strlen(text); out % 4; out++)
		text[out] = '=';
	return text;
}

char *base64url_encode(struct arena *arena, const void *bytes, size_t length)
{
	return encode(arena, bytes, length, alphabet_url);
}

static int digit_value(char c, const char *alphabet)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == alphabet[62])
		return 62;
	return c == alphabet[63] ? 63 : -1;
}

/* digits is the text without padding. Bits of the last digit that make no whole byte must be zero.
 */
static unsigned char *decode(
	struct arena *arena, const char *text, size_t digits, const char *alphabet)
{
	unsigned char *bytes = arena_alloc(arena, digits / 4 * 3 + 3);
	unsigned long bits = 0;
	size_t out = 0;

	if (digits % 4 == 1)
		return NULL;
	for (size_t i = 0; i < digits; i++) {
		int value = digit_value(text[i], alphabet);

		if (value < 0)
			return NULL;
		bits = (bits << 6 | (unsigned long)value) & 0xffffff;
		if (i % 4)
			bytes[out++] = (unsigned char)(bits >> (6 - i % 4 * 2));
	}
	if (digits % 4 && bits & (digits % 4 == 2 ? 15 : 3))
		return NULL;
	return bytes;
}

unsigned char *base64url_decode(
	struct arena *arena, const char *text, size_t text_length, size_t *ret_length)
{
	unsigned char *bytes = decode(arena, text, text_length, alphabet_url);

	if (bytes)
		*ret_length = text_length * 3 / 4;
	return bytes;
}

unsigned char *base64_decode(
	struct arena *arena, const char *text, size_t text_length, size_t *ret_length)
{
	size_t digits = text_length;
	unsigned char *bytes;

	if (text_length % 4)
		return NULL;
	while (digits && text_length - digits < 2 && text[digits - 1] == '=')
		digits--;
	bytes = decode(arena, text, digits, alphabet_plain);
	if (bytes)
		*ret_length = digits * 3 / 4;
	return bytes;
}

static bool is_dash(size_t at)
{
	return at == 8 || at == 13 || at == 18 || at == 23;
}

bool uuid_parse(const char *text, unsigned char ret[UUID_SIZE])
{
	char hex[2 * UUID_SIZE + 1] = "";
	size_t out = 0;

	if (!text || strnlen(text, UUID_TEXT_SIZE) != UUID_TEXT_SIZE - 1)
		return false;
	for (size_t i = 0; i < UUID_TEXT_SIZE - 1; i++) {
		if (is_dash(i) != (text[i] == '-') || (text[i] >= 'A' && text[i] <= 'F'))
			return false;
		if (!is_dash(i))
			hex[out++] = text[i];
	}
	return hex_decode(hex, ret, UUID_SIZE);
}

void uuid_format(const unsigned char uuid[UUID_SIZE], char ret[UUID_TEXT_SIZE])
{
	size_t in = 0;

	for (size_t i = 0; i < UUID_TEXT_SIZE - 1; i++) {
		if (is_dash(i)) {
			ret[i] = '-';
			continue;
		}
		ret[i] = hex_digits[in % 2 ? uuid[in / 2] & 15 : uuid[in / 2] >> 4];
		in++;
	}
	ret[UUID_TEXT_SIZE - 1] = '\0';
}
