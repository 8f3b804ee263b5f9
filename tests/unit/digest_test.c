/* Digests, MACs, derived keys and encodings against the vectors of their RFCs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/security/digest.h"

static int open_arena(void **state)
{
	*state = arena_new();
	return 0;
}

static int close_arena(void **state)
{
	arena_free(*state);
	return 0;
}

/* FIPS 180-4 examples. */
static void sha256_known_answers(void **state)
{
	assert_string_equal(sha256_hex(*state, "abc", 3),
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_string_equal(sha256_hex(*state, NULL, 0),
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* RFC 4231 cases 1 and 2 for SHA-256 and SHA-512 (case 6 is below); RFC 2202 case 2 for SHA-1. */
static void hmac_known_answers(void **state)
{
	static const struct {
		enum hmac_kind kind;
		const char *key_hex, *message, *mac;
	} rows[] = {
		{HMAC_SHA256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "Hi There",
			"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
		{HMAC_SHA512, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "Hi There",
			"87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
			"daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
		{HMAC_SHA256, "4a656665", "what do ya want for nothing?",
			"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{HMAC_SHA512, "4a656665", "what do ya want for nothing?",
			"164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
			"9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
		{HMAC_SHA1, "4a656665", "what do ya want for nothing?",
			"effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
	};
	unsigned char key[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t length = strlen(rows[i].key_hex) / 2;

		assert_true(hex_decode(rows[i].key_hex, key, length));
		assert_string_equal(hmac_hex(*state, rows[i].kind, (struct span){key, length},
					    span_text(rows[i].message)),
			rows[i].mac);
	}
}

static void hmac_with_a_long_key(void **state)
{
	unsigned char key[131];

	memset(key, 0xaa, sizeof(key));
	assert_string_equal(
		hmac_hex(*state, HMAC_SHA256, (struct span){key, sizeof(key)},
			span_text("Test Using Larger Than Block-Size Key - Hash Key First")),
		"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	assert_string_equal(
		hmac_hex(*state, HMAC_SHA512, (struct span){key, sizeof(key)},
			span_text("Test Using Larger Than Block-Size Key - Hash Key First")),
		"80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
		"6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598");
}

static void hmac_sizes_and_base64(void **state)
{
	unsigned char mac[HMAC_SIZE_MAX];

	assert_int_equal(hmac_raw(HMAC_SHA1, span_text("k"), span_text("m"), mac), 20);
	assert_int_equal(hmac_raw(HMAC_SHA256, span_text(NULL), span_text(NULL), mac), 32);
	assert_int_equal(hmac_raw(HMAC_SHA512, span_text("k"), span_text("m"), mac), 64);
	assert_string_equal(hmac_base64(*state, HMAC_SHA1, span_text("Jefe"),
				    span_text("what do ya want for nothing?")),
		"7/zfauXrL6LSdBbV8YTfnCWafHk=");
}

/* RFC 5869 A.1 and A.3. */
static void hkdf_known_answers(void **state)
{
	unsigned char secret[22], salt[13], info[10], key[42];
	struct span from = {secret, sizeof(secret)};

	memset(secret, 0x0b, sizeof(secret));
	for (size_t i = 0; i < sizeof(salt); i++)
		salt[i] = (unsigned char)i;
	for (size_t i = 0; i < sizeof(info); i++)
		info[i] = (unsigned char)(0xf0 + i);
	hkdf_sha256(from, (struct span){salt, sizeof(salt)}, (struct span){info, sizeof(info)}, key,
		sizeof(key));
	assert_string_equal(hex_encode(*state, key, sizeof(key)),
		"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b8871858"
		"65");
	hkdf_sha256(from, span_text(NULL), span_text(NULL), key, sizeof(key));
	assert_string_equal(hex_encode(*state, key, sizeof(key)),
		"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96"
		"c8");
}

/* The salt is part of the format: a change would invalidate every link in every inbox. The expected
 * key comes from an independent HKDF (Python's hmac module). */
static void derived_keys_are_stable_and_apart(void **state)
{
	static const char root[] =
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
	unsigned char link[KEY_SIZE], refresh[KEY_SIZE], again[KEY_SIZE];

	key_derive(root, "link_token", link);
	key_derive(root, "refresh_token", refresh);
	key_derive(root, "link_token", again);
	assert_memory_equal(link, again, KEY_SIZE);
	assert_memory_not_equal(link, refresh, KEY_SIZE);
	assert_string_equal(hex_encode(*state, link, KEY_SIZE),
		"26fb66f057e3407ebd684328a9ced54453f1fe3daa376698f45ee0d24cdc11e4");
}

/* RFC 4648 §10, and the bytes where the two alphabets differ. */
static void encoders_know_the_rfc(void **state)
{
	static const char *const rows[][3] = {
		{"", "", ""},
		{"f", "Zg==", "Zg"},
		{"fo", "Zm8=", "Zm8"},
		{"foo", "Zm9v", "Zm9v"},
		{"foob", "Zm9vYg==", "Zm9vYg"},
		{"fooba", "Zm9vYmE=", "Zm9vYmE"},
		{"foobar", "Zm9vYmFy", "Zm9vYmFy"},
		{"\xfb\xff\xbf", "+/+/", "-_-_"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t length = strlen(rows[i][0]), plain = 99, url = 99;

		assert_string_equal(base64_encode(*state, rows[i][0], length), rows[i][1]);
		assert_string_equal(base64url_encode(*state, rows[i][0], length), rows[i][2]);
		assert_string_equal(
			base64_decode(*state, rows[i][1], strlen(rows[i][1]), &plain), rows[i][0]);
		assert_string_equal(
			base64url_decode(*state, rows[i][2], strlen(rows[i][2]), &url), rows[i][0]);
		assert_int_equal(plain, length);
		assert_int_equal(url, length);
	}
}

static void decoders_take_one_spelling(void **state)
{
	static const char *const url[] = {"Z", "Zg=", "Zg==", "Zh", "Zm9", "Zm8=", "Zm9v\n",
		" Zm9v", "Zm 9v", "Zm9vY", "+/+/", "Zm9v.", "Zm9v\xc3\xa9"};
	static const char *const plain[] = {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "=",
		"Zg==Zg==", "Zm9v\n", "-_-_", "Zm9v====", "Z=g=", "Zm=v"};
	size_t length = 99;

	for (size_t i = 0; i < sizeof(url) / sizeof(url[0]); i++)
		assert_null(base64url_decode(*state, url[i], strlen(url[i]), &length));
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		assert_null(base64_decode(*state, plain[i], strlen(plain[i]), &length));
	assert_null(base64url_decode(*state, "Zm\0v", 4, &length));
	assert_int_equal(length, 99);
}

static void random_bytes_round_trip(void **state)
{
	unsigned char bytes[97];

	for (size_t length = 0; length <= sizeof(bytes); length++) {
		size_t plain = 999, url = 999;
		const char *text;

		random_fill(bytes, length);
		text = base64_encode(*state, bytes, length);
		assert_memory_equal(
			base64_decode(*state, text, strlen(text), &plain), bytes, length);
		text = base64url_encode(*state, bytes, length);
		assert_memory_equal(
			base64url_decode(*state, text, strlen(text), &url), bytes, length);
		assert_int_equal(plain, length);
		assert_int_equal(url, length);
	}
	assert_int_equal(strlen(random_text(*state, 32)), 43);
	assert_string_not_equal(random_text(*state, 32), random_text(*state, 32));
}

static void hex_is_exact(void **state)
{
	unsigned char bytes[2] = {7, 7};

	assert_true(hex_decode("aBfF", bytes, 2));
	assert_string_equal(hex_encode(*state, bytes, 2), "abff");
	assert_false(hex_decode("abf", bytes, 2));
	assert_false(hex_decode("abff0", bytes, 2));
	assert_false(hex_decode("abfg", bytes, 2));
	assert_false(hex_decode(NULL, bytes, 2));
	assert_string_equal(hex_encode(*state, bytes, 2), "abff");
}

static void uuids_have_one_spelling(void **state)
{
	static const char good[] = "018f2a6e-7b1c-7def-8abc-0123456789ab";
	static const char *const bad[] = {"", "018f2a6e-7b1c-7def-8abc-0123456789a",
		"018f2a6e-7b1c-7def-8abc-0123456789abc", "018F2A6E-7b1c-7def-8abc-0123456789ab",
		"018f2a6e7b1c7def8abc0123456789ab", "018f2a6e-7b1c-7def-8abc-0123456789ag",
		"018f2a6e-7b1c-7def-8abc_0123456789ab", "{18f2a6e-7b1c-7def-8abc-0123456789a}",
		"018f2a6e-7b1c-7def-8abc-01234567-9ab", " 18f2a6e-7b1c-7def-8abc-0123456789ab"};
	unsigned char uuid[UUID_SIZE];
	char text[UUID_TEXT_SIZE];

	(void)state;
	assert_true(uuid_parse(good, uuid));
	uuid_format(uuid, text);
	assert_string_equal(text, good);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(uuid_parse(bad[i], uuid));
	assert_false(uuid_parse(NULL, uuid));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_known_answers),
		cmocka_unit_test(hmac_known_answers),
		cmocka_unit_test(hmac_with_a_long_key),
		cmocka_unit_test(hmac_sizes_and_base64),
		cmocka_unit_test(hkdf_known_answers),
		cmocka_unit_test(derived_keys_are_stable_and_apart),
		cmocka_unit_test(encoders_know_the_rfc),
		cmocka_unit_test(decoders_take_one_spelling),
		cmocka_unit_test(random_bytes_round_trip),
		cmocka_unit_test(hex_is_exact),
		cmocka_unit_test(uuids_have_one_spelling),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
