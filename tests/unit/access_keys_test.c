/* Key files and what they may hold, the public key set, and tokens signed with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>

#include "tests/unit/access_forge.h"

#define SUBJECT "018f2a6e-7b1c-7def-8abc-0123456789ab"
#define SESSION "018f2a6e-7b1c-7def-8abc-0123456789ac"

enum { NOW = 1800000000 };

/* RFC 7638 §3.1, its JWK written as PEM. */
static const char rfc_pem[] = "-----BEGIN PUBLIC KEY-----\n"
			      "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0vx7agoebGcQSuuPiLJX\n"
			      "ZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tS\n"
			      "oc/BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ/2W+5JsGY4Hc5n9yBXArwl93lqt\n"
			      "7/RN5w6Cf0h4QyQ5v+65YGjQR0/FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0\n"
			      "zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt+bFTWhAI4vMQFh6WeZu0f\n"
			      "M4lFd2NcRwr3XPksINHaQ+G/xBniIqbw0Ls1jF44+csFCur+kEgU8awapJzKnqDK\n"
			      "gwIDAQAB\n"
			      "-----END PUBLIC KEY-----\n";
static const char rfc_kid[] = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";

static struct arena *arena;
static struct forge_key first, second;
static struct access_token_keys *keys;

static int open_keys(void **state)
{
	char complaint[256];

	(void)state;
	arena = arena_new();
	forge_key_make(&first, GNUTLS_PK_RSA, 2048);
	forge_key_make(&second, GNUTLS_PK_RSA, 3072);
	keys = forge_keys(arena,
		arena_printf(arena, "%s%s%s", forge_private_pem(arena, &first),
			forge_pkcs8_pem(arena, &second, NULL), rfc_pem),
		0600, complaint);
	return keys ? 0 : -1;
}

static int close_keys(void **state)
{
	(void)state;
	access_token_keys_free(keys);
	forge_key_free(&first);
	forge_key_free(&second);
	arena_free(arena);
	return 0;
}

static struct access_claims good_claims(void)
{
	return (struct access_claims){.subject = SUBJECT,
		.session_id = SESSION,
		.role = ACCESS_STAFF,
		.scope = "bookings:read invoices:read",
		.id = "abc-DEF_123",
		.issued_at_s = NOW,
		.expires_at_s = NOW + 900};
}

static const char *good_token(void)
{
	struct access_claims claims = good_claims();

	return access_token_sign(arena, keys, &claims);
}

static void keys_are_found_by_thumbprint(void **state)
{
	const struct access_key *current = access_token_keys_current(keys);

	(void)state;
	assert_string_equal(current->kid, forge_kid(arena, &first));
	assert_int_equal(current->signature_size, 256);
	assert_string_equal(current->exponent, "AQAB");
	assert_ptr_equal(access_token_keys_find(keys, current->kid), current);
	assert_int_equal(
		access_token_keys_find(keys, forge_kid(arena, &second))->signature_size, 384);
	assert_null(access_token_keys_find(keys, rfc_kid)->private_pem);
	assert_null(access_token_keys_find(keys, ""));
	assert_null(access_token_keys_find(keys, "AAAA"));
}

/* The key set shows public members only, the signing key first. */
static void jwks_is_public(void **state)
{
	json_t *jwks = json_loads(access_token_jwks(arena, keys), JSON_REJECT_DUPLICATES, NULL);
	json_t *list = json_object_get(jwks, "keys"), *key;
	size_t i;

	(void)state;
	assert_int_equal(json_array_size(list), 3);
	json_array_foreach(list, i, key)
	{
		assert_int_equal(json_object_size(key), 6);
		assert_string_equal(json_string_value(json_object_get(key, "kty")), "RSA");
		assert_string_equal(json_string_value(json_object_get(key, "use")), "sig");
		assert_string_equal(json_string_value(json_object_get(key, "alg")), "RS256");
		assert_string_equal(json_string_value(json_object_get(key, "e")), "AQAB");
		assert_in_range(json_string_length(json_object_get(key, "n")), 342, 512);
	}
	key = json_array_get(list, 0);
	assert_string_equal(json_string_value(json_object_get(key, "kid")),
		access_token_keys_current(keys)->kid);
	json_decref(jwks);
}

