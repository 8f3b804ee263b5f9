/* SHA-256, HMAC, HKDF and random bytes on GnuTLS. */
#include "lib/security/digest.h"

#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

static void must(int code)
{
	if (code < 0)
		abort();
}

/* GnuTLS takes pointers to plain bytes and never writes through them. */
static gnutls_datum_t datum(struct span span)
{
	gnutls_datum_t datum;

	datum.data = span.bytes ? (unsigned char *)span.bytes : (unsigned char *)"";
	datum.size = (unsigned)span.length;
	return datum;
}

struct span span_text(const char *text)
{
	return (struct span){text, text ? strlen(text) : 0};
}

void sha256_raw(const void *bytes, size_t length, unsigned char ret[SHA256_SIZE])
{
	must(gnutls_hash_fast(GNUTLS_DIG_SHA256, length ? bytes : "", length, ret));
}

char *sha256_hex(struct arena *arena, const void *bytes, size_t length)
{
	unsigned char digest[SHA256_SIZE];

	sha256_raw(bytes, length, digest);
	return hex_encode(arena, digest, sizeof(digest));
}

static gnutls_mac_algorithm_t algorithm(enum hmac_kind kind)
{
	switch (kind) {
	case HMAC_SHA1:
		return GNUTLS_MAC_SHA1;
	case HMAC_SHA256:
		return GNUTLS_MAC_SHA256;
	case HMAC_SHA512:
		return GNUTLS_MAC_SHA512;
	}
	abort();
}

size_t hmac_raw(
	enum hmac_kind kind, struct span key, struct span message, unsigned char ret[HMAC_SIZE_MAX])
{
	gnutls_mac_algorithm_t mac = algorithm(kind);

	must(gnutls_hmac_fast(mac, key.length ? key.bytes : "", key.length,
		message.length ? message.bytes : "", message.length, ret));
	return gnutls_hmac_get_len(mac);
}

char *hmac_hex(struct arena *arena, enum hmac_kind kind, struct span key, struct span message)
{
	unsigned char mac[HMAC_SIZE_MAX];
	size_t length = hmac_raw(kind, key, message, mac);

	return hex_encode(arena, mac, length);
}

char *hmac_base64(struct arena *arena, enum hmac_kind kind, struct span key, struct span message)
{
	unsigned char mac[HMAC_SIZE_MAX];
	size_t length = hmac_raw(kind, key, message, mac);

	return base64_encode(arena, mac, length);
}

void hkdf_sha256(
	struct span secret, struct span salt, struct span info, unsigned char *ret, size_t length)
{
	unsigned char pseudorandom[SHA256_SIZE];
	gnutls_datum_t from = datum(secret), salted = datum(salt), context = datum(info);
	gnutls_datum_t extracted = {pseudorandom, sizeof(pseudorandom)};

	must(gnutls_hkdf_extract(GNUTLS_MAC_SHA256, &from, &salted, pseudorandom));
	must(gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &extracted, &context, ret, length));
	gnutls_memset(pseudorandom, 0, sizeof(pseudorandom));
}

void key_derive(const char *root_hex, const char *purpose, unsigned char ret[KEY_SIZE])
{
	unsigned char root[KEY_SIZE];

	if (!hex_decode(root_hex, root, sizeof(root)))
		abort();
	hkdf_sha256((struct span){root, sizeof(root)}, span_text("care key 1"), span_text(purpose),
		ret, KEY_SIZE);
	gnutls_memset(root, 0, sizeof(root));
}

void random_fill(void *ret, size_t length)
{
	must(gnutls_rnd(GNUTLS_RND_KEY, ret, length));
}

char *random_text(struct arena *arena, size_t length)
{
	unsigned char *bytes = arena_alloc(arena, length);

	random_fill(bytes, length);
	return base64url_encode(arena, bytes, length);
}
