/* The keys access tokens are signed and verified with, and their public half as JWKS (RFC 7517). */
#ifndef CARE_SECURITY_ACCESS_KEYS_H
#define CARE_SECURITY_ACCESS_KEYS_H

#include <stddef.h>

#include "lib/core/arena.h"

enum { ACCESS_KEYS_MAX = 8, KID_LENGTH = 43, RSA_BITS_MIN = 2048, RSA_BITS_MAX = 4096 };

struct access_key {
	char kid[KID_LENGTH + 1]; /* RFC 7638 thumbprint, SHA-256, base64url */
	const char *private_pem;  /* NULL: this key only verifies */
	const char *public_pem;
	const char *modulus; /* n and e as in a JWK */
	const char *exponent;
	size_t signature_size; /* bytes: the modulus' */
};

/* Constant once loaded, so threads may share it. */
struct access_token_keys;

/* Reads up to ACCESS_KEYS_MAX RSA keys from one PEM file. The first is a private key and signs;
 * those after it (private or public: the next one, retired ones) only verify. To rotate: append the
 * new key, later move it to the front, later drop the old one, with a restart each time.
 *
 * The file must be a regular file that group and others may not read. tokens must carry exactly
 * this issuer and audience. NULL on any mistake, with one line in complaint that names the path,
 * never key material. */
struct access_token_keys *access_token_keys_load(const char *path, const char *issuer,
	const char *audience, char *complaint, size_t complaint_size);

/* Wipes the private keys. NULL is allowed. */
void access_token_keys_free(struct access_token_keys *keys);

/* The key that signs; never NULL. */
const struct access_key *access_token_keys_current(const struct access_token_keys *keys);

/* NULL when no key has this kid. */
const struct access_key *access_token_keys_find(
	const struct access_token_keys *keys, const char *kid);

const char *access_token_keys_issuer(const struct access_token_keys *keys);
const char *access_token_keys_audience(const struct access_token_keys *keys);

/* {"keys":[…]} of all public keys, the current one first: the body of /.well-known/jwks.json. */
char *access_token_jwks(struct arena *arena, const struct access_token_keys *keys);

#endif