static void refuse(const char *pem, mode_t mode, const char *why)
{
	char complaint[256] = "";
	struct access_token_keys *got = forge_keys(arena, pem, mode, complaint);

	if (got || !strstr(complaint, why))
		print_error("expected \"%s\", got \"%s\"\n", why, complaint);
	assert_null(got);
	assert_non_null(strstr(complaint, why));
	assert_null(strstr(complaint, "BEGIN"));
}

static void files_open_to_others_are_refused(void **state)
{
	static const mode_t modes[] = {0640, 0604, 0660, 0644, 0610, 0601, 0777};
	const char *pem = forge_private_pem(arena, &first);
	char complaint[256];
	struct access_token_keys *got = forge_keys(arena, pem, 0400, complaint);

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		refuse(pem, modes[i], "is open to group or others");
	assert_non_null(got);
	access_token_keys_free(got);
}

static void bad_files_are_refused(void **state)
{
	const char *pem = forge_private_pem(arena, &first);
	struct forge_key elliptic, edwards;
	char complaint[256];

	(void)state;
	forge_key_make(
		&elliptic, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1));
	forge_key_make(&edwards, GNUTLS_PK_EDDSA_ED25519, 256);
	refuse("", 0600, "holds no PEM key");
	refuse("just text", 0600, "holds no PEM key");
	refuse(rfc_pem, 0600, "must begin with the private key");
	refuse(arena_printf(arena, "%s%s", pem, pem), 0600, "holds one key twice");
	refuse(arena_printf(arena, "%s%s", pem, forge_public_pem(arena, &first)), 0600, "twice");
	refuse(arena_printf(arena, "%.300s", pem), 0600, "without an end");
	refuse(arena_printf(arena, "%.300s\n-----END RSA PRIVATE KEY-----\n", pem), 0600,
		"cannot be read");
	refuse(forge_pkcs8_pem(arena, &elliptic, NULL), 0600, "not plain RSA");
	refuse(forge_pkcs8_pem(arena, &edwards, NULL), 0600, "not plain RSA");
	refuse(arena_printf(arena, "%s%s", pem, forge_public_pem(arena, &elliptic)), 0600,
		"not plain RSA");
	refuse(forge_pkcs8_pem(arena, &first, "secret"), 0600, "unencrypted");
	refuse("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 0600, "neither");
	refuse(arena_printf(arena, "%70000s", pem), 0600, "is larger than");
	assert_null(access_token_keys_load("/nowhere/key.pem", "i", "a", complaint, 256));
	assert_string_equal(complaint, "/nowhere/key.pem: No such file or directory");
	assert_null(access_token_keys_load("/", "i", "a", complaint, 256));
	assert_string_equal(complaint, "/: is not a regular file");
	forge_key_free(&elliptic);
	forge_key_free(&edwards);
}

static void short_and_long_keys_are_refused(void **state)
{
	struct forge_key small;

	(void)state;
	forge_key_make(&small, GNUTLS_PK_RSA, 1024);
	refuse(forge_private_pem(arena, &small), 0600, "RSA key of 1024 bits");
	refuse(arena_printf(arena, "%s%s", forge_private_pem(arena, &first),
		       forge_public_pem(arena, &small)),
		0600, "RSA key of 1024 bits");
	forge_key_free(&small);
}

static void keys_are_not_without_number(void **state)
{
	char *pem = forge_private_pem(arena, &first);

	(void)state;
	for (int i = 0; i < ACCESS_KEYS_MAX; i++) {
		struct forge_key more;

		forge_key_make(&more, GNUTLS_PK_RSA, 2048);
		pem = arena_printf(arena, "%s%s", pem, forge_public_pem(arena, &more));
		forge_key_free(&more);
	}
	refuse(pem, 0600, "holds more than 8 keys");
}

