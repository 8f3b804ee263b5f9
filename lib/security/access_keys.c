/* Loads the PEM file of RSA keys and prints it as JWKS. */
#include "lib/security/access_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "lib/core/text.h"
#include "lib/security/digest.h"

enum { FILE_SIZE_MAX = 65536 };

struct access_token_keys {
	struct arena *arena;
	const char *issuer;
	const char *audience;
	size_t count;
	struct access_key key[ACCESS_KEYS_MAX];
};

/* Where the loader stands and what it will complain about. */
struct loader {
	struct access_token_keys *keys;
	const char *path;
	char *complaint;
	size_t complaint_size;
};

static bool complain(struct loader *loader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool complain(struct loader *loader, const char *format, ...)
{
	const char *why;
	va_list args;

	va_start(args, format);
	why = arena_vprintf(loader->keys->arena, format, args);
	va_end(args);
	snprintf(loader->complaint, loader->complaint_size, "%s: %s", loader->path, why);
	return false;
}

/* A secret in the arena is wiped before its block is freed: destructors run first. */
struct secret {
	char *bytes;
	size_t length;
};

static void wipe(void *object)
{
	struct secret *secret = object;

	gnutls_memset(secret->bytes, 0, secret->length);
}

static char *keep_secret(struct arena *arena, const void *bytes, size_t length)
{
	struct secret *secret = arena_alloc(arena, sizeof(*secret));

	secret->bytes = arena_strndup(arena, bytes, length);
	secret->length = length;
	arena_defer(arena, wipe, secret);
	return secret->bytes;
}

static bool file_is_private(struct loader *loader, int file)
{
	struct stat about;

	if (fstat(file, &about) != 0)
		return complain(loader, "%s", strerror(errno));
	if (!S_ISREG(about.st_mode))
		return complain(loader, "is not a regular file");
	if (about.st_mode & (S_IRWXG | S_IRWXO))
		return complain(loader, "is open to group or others (mode %04o); chmod it to 0600",
			(unsigned)(about.st_mode & 07777));
	if (about.st_size > FILE_SIZE_MAX)
		return complain(loader, "is larger than %d bytes", FILE_SIZE_MAX);
	return true;
}

static const char *read_all(struct loader *loader, int file)
{
	char bytes[FILE_SIZE_MAX];
	const char *text;
	size_t length = 0;
	ssize_t got;

	while ((got = read(file, bytes + length, sizeof(bytes) - length)) > 0)
		length += (size_t)got;
	text = keep_secret(loader->keys->arena, bytes, length);
	gnutls_memset(bytes, 0, sizeof(bytes));
	if (got == 0 && strlen(text) == length)
		return text;
	complain(loader, got ? "cannot be read" : "is not text");
	return NULL;
}

static const char *read_file(struct loader *loader)
{
	int file = open(loader->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *text = NULL;

	if (file < 0) {
		complain(loader, "%s", strerror(errno));
		return NULL;
	}
	if (file_is_private(loader, file))
		text = read_all(loader, file);
	close(file);
	return text;
}

/* n and e without leading zeros, as a JWK wants them; and the thumbprint over them (RFC 7638 §3.2:
 * the required members, in the order of their names, no spaces). */
static bool describe(struct loader *loader, gnutls_pubkey_t public, struct access_key *key)
{
	struct arena *arena = loader->keys->arena;
	gnutls_datum_t n, e;
	unsigned char digest[SHA256_SIZE];
	const char *jwk;

	if (gnutls_pubkey_export_rsa_raw2(public, &n, &e, GNUTLS_EXPORT_FLAG_NO_LZ) < 0)
		return complain(loader, "holds an RSA key that cannot be read");
	key->signature_size = n.size;
	key->modulus = base64url_encode(arena, n.data, n.size);
	key->exponent = base64url_encode(arena, e.data, e.size);
	gnutls_free(n.data);
	gnutls_free(e.data);
	jwk = arena_printf(
		arena, "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}", key->exponent, key->modulus);
	sha256_raw(jwk, strlen(jwk), digest);
	snprintf(key->kid, sizeof(key->kid), "%s", base64url_encode(arena, digest, SHA256_SIZE));
	return true;
}

static bool add_public(struct loader *loader, gnutls_pubkey_t public, struct access_key *key)
{
	unsigned bits = 0;
	gnutls_datum_t pem;

	if (gnutls_pubkey_get_pk_algorithm(public, &bits) != GNUTLS_PK_RSA)
		return complain(loader, "holds a key that is not plain RSA");
	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
		return complain(loader, "holds an RSA key of %u bits; %d to %d are taken", bits,
			RSA_BITS_MIN, RSA_BITS_MAX);
	if (!describe(loader, public, key))
		return false;
	if (access_token_keys_find(loader->keys, key->kid))
		return complain(loader, "holds one key twice");
	if (gnutls_pubkey_export2(public, GNUTLS_X509_FMT_PEM, &pem) < 0)
		return complain(loader, "holds an RSA key that cannot be written");
	key->public_pem = arena_strndup(loader->keys->arena, (char *)pem.data, pem.size);
	gnutls_free(pem.data);
	loader->keys->count++;
	return true;
}

/* libjwt reads the key from PEM at each use; PKCS#1 is the form it always understands. */
static bool add_private(struct loader *loader, gnutls_x509_privkey_t private,
	gnutls_pubkey_t public, struct access_key *key)
{
	gnutls_privkey_t abstract;
	gnutls_datum_t pem;
	bool made;

	if (gnutls_x509_privkey_get_pk_algorithm(private) != GNUTLS_PK_RSA)
		return complain(loader, "holds a key that is not plain RSA");
	if (gnutls_x509_privkey_verify_params(private) < 0)
		return complain(loader, "holds a private key whose numbers do not fit together");
	if (gnutls_privkey_init(&abstract) < 0)
		abort();
	made = gnutls_privkey_import_x509(abstract, private, 0) >= 0 &&
		gnutls_pubkey_import_privkey(public, abstract, 0, 0) >= 0 &&
		gnutls_x509_privkey_export2(private, GNUTLS_X509_FMT_PEM, &pem) >= 0;
	gnutls_privkey_deinit(abstract);
	if (!made)
		return complain(loader, "holds a private key that cannot be used");
	key->private_pem = keep_secret(loader->keys->arena, pem.data, pem.size);
	gnutls_memset(pem.data, 0, pem.size);
	gnutls_free(pem.data);
	return add_public(loader, public, key);
}

static bool add_private_block(
	struct loader *loader, const gnutls_datum_t *block, struct access_key *key)
{
	gnutls_x509_privkey_t private;
	gnutls_pubkey_t public;
	bool added;

	if (gnutls_x509_privkey_init(&private) < 0 || gnutls_pubkey_init(&public) < 0)
		abort();
	if (gnutls_x509_privkey_import2(
		    private, block, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN) < 0)
		added = complain(loader, "holds a private key that cannot be read");
	else
		added = add_private(loader, private, public, key);
	gnutls_pubkey_deinit(public);
	gnutls_x509_privkey_deinit(private);
	return added;
}

static bool add_public_block(
	struct loader *loader, const gnutls_datum_t *block, struct access_key *key)
{
	gnutls_pubkey_t public;
	bool added;

	if (loader->keys->count == 0)
		return complain(loader, "must begin with the private key that signs");
	if (gnutls_pubkey_init(&public) < 0)
		abort();
	if (gnutls_pubkey_import(public, block, GNUTLS_X509_FMT_PEM) < 0)
		added = complain(loader, "holds a public key that cannot be read");
	else
		added = add_public(loader, public, key);
	gnutls_pubkey_deinit(public);
	return added;
}

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static bool add_block(struct loader *loader, const char *block, size_t length)
{
	gnutls_datum_t datum = {
		(unsigned char *)keep_secret(loader->keys->arena, block, length), (unsigned)length};
	struct access_key *key = &loader->keys->key[loader->keys->count];

	if (loader->keys->count == ACCESS_KEYS_MAX)
		return complain(loader, "holds more than %d keys", ACCESS_KEYS_MAX);
	if (starts_with(block, "-----BEGIN PUBLIC KEY-----"))
		return add_public_block(loader, &datum, key);
	if (starts_with(block, "-----BEGIN PRIVATE KEY-----") ||
		starts_with(block, "-----BEGIN RSA PRIVATE KEY-----"))
		return add_private_block(loader, &datum, key);
	return complain(loader,
		"holds a PEM block that is neither an unencrypted RSA private key nor a public "
		"key");
}

/* Text between blocks is allowed, as in any PEM file (RFC 7468 §2). */
static bool add_blocks(struct loader *loader, const char *text)
{
	static const char begin[] = "-----BEGIN ", end[] = "-----END ";

	for (const char *block = strstr(text, begin); block; block = strstr(block, begin)) {
		const char *last = strstr(block, end);
		const char *stop = last ? strstr(last + sizeof(end) - 1, "-----") : NULL;

		if (!stop)
			return complain(loader, "holds a PEM block without an end");
		if (!add_block(loader, block, (size_t)(stop + 5 - block)))
			return false;
		block = stop + 5;
	}
	return loader->keys->count || complain(loader, "holds no PEM key");
}

struct access_token_keys *access_token_keys_load(const char *path, const char *issuer,
	const char *audience, char *complaint, size_t complaint_size)
{
	struct access_token_keys *keys = calloc(1, sizeof(*keys));
	struct loader loader = {keys, path, complaint, complaint_size};
	const char *text;

	if (!keys)
		abort();
	keys->arena = arena_new();
	keys->issuer = arena_strdup(keys->arena, issuer);
	keys->audience = arena_strdup(keys->arena, audience);
	text = read_file(&loader);
	if (text && add_blocks(&loader, text))
		return keys;
	access_token_keys_free(keys);
	return NULL;
}

void access_token_keys_free(struct access_token_keys *keys)
{
	if (!keys)
		return;
	arena_free(keys->arena);
	free(keys);
}

const struct access_key *access_token_keys_current(const struct access_token_keys *keys)
{
	return &keys->key[0];
}

const struct access_key *access_token_keys_find(
	const struct access_token_keys *keys, const char *kid)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->key[i].kid, kid) == 0)
			return &keys->key[i];
	return NULL;
}

const char *access_token_keys_issuer(const struct access_token_keys *keys)
{
	return keys->issuer;
}

const char *access_token_keys_audience(const struct access_token_keys *keys)
{
	return keys->audience;
}

char *access_token_jwks(struct arena *arena, const struct access_token_keys *keys)
{
	struct text *json = text_new(arena);

	text_add(json, "{\"keys\":[");
	for (size_t i = 0; i < keys->count; i++) {
		const struct access_key *key = &keys->key[i];

		text_addf(json,
			"%s{\"kty\":\"RSA\",\"use\":\"sig\",\"alg\":\"RS256\",\"kid\":\"%s\","
			"\"n\":\"%s\",\"e\":\"%s\"}",
			i ? "," : "", key->kid, key->modulus, key->exponent);
	}
	text_add(json, "]}");
	return json->data;
}
