/* The HTTP client against a server that misbehaves: what was certainly not sent, what may have been
 * carried out, and what is never believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/unit/scripted_server.h"

#include "lib/http/client.h"

#define OK_2 "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* http_client_done closes the pooled connections, which lets the server's thread end. */
static int open_client(void **state)
{
	http_client_init();
	*state = arena_new();
	return 0;
}

static int close_client(void **state)
{
	arena_free(*state);
	return 0;
}

static struct http_answer ask(
	struct arena *arena, const struct server *server, const char *method, long timeout_ms)
{
	struct http_call call = {
		.method = method,
		.url = arena_printf(arena, "http://127.0.0.1:%d/path?x=1", server->port),
		.timeout_ms = timeout_ms,
		.body = strcmp(method, "GET") == 0 ? NULL : "{}",
		.body_length = 2,
		.reply_max = 1000,
	};
	struct http_answer answer;

	http_client_call(arena, &call, &answer);
	return answer;
}

static void finish(struct server *server)
{
	http_client_done();
	server_stop(server);
}

static void a_call_is_made_as_told(void **state)
{
	static const struct scene scenes[] = {{OK_2, KEEP, NULL}};
	static const char *const headers[] = {"X-One: 1", "Content-Type: application/json", NULL};
	struct http_answer answer;
	struct server server;

	server_start(&server, scenes, COUNT(scenes));
	http_client_call(*state,
		&(struct http_call){
			.method = "PATCH",
			.url = arena_printf(*state, "http://127.0.0.1:%d/a/../b", server.port),
			.headers = headers,
			.username = "user",
			.password = "secret",
			.body = "{\"a\":1}",
			.body_length = 7,
		},
		&answer);
	finish(&server);
	assert_int_equal(answer.failure, HTTP_ANSWERED);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.body, "ok");
	assert_int_equal(answer.body_length, 2);
	assert_string_equal(answer.content_type, "text/plain");
	assert_int_equal(strncmp(server.request, "PATCH /a/../b HTTP/1.1\r\n", 24), 0);
	assert_non_null(strstr(server.request, "\r\nAuthorization: Basic dXNlcjpzZWNyZXQ=\r\n"));
	assert_non_null(strstr(server.request, "\r\nUser-Agent: care/0.1\r\n"));
	assert_non_null(strstr(server.request, "\r\nX-One: 1\r\n"));
	assert_non_null(strstr(server.request, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(server.request, "\r\n\r\n{\"a\":1}"));
	assert_null(strcasestr(server.request, "expect:"));
	assert_null(strcasestr(server.request, "accept-encoding:"));
}

static void credentials_do_not_stay_on_the_handle(void **state)
{
	static const struct scene scenes[] = {{OK_2, KEEP, NULL}, {OK_2, KEEP, NULL}};
	struct http_answer answer;
	struct server server;

	server_start(&server, scenes, COUNT(scenes));
	http_client_call(*state,
		&(struct http_call){
			.method = "GET",
			.url = arena_printf(*state, "http://127.0.0.1:%d/", server.port),
			.username = "user",
			.password = "secret",
		},
		&answer);
	ask(*state, &server, "GET", 0);
	finish(&server);
	assert_int_equal(server.requests, 2);
	assert_null(strstr(server.request, "Authorization"));
}

static void a_connection_is_used_again(void **state)
{
	static const struct scene scenes[] = {
		{OK_2, KEEP, NULL}, {OK_2, KEEP, NULL}, {OK_2, KEEP, NULL}};
	struct server server;

	server_start(&server, scenes, COUNT(scenes));
	for (size_t i = 0; i < COUNT(scenes); i++)
		assert_int_equal(
			ask(*state, &server, i ? "POST" : "GET", 0).failure, HTTP_ANSWERED);
	finish(&server);
	assert_int_equal(server.requests, 3);
	assert_int_equal(server.connections, 1);
}

/* Found out before the request goes out, so that a POST is not in doubt for it. */
static void a_connection_that_ended_is_left(void **state)
{
	static const struct scene scenes[] = {{OK_2, CLOSE, NULL}, {OK_2, KEEP, NULL}};
	enum http_failure failure;
	struct server server;

	server_start(&server, scenes, COUNT(scenes));
	ask(*state, &server, "GET", 0);
	server_wait_closed(&server);
	failure = ask(*state, &server, "POST", 0).failure;
	finish(&server);
	assert_int_equal(failure, HTTP_ANSWERED);
	assert_int_equal(server.connections, 2);
}

