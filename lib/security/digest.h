/* Digests, MACs, derived keys and random bytes, all from GnuTLS. A failure of GnuTLS itself here
 * means that the process cannot be trusted with keys, and aborts it. Safe in threads. */
#ifndef CARE_SECURITY_DIGEST_H
#define CARE_SECURITY_DIGEST_H

#include <stddef.h>

#include "lib/core/arena.h"
#include "lib/security/encode.h"

enum { SHA256_SIZE = 32, KEY_SIZE = 32, HMAC_SIZE_MAX = 64 };

enum hmac_kind { HMAC_SHA1, HMAC_SHA256, HMAC_SHA512 };

/* Borrowed bytes; NULL is allowed with length 0. */
struct span {
	const void *bytes;
	size_t length;
};

/* The bytes of a NUL-terminated text, without the NUL; NULL becomes the empty span. */
struct span span_text(const char *text);

void sha256_raw(const void *bytes, size_t length, unsigned char ret[SHA256_SIZE]);

/* 64 lower-case hex characters. */
char *sha256_hex(struct arena *arena, const void *bytes, size_t length);

/* RFC 2104. Returns how many bytes of ret it filled: 20, 32 or 64. */
size_t hmac_raw(enum hmac_kind kind, struct span key, struct span message,
	unsigned char ret[HMAC_SIZE_MAX]);

/* Lower-case hex; and base64 with padding, as Twilio and Mandrill send theirs. */
char *hmac_hex(struct arena *arena, enum hmac_kind kind, struct span key, struct span message);
char *hmac_base64(struct arena *arena, enum hmac_kind kind, struct span key, struct span message);

/* HKDF with SHA-256 (RFC 5869); length is at most 8,160 bytes. */
void hkdf_sha256(
	struct span secret, struct span salt, struct span info, unsigned char *ret, size_t length);

/* The key for one purpose ("link_token", "refresh_token", …), derived from the root key that
 * CARE_SECRET_KEY holds as 64 hex characters. The configuration has checked that text; anything
 * else here is a bug and aborts. The caller derives once at start and keeps the key. */
void key_derive(const char *root_hex, const char *purpose, unsigned char ret[KEY_SIZE]);

/* Bytes fit for keys. */
void random_fill(void *ret, size_t length);

/* length random bytes as base64url. */
char *random_text(struct arena *arena, size_t length);

#endif