static void good_tokens_verify(void **state)
{
	static const enum access_role roles[] = {
		ACCESS_CLIENT, ACCESS_STAFF, ACCESS_ADMIN, ACCESS_INTEGRATOR};
	struct access_claims claims = good_claims(), got;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		claims.role = roles[i];
		assert_int_equal(access_token_verify(
					 keys, access_token_sign(arena, keys, &claims), NOW, &got),
			ACCESS_OK);
		claims.not_before_s = NOW;
		assert_memory_equal(&got, &claims, sizeof(got));
	}
	claims.id[0] = '\0';
	claims.scope[0] = '\0';
	assert_int_equal(
		access_token_verify(keys, access_token_sign(arena, keys, &claims), NOW, &got),
		ACCESS_OK);
	assert_int_equal(strlen(got.id), 22);
	assert_string_equal(got.scope, "");
}

static void sign_refuses_what_verify_would(void **state)
{
	struct access_claims claims = good_claims();

	(void)state;
	memcpy(claims.subject, "nobody", 7);
	assert_null(access_token_sign(arena, keys, &claims));
	claims = good_claims();
	claims.expires_at_s = NOW + ACCESS_LIFETIME_S_MAX + 1;
	assert_null(access_token_sign(arena, keys, &claims));
	claims = good_claims();
	claims.expires_at_s = NOW;
	assert_null(access_token_sign(arena, keys, &claims));
	claims = good_claims();
	memcpy(claims.scope, "two  spaces", 12);
	assert_null(access_token_sign(arena, keys, &claims));
}

static void clocks_may_differ_by_the_skew(void **state)
{
	const char *token = good_token();
	struct access_claims claims;

	(void)state;
	assert_int_equal(access_token_verify(keys, token, NOW + 900 + 29, &claims), ACCESS_OK);
	assert_int_equal(access_token_verify(keys, token, NOW + 900 + 30, &claims), ACCESS_EXPIRED);
	assert_int_equal(access_token_verify(keys, token, NOW - 30, &claims), ACCESS_OK);
	assert_int_equal(access_token_verify(keys, token, NOW - 31, &claims), ACCESS_NOT_YET);
}

/* The second key signs after a rotation; tokens of the first still verify, and the other way round.
 */
static void rotation_keeps_tokens_alive(void **state)
{
	char complaint[256];
	struct access_token_keys *rotated = forge_keys(arena,
		arena_printf(arena, "%s%s", forge_pkcs8_pem(arena, &second, NULL),
			forge_public_pem(arena, &first)),
		0600, complaint);
	struct access_claims claims = good_claims(), got;
	const char *before = good_token(), *after = access_token_sign(arena, rotated, &claims);

	(void)state;
	assert_string_equal(access_token_keys_current(rotated)->kid, forge_kid(arena, &second));
	assert_int_equal(access_token_verify(rotated, before, NOW, &got), ACCESS_OK);
	assert_int_equal(access_token_verify(keys, after, NOW, &got), ACCESS_OK);
	access_token_keys_free(rotated);
}

/* Another deployment with the same keys is still another issuer, and another audience. */
static void issuer_and_audience_are_part_of_it(void **state)
{
	char complaint[256];
	char *path = forge_file(arena, forge_private_pem(arena, &first), 0600);
	struct access_token_keys *issuer = access_token_keys_load(
		path, "https://other.example", FORGE_AUDIENCE, complaint, 256);
	struct access_token_keys *audience =
		access_token_keys_load(path, FORGE_ISSUER, "other", complaint, 256);
	struct access_claims claims;

	(void)state;
	unlink(path);
	assert_int_equal(access_token_verify(issuer, good_token(), NOW, &claims), ACCESS_CLAIMS);
	assert_int_equal(access_token_verify(audience, good_token(), NOW, &claims), ACCESS_CLAIMS);
	access_token_keys_free(issuer);
	access_token_keys_free(audience);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_found_by_thumbprint),
		cmocka_unit_test(jwks_is_public),
		cmocka_unit_test(files_open_to_others_are_refused),
		cmocka_unit_test(bad_files_are_refused),
		cmocka_unit_test(short_and_long_keys_are_refused),
		cmocka_unit_test(keys_are_not_without_number),
		cmocka_unit_test(good_tokens_verify),
		cmocka_unit_test(sign_refuses_what_verify_would),
		cmocka_unit_test(clocks_may_differ_by_the_skew),
		cmocka_unit_test(rotation_keeps_tokens_alive),
		cmocka_unit_test(issuer_and_audience_are_part_of_it),
	};

	return cmocka_run_group_tests(tests, open_keys, close_keys);
}