/* The server reads the request on a kept connection and hangs up: it may have carried it out. curl
 * by itself would send it again, and a refund would be made twice. */
static void a_post_is_never_sent_twice(void **state)
{
	static const struct scene scenes[] = {
		{OK_2, KEEP, NULL}, {"", CLOSE, NULL}, {OK_2, KEEP, NULL}};
	static const struct {
		const char *method;
		enum http_failure failure;
		size_t requests;
	} rows[] = {
		{"POST", HTTP_LOST, 2},
		{"PATCH", HTTP_LOST, 2},
		{"GET", HTTP_ANSWERED, 3},
		{"DELETE", HTTP_ANSWERED, 3},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		enum http_failure failure;
		struct server server;

		http_client_init();
		server_start(&server, scenes, COUNT(scenes));
		assert_int_equal(ask(*state, &server, "GET", 0).failure, HTTP_ANSWERED);
		failure = ask(*state, &server, rows[i].method, 0).failure;
		finish(&server);
		assert_int_equal(failure, rows[i].failure);
		assert_int_equal(server.requests, rows[i].requests);
	}
	http_client_done();
}

static void nothing_is_sent_where_nobody_listens(void **state)
{
	static const char *const urls[] = {"ftp://127.0.0.1/", "file:///etc/passwd",
		"http://127.0.0.1:1/", "https://127.0.0.1:1/", "gopher://127.0.0.1/", "not a url",
		"http://127.0.0.1/\r\nX: y"};

	for (size_t i = 0; i < COUNT(urls); i++) {
		struct http_call call = {.method = "POST", .url = urls[i]};
		struct http_answer answer;

		http_client_call(*state, &call, &answer);
		assert_int_equal(answer.failure, HTTP_NOT_SENT);
		assert_int_equal(answer.status, 0);
		assert_int_not_equal(strlen(answer.error), 0);
		assert_null(strstr(answer.error, "127.0.0.1"));
	}
	http_client_done();
}

static void a_header_cannot_smuggle_another(void **state)
{
	static const char *const headers[] = {"X-One: 1\r\nX-Two: 2", NULL};
	struct http_call call = {.method = "GET", .url = "http://127.0.0.1:1/", .headers = headers};
	struct http_answer answer;

	http_client_call(*state, &call, &answer);
	assert_int_equal(answer.failure, HTTP_NOT_SENT);
	assert_string_equal(answer.error, "Request could not be made");
	http_client_done();
}

/* A server that accepts and never shakes hands has seen nothing of the request. */
static void nothing_is_sent_before_tls_stands(void **state)
{
	static const struct scene scenes[] = {{"", WAIT, NULL}};
	struct server server;
	struct http_answer answer;

	server_start(&server, scenes, COUNT(scenes));
	http_client_call(*state,
		&(struct http_call){
			.method = "POST",
			.url = arena_printf(*state, "https://127.0.0.1:%d/", server.port),
			.body = "{}",
			.body_length = 2,
			.timeout_ms = 300,
		},
		&answer);
	finish(&server);
	assert_int_equal(answer.failure, HTTP_NOT_SENT);
}

#define LINE_80 "X-Filler: 0123456789012345678901234567890123456789012345678901234567890123456\r\n"

