/* lib/http/problem.h: what callers are told, and what they are not. */
#include "lib/http/problem.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static json_t *document(const struct work *work, enum problem p)
{
	json_t *json = json_loads(problem_document(work, p), 0, NULL);

	assert_non_null(json);
	return json;
}

static void problems_are_found_by_code(void **state)
{
	for (int p = P_INTERNAL; p < PROBLEM_COUNT; p++) {
		assert_int_equal(problem_from_code(problem_info((enum problem)p)->code), p);
		assert_in_range(problem_info((enum problem)p)->status, 400, 599);
	}
	assert_int_equal(problem_from_code(NULL), P_INTERNAL);
	assert_int_equal(problem_from_code("some_constraint"), P_INTERNAL);
	assert_ptr_equal(problem_info(PROBLEM_COUNT), problem_info(P_INTERNAL));
	(void)state;
}

static void problems_say_where_and_why(void **state)
{
	struct work work = {.arena = arena_new(), .request_id = "r\"1"};
	json_t *json, *error;

	fail_at(&work, P_VALIDATION_FAILED, "/a~1b", "must be %d", 1);
	fail_at(&work, P_VALIDATION_FAILED, "/c", "line\nbreak");
	json = document(&work, P_VALIDATION_FAILED);
	assert_string_equal(json_string_value(json_object_get(json, "type")),
		"urn:care:problem:validation_failed");
	assert_int_equal(json_integer_value(json_object_get(json, "status")), 400);
	assert_string_equal(json_string_value(json_object_get(json, "request_id")), "r\"1");
	assert_int_equal(json_array_size(json_object_get(json, "errors")), 2);
	error = json_array_get(json_object_get(json, "errors"), 0);
	assert_string_equal(json_string_value(json_object_get(error, "pointer")), "/a~1b");
	assert_string_equal(json_string_value(json_object_get(error, "message")), "must be 1");
	json_decref(json);
	arena_free(work.arena);
	(void)state;
}

static void internal_problems_keep_their_detail(void **state)
{
	struct work work = {.arena = arena_new(), .request_id = "r1"};
	json_t *json;

	fail_at(&work, P_INTERNAL, "/x", "relation \"secret\" does not exist");
	work.fault = "secret";
	json = document(&work, P_INTERNAL);
	assert_null(json_object_get(json, "detail"));
	assert_null(json_object_get(json, "errors"));
	assert_int_equal(json_object_size(json), 5);
	json_decref(json);
	arena_free(work.arena);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(problems_are_found_by_code),
		cmocka_unit_test(problems_say_where_and_why),
		cmocka_unit_test(internal_problems_keep_their_detail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
