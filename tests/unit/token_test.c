/* Refresh tokens: random parents, repeatable children, and a hash for the database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/security/refresh_token.h"

#define SESSION "018f2a6e-7b1c-7def-8abc-0123456789ab"

static const unsigned char key[KEY_SIZE] = {9, 8, 7};
static const unsigned char other_key[KEY_SIZE] = {9, 8, 6};

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

static void parents_are_random(void **state)
{
	const char *one = refresh_token_make(*state), *two = refresh_token_make(*state);

	assert_int_equal(strlen(one), 46);
	assert_memory_equal(one, "cr_", 3);
	assert_string_not_equal(one, two);
	assert_string_not_equal(refresh_token_hash(*state, one), refresh_token_hash(*state, two));
}

static void children_repeat(void **state)
{
	const char *parent = refresh_token_make(*state);
	const char *child = refresh_token_child(*state, key, SESSION, parent);

	assert_int_equal(strlen(child), 46);
	assert_string_equal(child, refresh_token_child(*state, key, SESSION, parent));
	assert_non_null(refresh_token_hash(*state, child));
}

static void children_differ_by_key_session_and_parent(void **state)
{
	const char *parent = refresh_token_make(*state);
	const char *child = refresh_token_child(*state, key, SESSION, parent);

	assert_string_not_equal(
		child, refresh_token_child(*state, key, SESSION, refresh_token_make(*state)));
	assert_string_not_equal(child, refresh_token_child(*state, key, SESSION, child));
	assert_string_not_equal(child, refresh_token_child(*state, other_key, SESSION, parent));
	assert_string_not_equal(child,
		refresh_token_child(*state, key, "018f2a6e-7b1c-7def-8abc-0123456789ac", parent));
}

static void children_need_a_session_and_a_parent(void **state)
{
	const char *parent = refresh_token_make(*state);

	assert_null(refresh_token_child(*state, key, "not-a-session", parent));
	assert_null(refresh_token_child(*state, key, NULL, parent));
	assert_null(refresh_token_child(*state, key, SESSION, NULL));
	assert_null(refresh_token_child(*state, key, SESSION, "cr_short"));
}

/* The hash is what the database holds, so it is pinned; computed by Python's hashlib. */
static void hash_is_of_the_whole_text(void **state)
{
	assert_string_equal(
		refresh_token_hash(*state, "cr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
		"f2dfb140e800940c7d003f02fa67a76fb11f89c90645f1ff489b8bb02f33efa2");
}

static void junk_has_no_hash(void **state)
{
	const char *good = refresh_token_make(*state);
	const char *bad[] = {NULL, "", "cr_", good + 3, arena_printf(*state, "%sA", good),
		arena_printf(*state, "%.45s", good), arena_printf(*state, "cl_%s", good + 3),
		arena_printf(*state, "%.45s=", good), arena_printf(*state, "%.45s ", good),
		"cr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_null(refresh_token_hash(*state, bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parents_are_random),
		cmocka_unit_test(children_repeat),
		cmocka_unit_test(children_differ_by_key_session_and_parent),
		cmocka_unit_test(children_need_a_session_and_a_parent),
		cmocka_unit_test(hash_is_of_the_whole_text),
		cmocka_unit_test(junk_has_no_hash),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
