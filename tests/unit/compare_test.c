/* Secrets are equal only when every byte is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/security/compare.h"

static void equal_needs_same_length_and_bytes(void **state)
{
	(void)state;
	assert_true(secret_equal("abc", 3, "abc", 3));
	assert_true(secret_equal("a\0c", 3, "a\0c", 3));
	assert_true(secret_equal(NULL, 0, NULL, 0));
	assert_false(secret_equal("a\0c", 3, "a\0d", 3));
	assert_false(secret_equal("abc", 3, "abcd", 4));
	assert_false(secret_equal("abc", 3, "abC", 3));
	assert_false(secret_equal("", 0, "a", 1));
}

static void every_byte_counts(void **state)
{
	char a[64] = {0}, b[64] = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(a); i++) {
		b[i] = 1;
		assert_false(secret_equal(a, sizeof(a), b, sizeof(b)));
		b[i] = 0;
	}
	assert_true(secret_equal(a, sizeof(a), b, sizeof(b)));
}

static void missing_text_equals_nothing(void **state)
{
	(void)state;
	assert_true(secret_equal_text("sk_1", "sk_1"));
	assert_true(secret_equal_text("", ""));
	assert_false(secret_equal_text("sk_1", "sk_2"));
	assert_false(secret_equal_text("sk_1", "sk_11"));
	assert_false(secret_equal_text(NULL, "sk_1"));
	assert_false(secret_equal_text("sk_1", NULL));
	assert_false(secret_equal_text(NULL, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_needs_same_length_and_bytes),
		cmocka_unit_test(every_byte_counts),
		cmocka_unit_test(missing_text_equals_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
