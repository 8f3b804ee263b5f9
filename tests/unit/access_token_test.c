/* Access tokens: what we sign verifies, and each of many ways to be wrong is refused for its
 * reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/access_forge.h"

#define SUBJECT "018f2a6e-7b1c-7def-8abc-0123456789ab"
#define SESSION "018f2a6e-7b1c-7def-8abc-0123456789ac"

enum { NOW = 1800000000 };

static struct arena *arena;
static struct forge_key current, retired, attacker;
static struct access_token_keys *keys;
static const char *retired_kid;
static unsigned refused;

static int open_keys(void **state)
{
	char complaint[256];

	(void)state;
	arena = arena_new();
	forge_key_make(&current, GNUTLS_PK_RSA, 2048);
	forge_key_make(&retired, GNUTLS_PK_RSA, 2048);
	forge_key_make(&attacker, GNUTLS_PK_RSA, 2048);
	keys = forge_keys(arena,
		arena_printf(arena, "%s%s", forge_private_pem(arena, &current),
			forge_public_pem(arena, &retired)),
		0600, complaint);
	retired_kid = forge_kid(arena, &retired);
	return keys ? 0 : -1;
}

static int close_keys(void **state)
{
	(void)state;
	print_message("%u bad tokens refused\n", refused);
	access_token_keys_free(keys);
	forge_key_free(&current);
	forge_key_free(&retired);
	forge_key_free(&attacker);
	arena_free(arena);
	return 0;
}

static const char *kid(void)
{
	return access_token_keys_current(keys)->kid;
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

static const char *good_header(void)
{
	return arena_printf(arena, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"%s\"}", kid());
}

/* A good payload with one claim's JSON replaced; value NULL leaves it out; an unknown name adds it.
 */
static char *payload_with(const char *name, const char *value)
{
	static const char *const good[][2] = {{"iss", "\"" FORGE_ISSUER "\""},
		{"aud", "\"" FORGE_AUDIENCE "\""}, {"sub", "\"" SUBJECT "\""},
		{"sid", "\"" SESSION "\""}, {"role", "\"admin\""}, {"scope", "\"\""},
		{"jti", "\"x\""}, {"iat", "1800000000"}, {"nbf", "1800000000"},
		{"exp", "1800000900"}};
	char *json = arena_strdup(arena, "");
	bool known = false;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		bool same = name && strcmp(good[i][0], name) == 0;

		known = known || same;
		if (!same || value)
			json = arena_printf(arena, "%s%s\"%s\":%s", json, *json ? "," : "",
				good[i][0], same ? value : good[i][1]);
	}
	if (name && value && !known)
		json = arena_printf(arena, "%s,\"%s\":%s", json, name, value);
	return arena_printf(arena, "{%s}", json);
}

static enum access_result verify(const char *token)
{
	struct access_claims claims;

	return access_token_verify(keys, token, NOW + 1, &claims);
}

static void refuse(const char *name, const char *token, enum access_result expected)
{
	struct access_claims claims = {.scope = "untouched"};
	enum access_result result = access_token_verify(keys, token, NOW + 1, &claims);

	if (result != expected)
		print_error("%s: %s, expected %s\n", name, access_result_name(result),
			access_result_name(expected));
	assert_int_equal(result, expected);
	assert_string_equal(claims.scope, "untouched");
	refused++;
}

/* The forge makes good tokens too: without this the tables below would prove nothing. */
static void forged_controls_verify(void **state)
{
	const char *header = arena_printf(
		arena, "{\"kid\":\"%s\", \"typ\":\"JWT\",\n\"alg\":\"RS256\"}", retired_kid);

	(void)state;
	assert_int_equal(
		verify(forge_token(arena, &current, good_header(), payload_with(NULL, NULL))),
		ACCESS_OK);
	assert_int_equal(
		verify(forge_token(arena, &retired, header, payload_with(NULL, NULL))), ACCESS_OK);
}

/* $ stands for our kid, % for the retired key's. */
static const char *fill_in(const char *template)
{
	char *text = arena_strdup(arena, "");

	for (const char *c = template; *c; c++) {
		if (*c == '$')
			text = arena_printf(arena, "%s%s", text, kid());
		else if (*c == '%')
			text = arena_printf(arena, "%s%s", text, retired_kid);
		else
			text = arena_printf(arena, "%s%c", text, *c);
	}
	return text;
}

/* Signed with our own key as RS256, so that nothing but the header is wrong. */
static void bad_headers_are_refused(void **state)
{
	static const struct {
		const char *header;
		enum access_result expected;
	} rows[] = {
#include "tests/unit/access_bad_headers.inc"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refuse(rows[i].header,
			forge_token(
				arena, &current, fill_in(rows[i].header), payload_with(NULL, NULL)),
			rows[i].expected);
}

