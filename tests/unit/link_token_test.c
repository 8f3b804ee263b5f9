/* Link tokens and booking references: what we made opens, nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/security/link_token.h"

#define SUBJECT "018f2a6e-7b1c-7def-8abc-0123456789ab"

enum { EXPIRES_AT = 2000000000, ANY_PURPOSE = LINK_INTAKE | LINK_FEEDBACK | LINK_PAY };

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const unsigned char key[KEY_SIZE] = {1, 2, 3};
static const unsigned char other_key[KEY_SIZE] = {1, 2, 4};

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

static char *make(struct arena *arena, enum link_purpose purpose)
{
	struct link_claims claims = {purpose, SUBJECT, EXPIRES_AT};

	return link_token_make(arena, key, &claims);
}

static enum link_result result_of(const char *text)
{
	struct link_claims claims;

	return link_token_open(key, text, ANY_PURPOSE, EXPIRES_AT - 1, &claims);
}

static void link_token_round_trip(void **state)
{
	static const enum link_purpose purposes[] = {LINK_INTAKE, LINK_FEEDBACK, LINK_PAY};

	for (size_t i = 0; i < sizeof(purposes) / sizeof(purposes[0]); i++) {
		const char *text = make(*state, purposes[i]);
		struct link_claims claims;

		assert_int_equal(strlen(text), 59);
		assert_int_equal(strspn(text, digits), 59);
		assert_int_equal(
			link_token_open(key, text, purposes[i], EXPIRES_AT - 1, &claims), LINK_OK);
		assert_int_equal(claims.purpose, purposes[i]);
		assert_string_equal(claims.subject, SUBJECT);
		assert_int_equal(claims.expires_at_s, EXPIRES_AT);
	}
}

/* The format is in people's inboxes: this token must open for as long as version 1 is taken. The
 * text was computed by Python's hmac and base64 modules. */
static void link_token_format_is_pinned(void **state)
{
	assert_string_equal(make(*state, LINK_PAY),
		"cl_AQQBjypuexx974q8ASNFZ4mrAAAAAHc1lAANYU1j0EL7Bp77OrR9jM0X");
}

static void link_token_expiry_is_exact(void **state)
{
	const char *text = make(*state, LINK_PAY);
	struct link_claims claims = {.subject = "untouched"};

	assert_int_equal(link_token_open(key, text, LINK_PAY, EXPIRES_AT, &claims), LINK_EXPIRED);
	assert_int_equal(link_token_open(key, text, LINK_PAY, INT64_MAX, &claims), LINK_EXPIRED);
	assert_string_equal(claims.subject, "untouched");
	assert_int_equal(link_token_open(key, text, LINK_PAY, EXPIRES_AT - 1, &claims), LINK_OK);
}

static void link_token_serves_its_purpose_only(void **state)
{
	const char *text = make(*state, LINK_FEEDBACK);
	struct link_claims claims;

	assert_int_equal(
		link_token_open(key, text, LINK_PAY | LINK_INTAKE, 0, &claims), LINK_MISPLACED);
	assert_int_equal(link_token_open(key, text, 0, 0, &claims), LINK_MISPLACED);
	assert_int_equal(link_token_open(key, text, LINK_PAY | LINK_FEEDBACK, 0, &claims), LINK_OK);
	assert_int_equal(link_token_open(other_key, text, ANY_PURPOSE, 0, &claims), LINK_FORGED);
}

static void link_token_refuses_impossible_claims(void **state)
{
	struct link_claims claims = {LINK_PAY, "018F2A6E-7b1c-7def-8abc-0123456789ab", EXPIRES_AT};

	assert_null(link_token_make(*state, key, &claims));
	claims = (struct link_claims){LINK_PAY | LINK_INTAKE, SUBJECT, EXPIRES_AT};
	assert_null(link_token_make(*state, key, &claims));
}

