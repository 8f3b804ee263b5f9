/* The arena: what it hands out, and the order in which it gives things back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/core/arena.h"

static void memory_is_zeroed_aligned_and_never_null(void **state)
{
	static const size_t sizes[] = {0, 1, 7, 16, 4096, 1000000};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		unsigned char *bytes = arena_alloc(arena, sizes[i]);

		assert_non_null(bytes);
		assert_int_equal((uintptr_t)bytes % _Alignof(max_align_t), 0);
		for (size_t at = 0; at < sizes[i]; at++)
			assert_int_equal(bytes[at], 0);
		memset(bytes, 0xff, sizes[i]);
	}
	arena_free(arena);
	(void)state;
}

static void strings_are_copies(void **state)
{
	struct arena *arena = arena_new();
	char original[] = "care";
	char *copy = arena_strdup(arena, original);
	char *part = arena_strndup(arena, "a\0bc", 3);

	original[0] = 'x';
	assert_string_equal(copy, "care");
	assert_memory_equal(part, "a\0b", 4);
	assert_string_equal(arena_strndup(arena, NULL, 0), "");
	assert_null(arena_strdup(arena, NULL));
	arena_free(arena);
	(void)state;
}

static void printf_has_no_length_limit(void **state)
{
	struct arena *arena = arena_new();
	char *text = arena_printf(arena, "%5000d|%s", 7, "end");

	assert_int_equal(strlen(text), 5004);
	assert_string_equal(text + 4999, "7|end");
	assert_string_equal(arena_printf(arena, "%s", ""), "");
	arena_free(arena);
	(void)state;
}

static char order[8];

static void note(void *object)
{
	strncat(order, object, 1);
}

static void deferred_objects_go_newest_first(void **state)
{
	struct arena *arena = arena_new();

	/* What was allocated before a defer is still there when the object is destroyed. */
	arena_defer(arena, note, arena_strdup(arena, "a"));
	arena_defer(arena, note, arena_strdup(arena, "b"));
	arena_alloc(arena, 10);
	arena_defer(arena, note, NULL);
	arena_defer(arena, note, arena_strdup(arena, "c"));
	arena_defer(arena, free, malloc(10));
	assert_string_equal(order, "");
	arena_free(arena);
	assert_string_equal(order, "cba");
	arena_free(NULL);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_aligned_and_never_null),
		cmocka_unit_test(strings_are_copies),
		cmocka_unit_test(printf_has_no_length_limit),
		cmocka_unit_test(deferred_objects_go_newest_first),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
