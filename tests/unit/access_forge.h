/* For tests of access tokens: throwaway RSA keys, and tokens of any header and payload, signed in
 * any way, without the library under test. */
#ifndef CARE_TESTS_ACCESS_FORGE_H
#define CARE_TESTS_ACCESS_FORGE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "lib/security/access_token.h"
#include "lib/security/digest.h"

#define FORGE_ISSUER "https://api.care.example"
#define FORGE_AUDIENCE "care-api"

enum forge_kind { FORGE_RS256, FORGE_RS384, FORGE_RS512, FORGE_PS256 };

struct forge_key {
	gnutls_x509_privkey_t x509;
	gnutls_privkey_t key;
};

static inline void forge_must(int code)
{
	if (code >= 0)
		return;
	fprintf(stderr, "gnutls: %s\n", gnutls_strerror(code));
	abort();
}

static inline void forge_key_make(struct forge_key *ret, gnutls_pk_algorithm_t kind, unsigned bits)
{
	forge_must(gnutls_x509_privkey_init(&ret->x509));
	forge_must(gnutls_x509_privkey_generate(ret->x509, kind, bits, 0));
	forge_must(gnutls_privkey_init(&ret->key));
	forge_must(gnutls_privkey_import_x509(ret->key, ret->x509, 0));
}

static inline void forge_key_free(struct forge_key *key)
{
	gnutls_privkey_deinit(key->key);
	gnutls_x509_privkey_deinit(key->x509);
}

/* PKCS#1 for RSA. */
static inline char *forge_private_pem(struct arena *arena, const struct forge_key *key)
{
	gnutls_datum_t pem;
	char *text;

	forge_must(gnutls_x509_privkey_export2(key->x509, GNUTLS_X509_FMT_PEM, &pem));
	text = arena_strndup(arena, (char *)pem.data, pem.size);
	gnutls_free(pem.data);
	return text;
}

/* PKCS#8; with a password it is encrypted. */
static inline char *forge_pkcs8_pem(
	struct arena *arena, const struct forge_key *key, const char *password)
{
	gnutls_datum_t pem;
	char *text;

	forge_must(gnutls_x509_privkey_export2_pkcs8(key->x509, GNUTLS_X509_FMT_PEM, password,
		password ? GNUTLS_PKCS_PBES2_AES_256 : GNUTLS_PKCS_PLAIN, &pem));
	text = arena_strndup(arena, (char *)pem.data, pem.size);
	gnutls_free(pem.data);
	return text;
}

static inline char *forge_public_pem(struct arena *arena, const struct forge_key *key)
{
	gnutls_pubkey_t public;
	gnutls_datum_t pem;
	char *text;

	forge_must(gnutls_pubkey_init(&public));
	forge_must(gnutls_pubkey_import_privkey(public, key->key, 0, 0));
	forge_must(gnutls_pubkey_export2(public, GNUTLS_X509_FMT_PEM, &pem));
	text = arena_strndup(arena, (char *)pem.data, pem.size);
	gnutls_free(pem.data);
	gnutls_pubkey_deinit(public);
	return text;
}

/* RFC 7638, written a second time on purpose. */
static inline char *forge_kid(struct arena *arena, const struct forge_key *key)
{
	gnutls_datum_t n, e;
	unsigned char digest[SHA256_SIZE];
	char *jwk;

	forge_must(gnutls_privkey_export_rsa_raw2(
		key->key, &n, &e, NULL, NULL, NULL, NULL, NULL, NULL, GNUTLS_EXPORT_FLAG_NO_LZ));
	jwk = arena_printf(arena, "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}",
		base64url_encode(arena, e.data, e.size), base64url_encode(arena, n.data, n.size));
	gnutls_free(n.data);
	gnutls_free(e.data);
	sha256_raw(jwk, strlen(jwk), digest);
	return base64url_encode(arena, digest, SHA256_SIZE);
}

/* A new file under TMPDIR with this mode; the caller unlinks it. */
static inline char *forge_file(struct arena *arena, const char *text, mode_t mode)
{
	const char *folder = getenv("TMPDIR");
	char *path = arena_printf(arena, "%s/access_XXXXXX", folder ? folder : "/tmp");
	int file = mkstemp(path);

	if (file < 0 || write(file, text, strlen(text)) != (ssize_t)strlen(text) ||
		fchmod(file, mode) != 0)
		abort();
	close(file);
	return path;
}

/* The keys of a file holding pem; NULL with the complaint when it is refused. */
static inline struct access_token_keys *forge_keys(
	struct arena *arena, const char *pem, mode_t mode, char complaint[256])
{
	char *path = forge_file(arena, pem, mode);
	struct access_token_keys *keys =
		access_token_keys_load(path, FORGE_ISSUER, FORGE_AUDIENCE, complaint, 256);

	unlink(path);
	return keys;
}

/* base64url of the signature over input. */
static inline char *forge_signature(
	struct arena *arena, const struct forge_key *key, enum forge_kind kind, const char *input)
{
	static const gnutls_sign_algorithm_t kinds[] = {
		[FORGE_RS256] = GNUTLS_SIGN_RSA_SHA256,
		[FORGE_RS384] = GNUTLS_SIGN_RSA_SHA384,
		[FORGE_RS512] = GNUTLS_SIGN_RSA_SHA512,
		[FORGE_PS256] = GNUTLS_SIGN_RSA_PSS_RSAE_SHA256,
	};
	gnutls_datum_t data = {
		(unsigned char *)arena_strdup(arena, input), (unsigned)strlen(input)};
	gnutls_datum_t signature;
	char *text;

	forge_must(gnutls_privkey_sign_data2(key->key, kinds[kind], 0, &data, &signature));
	text = base64url_encode(arena, signature.data, signature.size);
	gnutls_free(signature.data);
	return text;
}

/* header.payload, not signed */
static inline char *forge_input(struct arena *arena, const char *header, const char *payload)
{
	return arena_printf(arena, "%s.%s", base64url_encode(arena, header, strlen(header)),
		base64url_encode(arena, payload, strlen(payload)));
}

/* A whole RS256 token. */
static inline char *forge_token(
	struct arena *arena, const struct forge_key *key, const char *header, const char *payload)
{
	char *input = forge_input(arena, header, payload);

	return arena_printf(arena, "%s.%s", input, forge_signature(arena, key, FORGE_RS256, input));
}

#endif