static void bad_claims_are_refused(void **state)
{
	static const struct {
		const char *name, *value;
		enum access_result expected;
	} rows[] = {
#include "tests/unit/access_bad_claims.inc"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refuse(arena_printf(arena, "%s: %s", rows[i].name,
			       rows[i].value ? rows[i].value : "missing"),
			forge_token(arena, &current, good_header(),
				payload_with(rows[i].name, rows[i].value)),
			rows[i].expected);
}

static void bad_payloads_are_refused(void **state)
{
	const char *good = payload_with(NULL, NULL);
	const char *rows[] = {"", "[]", "null", "\"text\"", "1", "{", "not json",
		arena_printf(arena, "[%s]", good), arena_printf(arena, "\xef\xbb\xbf%s", good),
		arena_printf(arena, "%s{}", good), arena_printf(arena, "%s\x01", good),
		arena_printf(arena, "{\"role\":\"client\",%s", good + 1),
		arena_printf(arena, "{\"r\\u006fle\":\"client\",%s", good + 1),
		payload_with("scope", "\"\xff\""), payload_with("scope", "\"\xc0\xaf\""),
		payload_with("scope", "\"\xed\xa0\x80\""), payload_with("scope", "\"\\u0000\""),
		payload_with("exp", "0x6b49d200"), payload_with("exp", "+1800000900"),
		payload_with("exp", "01800000900"), payload_with("exp", "NaN")};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refuse(rows[i], forge_token(arena, &current, good_header(), rows[i]),
			ACCESS_MALFORMED);
	refuse("{}", forge_token(arena, &current, good_header(), "{}"), ACCESS_CLAIMS);
	refuse("longer than any of ours",
		forge_token(arena, &current, good_header(),
			payload_with("scope", arena_printf(arena, "\"%03000d\"", 1))),
		ACCESS_MALFORMED);
}

/* HMACs keyed with everything an attacker may know of us, and our header's RS256 kept or replaced.
 */
static void hmacs_are_refused(void **state)
{
	const struct access_key *key = access_token_keys_current(keys);
	const char *known[] = {key->public_pem,
		arena_strndup(arena, key->public_pem, strlen(key->public_pem) - 1), key->modulus,
		key->kid, "", "secret"};
	const char *lying =
		arena_printf(arena, "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"%s\"}", kid());

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(known) / sizeof(known[0]); i++) {
		const char *input =
			forge_input(arena, i % 2 ? lying : good_header(), payload_with(NULL, NULL));
		unsigned char mac[HMAC_SIZE_MAX];

		hmac_raw(HMAC_SHA256, span_text(known[i / 2]), span_text(input), mac);
		refuse(known[i / 2],
			arena_printf(arena, "%s.%s", input, base64url_encode(arena, mac, 32)),
			i % 2 ? ACCESS_HEADER : ACCESS_FORGED);
	}
}

static void other_keys_and_algorithms_are_refused(void **state)
{
	const char *payload = payload_with(NULL, NULL);
	const char *input = forge_input(arena, good_header(), payload);
	const char *theirs = fill_in("{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"%\"}");

	(void)state;
	refuse("attacker's key", forge_token(arena, &attacker, good_header(), payload),
		ACCESS_FORGED);
	refuse("retired key, our kid", forge_token(arena, &retired, good_header(), payload),
		ACCESS_FORGED);
	refuse("our key, retired kid", forge_token(arena, &current, theirs, payload),
		ACCESS_FORGED);
	for (enum forge_kind kind = FORGE_RS384; kind <= FORGE_PS256; kind++)
		refuse("another algorithm under RS256",
			arena_printf(arena, "%s.%s", input,
				forge_signature(arena, &current, kind, input)),
			ACCESS_FORGED);
}

/* A token with the bytes of its signature replaced. */
static const char *resigned(const void *signature, size_t length)
{
	return arena_printf(arena, "%s.%s",
		forge_input(arena, good_header(), payload_with(NULL, NULL)),
		base64url_encode(arena, signature, length));
}

static void bad_signatures_are_refused(void **state)
{
	const char *input = forge_input(arena, good_header(), payload_with(NULL, NULL));
	const char *text = forge_signature(arena, &current, FORGE_RS256, input);
	const char *modulus = access_token_keys_current(keys)->modulus;
	size_t length, n_length;
	unsigned char *good = base64url_decode(arena, text, strlen(text), &length);
	unsigned char *n = base64url_decode(arena, modulus, strlen(modulus), &n_length);
	unsigned char changed[257] = {0};

	(void)state;
	assert_int_equal(length, 256);
	assert_int_equal(verify(resigned(good, 256)), ACCESS_OK);
	for (size_t bit = 0; bit < 2048; bit += 31) {
		memcpy(changed, good, 256);
		changed[bit / 8] ^= (unsigned char)(1 << bit % 8);
		refuse("flipped bit", resigned(changed, 256), ACCESS_FORGED);
	}
	for (size_t i = 0; i < 256; i += 51)
		refuse("cut", resigned(good, i), ACCESS_FORGED);
	memset(changed, 0, sizeof(changed));
	refuse("zero", resigned(changed, 256), ACCESS_FORGED);
	changed[255] = 1;
	refuse("one", resigned(changed, 256), ACCESS_FORGED);
	memset(changed, 0xff, sizeof(changed));
	refuse("all ones", resigned(changed, 256), ACCESS_FORGED);
	refuse("the modulus", resigned(n, 256), ACCESS_FORGED);
	memcpy(changed, good, 256);
	changed[256] = 0;
	refuse("a byte behind", resigned(changed, 257), ACCESS_FORGED);
	changed[0] = 0;
	memcpy(changed + 1, good, 256);
	refuse("a zero before", resigned(changed, 257), ACCESS_FORGED);
}

