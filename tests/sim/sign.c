/* The vendors' signatures (GnuTLS), and the encoding of forms. */
#include "tests/sim/sign.h"

#include <ctype.h>
#include <glib.h>
#include <gnutls/crypto.h>
#include <stdlib.h>
#include <string.h>

enum { DIGEST_MAX = 64 };

static char *sign_hex(struct arena *arena, gnutls_mac_algorithm_t algorithm, const char *key,
	const struct text *data)
{
	unsigned char digest[DIGEST_MAX];
	size_t size = gnutls_hmac_get_len(algorithm);
	struct text *hex = text_new(arena);

	gnutls_hmac_fast(algorithm, key, strlen(key), data->data, data->length, digest);
	for (size_t i = 0; i < size; i++)
		text_addf(hex, "%02x", digest[i]);
	return hex->data;
}

char *sign_sha512(struct arena *arena, const char *key, const char *bytes, size_t length)
{
	struct text data = {.data = (char *)bytes, .length = length};

	return sign_hex(arena, GNUTLS_MAC_SHA512, key, &data);
}

char *sign_sha256(struct arena *arena, const char *key, const char *bytes, size_t length)
{
	struct text data = {.data = (char *)bytes, .length = length};

	return sign_hex(arena, GNUTLS_MAC_SHA256, key, &data);
}

char *encode_base64(struct arena *arena, const char *bytes, size_t length)
{
	char *encoded = g_base64_encode((const guchar *)bytes, length);

	arena_defer(arena, g_free, encoded);
	return encoded;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char *sign_form(struct arena *arena, const char *key, const char *url, const json_t *fields)
{
	size_t count = json_object_size(fields), at = 0;
	const char **names = arena_alloc(arena, (count + 1) * sizeof(*names)), *name;
	struct text *data = text_new(arena);
	unsigned char digest[DIGEST_MAX];
	json_t *value;

	json_object_foreach((json_t *)fields, name, value) names[at++] = name;
	qsort(names, count, sizeof(*names), by_name);
	text_add_bytes(data, url, strcspn(url, "#"));
	for (at = 0; at < count; at++) {
		text_add(data, names[at]);
		text_add(data, json_string_value(json_object_get(fields, names[at])));
	}
	gnutls_hmac_fast(GNUTLS_MAC_SHA1, key, strlen(key), data->data, data->length, digest);
	return encode_base64(arena, (const char *)digest, gnutls_hmac_get_len(GNUTLS_MAC_SHA1));
}

static void add_encoded(struct text *text, const char *value)
{
	for (; *value; value++) {
		unsigned char byte = (unsigned char)*value;

		if (byte == ' ')
			text_add_bytes(text, "+", 1);
		else if (byte < 128 && (isalnum(byte) || strchr("-._", byte)))
			text_add_bytes(text, value, 1);
		else
			text_addf(text, "%%%02X", byte);
	}
}

struct text *form_encode(struct arena *arena, const json_t *fields)
{
	struct text *text = text_new(arena);
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)fields, name, value)
	{
		if (text->length)
			text_add(text, "&");
		add_encoded(text, name);
		text_add(text, "=");
		add_encoded(text, json_string_value(value));
	}
	return text;
}