/* Each server takes the request and then misbehaves. */
static void doubtful_answers_are_lost(void **state)
{
	static const struct {
		struct scene scene;
		enum http_failure failure;
	} rows[] = {
		{{"", CLOSE, NULL}, HTTP_LOST},
		{{"", WAIT, NULL}, HTTP_LOST},
		{{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", CLOSE, NULL}, HTTP_LOST},
		{{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nslow", WAIT, NULL}, HTTP_LOST},
		{{"HTTP/1.1 200 OK\r\nX-Un", CLOSE, NULL}, HTTP_LOST},
		{{"SSH-2.0-OpenSSH\r\n", CLOSE, NULL}, HTTP_LOST},
		{{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", CLOSE, NULL},
			HTTP_LOST},
		{{"", FLOOD, "HTTP/1.1 100 Continue\r\n\r\n"}, HTTP_TOO_LARGE},
		{{"HTTP/1.1 200 OK\r\n", FLOOD, LINE_80}, HTTP_TOO_LARGE},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		enum http_failure failure;
		struct server server;

		http_client_init();
		server_start(&server, &rows[i].scene, 1);
		failure = ask(*state, &server, "POST", 1500).failure;
		finish(&server);
		assert_int_equal(failure, rows[i].failure);
		assert_int_equal(server.requests, 1);
	}
	http_client_done();
}

static void a_reply_past_the_limit_is_cut(void **state)
{
	struct scene scene = {NULL, CLOSE, NULL};
	struct server server;
	char *body = arena_alloc(*state, 1100);

	memset(body, 'x', 1001);
	scene.words =
		arena_printf(*state, "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n%s", body);
	server_start(&server, &scene, 1);
	assert_int_equal(ask(*state, &server, "GET", 0).failure, HTTP_TOO_LARGE);
	finish(&server);
}

static void redirects_are_answers(void **state)
{
	static const struct scene scenes[] = {
		{"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/meta-data\r\n"
		 "Content-Length: 0\r\n\r\n",
			KEEP, NULL}};
	struct http_answer answer;
	struct server server;

	server_start(&server, scenes, COUNT(scenes));
	answer = ask(*state, &server, "GET", 0);
	finish(&server);
	assert_int_equal(answer.failure, HTTP_ANSWERED);
	assert_int_equal(answer.status, 302);
	assert_string_equal(answer.body, "");
	assert_string_equal(answer.content_type, "");
}

static void compressed_replies_stay_compressed(void **state)
{
	static const struct scene scenes[] = {{"HTTP/1.1 200 OK\r\nContent-Encoding: "
					       "gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08x",
		KEEP, NULL}};
	struct http_answer answer;
	struct server server;

	server_start(&server, scenes, COUNT(scenes));
	answer = ask(*state, &server, "GET", 0);
	finish(&server);
	assert_int_equal(answer.failure, HTTP_ANSWERED);
	assert_memory_equal(answer.body, "\x1f\x8b\x08x", 5);
}

static void retry_after_is_read_and_capped(void **state)
{
	const struct {
		const char *header;
		long low, high;
	} rows[] = {
		{"Retry-After: 1", 1, 1},
		{"Retry-After: 1000000000", 3600, 3600},
		{"Retry-After: soon", 0, 0},
		{"Retry-After: -5", 0, 0},
		{"Retry-After: Fri, 31 Dec 1999 23:59:59 GMT", 0, 0},
		{"Retry-After: Fri, 31 Dec 2099 23:59:59 GMT", 3600, 3600},
		{"x-ratelimit-reset: 30", 30, 30},
		{"X-RateLimit-Reset-Default: 60", 60, 60},
		{"X-RateLimit-Reset: 99999999999999999999", 3600, 3600},
		{"X-RateLimit-Reset: soon", 0, 0},
		{"X-RateLimit-Limit: 100", 0, 0},
		{arena_printf(*state, "X-RateLimit-Reset: %ld", (long)time(NULL) + 60), 50, 60},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct scene scene = {
			arena_printf(*state, "HTTP/1.1 429 Slow\r\n%s\r\nContent-Length: 0\r\n\r\n",
				rows[i].header),
			KEEP, NULL};
		struct http_answer answer;
		struct server server;

		http_client_init();
		server_start(&server, &scene, 1);
		answer = ask(*state, &server, "GET", 0);
		finish(&server);
		assert_int_equal(answer.status, 429);
		assert_in_range(answer.retry_after_s, rows[i].low, rows[i].high);
	}
	http_client_done();
}

static void the_environments_proxy_is_ignored(void **state)
{
	static const struct scene scenes[] = {{OK_2, KEEP, NULL}};
	struct server server;

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	server_start(&server, scenes, COUNT(scenes));
	assert_int_equal(ask(*state, &server, "GET", 0).failure, HTTP_ANSWERED);
	finish(&server);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_client, close_client)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(a_call_is_made_as_told),
		CASE(credentials_do_not_stay_on_the_handle),
		CASE(a_connection_is_used_again),
		CASE(a_connection_that_ended_is_left),
		CASE(a_post_is_never_sent_twice),
		CASE(nothing_is_sent_where_nobody_listens),
		CASE(a_header_cannot_smuggle_another),
		CASE(nothing_is_sent_before_tls_stands),
		CASE(doubtful_answers_are_lost),
		CASE(a_reply_past_the_limit_is_cut),
		CASE(redirects_are_answers),
		CASE(compressed_replies_stay_compressed),
		CASE(retry_after_is_read_and_capped),
		CASE(the_environments_proxy_is_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