/* Every character of the token replaced by every other: none opens. */
static void link_token_every_change_is_refused(void **state)
{
	char *text = make(*state, LINK_INTAKE);
	unsigned forged = 0;

	for (size_t at = 0; at < strlen(text); at++) {
		char was = text[at];

		for (const char *digit = digits; *digit; digit++) {
			if (*digit == was)
				continue;
			text[at] = *digit;
			assert_int_not_equal(result_of(text), LINK_OK);
			forged += result_of(text) == LINK_FORGED;
		}
		text[at] = was;
	}
	assert_true(forged >= 53 * 63);
	assert_int_equal(result_of(text), LINK_OK);
}

static void link_token_shape_comes_first(void **state)
{
	const char *good = make(*state, LINK_INTAKE);
	const char *bad[] = {NULL, "", "cl_", "cl", good + 3, arena_printf(*state, "%s=", good),
		arena_printf(*state, "%sA", good), arena_printf(*state, "%s\n", good),
		arena_printf(*state, " %s", good), arena_printf(*state, "CL_%s", good + 3),
		arena_printf(*state, "cr_%s", good + 3), arena_printf(*state, "%.58s", good),
		arena_printf(*state, "%.58s+", good), arena_printf(*state, "%.58s\xff", good),
		"cl_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(result_of(bad[i]), LINK_MALFORMED);
}

/* Whoever has the key still cannot say what this version does not know. */
static void link_token_unknown_version_and_purpose(void **state)
{
	static const unsigned char heads[][2] = {
		{1, LINK_PAY}, {0, LINK_PAY}, {2, LINK_PAY}, {1, 0}, {1, 3}, {1, 8}, {1, 255}};

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		unsigned char bytes[26 + HMAC_SIZE_MAX] = {heads[i][0], heads[i][1]};

		memset(bytes + 18, 0x7f, 8);
		hmac_raw(HMAC_SHA256, (struct span){key, KEY_SIZE}, (struct span){bytes, 26},
			bytes + 26);
		assert_int_equal(result_of(arena_printf(
					 *state, "cl_%s", base64url_encode(*state, bytes, 42))),
			i ? LINK_MALFORMED : LINK_OK);
	}
}

static void reference_round_trip(void **state)
{
	const char *text = reference_sign(*state, key, SUBJECT);
	char id[UUID_TEXT_SIZE];

	assert_int_equal(strlen(text), 36);
	assert_int_equal(strspn(text, digits), 36);
	assert_true(reference_open(key, text, id));
	assert_string_equal(id, SUBJECT);
	assert_string_equal(text, "bk_AY8qbnscfe-KvAEjRWeJqwciIC5-TEnsY");
	assert_false(reference_open(other_key, text, id));
	assert_null(reference_sign(*state, key, "1"));
	assert_null(reference_sign(*state, key, NULL));
}

static void reference_every_change_is_refused(void **state)
{
	char *text = reference_sign(*state, key, SUBJECT);
	char id[UUID_TEXT_SIZE] = "untouched";

	for (size_t at = 0; at < strlen(text); at++) {
		char was = text[at];

		for (const char *digit = digits; *digit; digit++) {
			text[at] = *digit;
			assert_int_equal(reference_open(key, text, id), *digit == was);
		}
		text[at] = was;
	}
	assert_false(reference_open(key, NULL, id));
	assert_false(reference_open(key, "", id));
	assert_false(reference_open(key, text + 3, id));
	assert_false(reference_open(key, arena_printf(*state, "%sA", text), id));
	assert_false(reference_open(key, arena_printf(*state, "%.35s", text), id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(link_token_round_trip),
		cmocka_unit_test(link_token_format_is_pinned),
		cmocka_unit_test(link_token_expiry_is_exact),
		cmocka_unit_test(link_token_serves_its_purpose_only),
		cmocka_unit_test(link_token_refuses_impossible_claims),
		cmocka_unit_test(link_token_every_change_is_refused),
		cmocka_unit_test(link_token_shape_comes_first),
		cmocka_unit_test(link_token_unknown_version_and_purpose),
		cmocka_unit_test(reference_round_trip),
		cmocka_unit_test(reference_every_change_is_refused),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