static void parts_cannot_be_exchanged(void **state)
{
	const char *mine = good_token();
	const char *other = forge_input(arena, good_header(), payload_with("role", "\"admin\""));
	const char *signature = strrchr(mine, '.');

	(void)state;
	refuse("payload swapped", arena_printf(arena, "%s%s", other, signature), ACCESS_FORGED);
	refuse("nothing signed", arena_printf(arena, "%s.", other), ACCESS_FORGED);
	refuse("no payload",
		arena_printf(arena, "%.*s.%s", (int)(strchr(mine, '.') - mine), mine, signature),
		ACCESS_MALFORMED);
}

/* The same token spelled otherwise: lists keyed by a token's text must not be dodged. */
static void other_spellings_are_refused(void **state)
{
	const char *good = good_token();
	int dot = (int)(strchr(good, '.') - good);
	char *last = arena_strdup(arena, good);
	const char *rows[] = {NULL, "", ".", "..", "...", "a.b.c", "null",
		arena_printf(arena, "%s=", good), arena_printf(arena, "%s==", good),
		arena_printf(arena, "%.*s=%s", dot, good, good + dot),
		arena_printf(arena, "%s\n", good), arena_printf(arena, "%s ", good),
		arena_printf(arena, " %s", good), arena_printf(arena, "\t%s", good),
		arena_printf(arena, "%s.", good), arena_printf(arena, ".%s", good),
		arena_printf(arena, "%s..", good), arena_printf(arena, "%s.e30", good),
		arena_printf(arena, "%s.e30.e30", good), arena_printf(arena, "Bearer %s", good),
		arena_printf(arena, "%.*s\n%s", dot, good, good + dot),
		arena_printf(arena, "%.*s.%s", dot, good, good + dot),
		arena_printf(arena, "%.*s,%s", dot, good, good + dot + 1),
		arena_printf(arena, "%.*s%%2E%s", dot, good, good + dot + 1),
		arena_printf(arena, "%.*s+%s", dot - 1, good, good + dot),
		arena_printf(arena, "%.*s/%s", dot - 1, good, good + dot),
		arena_printf(arena, "%s\xc3\xa9", good), arena_printf(arena, "\"%s\"", good),
		arena_printf(arena, "%s;%s", good, good),
		arena_printf(arena, "%s%4096s", good, "A"), arena_printf(arena, "%.*s", dot, good),
		arena_printf(arena, "%s", strrchr(good, '.')),
		base64url_encode(arena, good, strlen(good)), last};

	(void)state;
	/* 2,048 bits are 341 digits and a third: the last digit has four bits that mean nothing. */
	last[strlen(last) - 1]++;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refuse(rows[i] ? rows[i] : "NULL", rows[i], ACCESS_MALFORMED);
}

/* Every character of a good token changed and left out, once each. */
static void no_small_change_is_accepted(void **state)
{
	char *token = arena_strdup(arena, good_token());
	size_t length = strlen(token);

	(void)state;
	for (size_t at = 0; at < length; at++) {
		char was = token[at];

		token[at] = was == 'A' ? 'B' : 'A';
		assert_int_not_equal(verify(token), ACCESS_OK);
		token[at] = was;
		assert_int_not_equal(
			verify(arena_printf(arena, "%.*s%s", (int)at, token, token + at + 1)),
			ACCESS_OK);
	}
	assert_int_equal(verify(token), ACCESS_OK);
}

static void there_were_enough_bad_tokens(void **state)
{
	(void)state;
	assert_true(refused >= 130);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forged_controls_verify),
		cmocka_unit_test(bad_headers_are_refused),
		cmocka_unit_test(bad_claims_are_refused),
		cmocka_unit_test(bad_payloads_are_refused),
		cmocka_unit_test(hmacs_are_refused),
		cmocka_unit_test(other_keys_and_algorithms_are_refused),
		cmocka_unit_test(bad_signatures_are_refused),
		cmocka_unit_test(parts_cannot_be_exchanged),
		cmocka_unit_test(other_spellings_are_refused),
		cmocka_unit_test(no_small_change_is_accepted),
		cmocka_unit_test(there_were_enough_bad_tokens),
	};

	return cmocka_run_group_tests(tests, open_keys, close_keys);
}
