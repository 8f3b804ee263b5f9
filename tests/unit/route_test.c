/* lib/http/route.h, url.h and etag.h on a table of routes of its own. */
#include "lib/http/etag.h"
#include "lib/http/route.h"
#include "lib/http/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

const struct route routes[] = {
	{.operation = "live", .method = "GET", .path = "/live", .ops = true},
	{.operation = "mine", .method = "GET", .path = "/v1/notes/mine"},
	{.operation = "get", .method = "GET", .path = "/v1/notes/{note_id}"},
	{.operation = "put", .method = "PUT", .path = "/v1/notes/{note_id}"},
	{.operation = "page", .method = "GET", .path = "/v1/notes/{note_id}/pages/{page}"},
	{.operation = "write", .method = "POST", .path = "/v1/notes"},
};
const int route_count = COUNT(routes);

static const struct {
	const char *method, *path, *operation, *allow, *first, *second;
	bool ops;
} lookups[] = {
	{"GET", "/v1/notes/mine", "mine", NULL, NULL, NULL, false},
	{"GET", "/v1/notes/a", "get", NULL, "a", NULL, false},
	{"HEAD", "/v1/notes/a", "get", NULL, "a", NULL, false},
	{"PUT", "/v1/notes/a", "put", NULL, "a", NULL, false},
	{"GET", "/v1/notes/%61%20b", "get", NULL, "a b", NULL, false},
	{"GET", "/v1/notes/%2561", "get", NULL, "%61", NULL, false},
	{"GET", "/v1/n%6ftes/a+b", "get", NULL, "a+b", NULL, false},
	{"GET", "/v1/notes/a/pages/2", "page", NULL, "a", "2", false},
	{"GET", "/live", "live", NULL, NULL, NULL, true},
	{"GET", "/live", NULL, NULL, NULL, NULL, false},
	{"POST", "/v1/notes", "write", NULL, NULL, NULL, false},
	{"POST", "/v1/notes", NULL, NULL, NULL, NULL, true},
	{"GET", "/v1/notes", NULL, "POST, OPTIONS", NULL, NULL, false},
	{"HEAD", "/v1/notes", NULL, "POST, OPTIONS", NULL, NULL, false},
	{"POST", "/v1/notes/a", NULL, "GET, HEAD, PUT, OPTIONS", NULL, NULL, false},
	{"PUT", "/v1/notes/mine", NULL, "GET, HEAD, OPTIONS", NULL, NULL, false},
	{"get", "/v1/notes/mine", NULL, "GET, HEAD, OPTIONS", NULL, NULL, false},
	{"GET", "/v1/notes/", NULL, NULL, NULL, NULL, false},
	{"GET", "/v1/notes//", NULL, NULL, NULL, NULL, false},
	{"GET", "/v1//notes", NULL, NULL, NULL, NULL, false},
	{"GET", "/v1/notes/a%2Fb", NULL, NULL, NULL, NULL, false},
	{"GET", "/v1/notes/a%00", NULL, NULL, NULL, NULL, false},
	{"GET", "/v1/notes/a%", NULL, NULL, NULL, NULL, false},
	{"GET", "/v1/notes/a%f", NULL, NULL, NULL, NULL, false},
	{"GET", "/v1/notes/%ff", NULL, NULL, NULL, NULL, false},
	{"GET", "/v1/note", NULL, NULL, NULL, NULL, false},
	{"GET", "/v1/notesx", NULL, NULL, NULL, NULL, false},
	{"GET", "v1/notes/a", NULL, NULL, NULL, NULL, false},
	{"GET", "", NULL, NULL, NULL, NULL, false},
	{"GET", "/", NULL, NULL, NULL, NULL, false},
	{"GET", "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a", NULL, NULL, NULL, NULL, false},
};

static void routes_are_found(void **state)
{

	for (size_t i = 0; i < COUNT(lookups); i++) {
		struct arena *arena = arena_new();
		struct route_match match;

		route_find(arena, lookups[i].method, lookups[i].path, lookups[i].ops, &match);
		assert_int_equal(match.route != NULL, lookups[i].operation != NULL);
		if (match.route)
			assert_string_equal(match.route->operation, lookups[i].operation);
		if (!match.route && lookups[i].allow)
			assert_string_equal(match.allow, lookups[i].allow);
		if (!match.route && !lookups[i].allow)
			assert_null(match.allow);
		if (lookups[i].first)
			assert_string_equal(match.values[0], lookups[i].first);
		if (lookups[i].second)
			assert_string_equal(match.values[1], lookups[i].second);
		arena_free(arena);
	}
	(void)state;
}

static void queries_are_split_and_decoded(void **state)
{
	static const struct {
		const char *text, *pairs;
	} rows[] = {
		{NULL, ""},
		{"", ""},
		{"a=1", "[a=1]"},
		{"a=1&b=2&a=3", "[a=1][b=2][a=3]"},
		{"&&a=1&", "[a=1]"},
		{"a", "[a=]"},
		{"a==b", "[a==b]"},
		{"a+b=c+d%2B", "[a b=c d+]"},
		{"a=%26%3d", "[a=&=]"},
		{"a=%", NULL},
		{"a=%1", NULL},
		{"a=%xx", NULL},
		{"a=%00", NULL},
		{"%ff=1", NULL},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *arena = arena_new();
		const char *pairs = "";
		struct query query;

		assert_int_equal(query_parse(arena, rows[i].text, &query), rows[i].pairs != NULL);
		for (size_t j = 0; rows[i].pairs && j < query.count; j++)
			pairs = arena_printf(arena, "%s[%s=%s]", pairs, query.pairs[j].name,
				query.pairs[j].value);
		if (rows[i].pairs)
			assert_string_equal(pairs, rows[i].pairs);
		arena_free(arena);
	}
	(void)state;
}

static void tags_are_listed_or_not(void **state)
{
	struct arena *arena = arena_new();
	const char *tag = etag_make(arena, "{}", 2, false);
	const char *packed = etag_make(arena, "{}", 2, true);
	const char *other = etag_make(arena, "[]", 2, false);

	assert_int_equal(strlen(tag), 34);
	assert_string_not_equal(tag, other);
	assert_true(etag_listed(tag, tag, true));
	assert_true(etag_listed(packed, tag, true));
	assert_true(etag_listed(tag, packed, true));
	assert_true(etag_listed("*", tag, true));
	assert_true(etag_listed(arena_printf(arena, "%s , %s", other, tag), tag, true));
	assert_true(etag_listed(arena_printf(arena, "W/%s", tag), tag, false));
	assert_false(etag_listed(arena_printf(arena, "W/%s", tag), tag, true));
	assert_false(etag_listed(other, tag, false));
	assert_false(etag_listed("", tag, false));
	assert_false(etag_listed("\"\", W/, x", tag, false));
	assert_false(etag_listed(arena_strndup(arena, tag, 33), tag, false));
	arena_free(arena);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_are_found),
		cmocka_unit_test(queries_are_split_and_decoded),
		cmocka_unit_test(tags_are_listed_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
