/* The log: every line on standard error is one JSON object, whoever wrote it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib.h>
#include <jansson.h>
#include <yder.h>

#include "lib/core/instant.h"
#include "lib/core/log.h"

/* Standard error goes to a file in memory while a test logs, so that it can be read back. */
static int saved_stderr = -1;

static int catch_stderr(void **state)
{
	int file = memfd_create("stderr", MFD_CLOEXEC);

	fflush(stderr);
	saved_stderr = dup(STDERR_FILENO);
	dup2(file, STDERR_FILENO);
	close(file);
	(void)state;
	return 0;
}

static int release_stderr(void **state)
{
	log_close();
	if (saved_stderr >= 0)
		dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	saved_stderr = -1;
	(void)state;
	return 0;
}

/* The lines that were written, each parsed on its own. The caller owns the array. */
static json_t *lines_written(void)
{
	json_t *lines = json_array();
	char *line = NULL;
	size_t size = 0;
	int copy = dup(STDERR_FILENO);
	FILE *file = fdopen(copy, "r");

	rewind(file);
	while (getline(&line, &size, file) > 0) {
		json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

		if (!object)
			fail_msg("not a JSON object: %s", line);
		json_array_append_new(lines, object);
	}
	free(line);
	fclose(file);
	return lines;
}

static const char *field(const json_t *lines, size_t index, const char *name)
{
	return json_string_value(json_object_get(json_array_get(lines, index), name));
}

static void an_event_is_one_line_of_json(void **state)
{
	json_t *lines;
	int64_t at_s = 0;

	log_open("care-test", "info");
	log_event(LOG_LEVEL_WARNING, "job_done", "job_id", "42", "left_out", NULL, "kind",
		"invoice_send", NULL);
	lines = lines_written();
	assert_int_equal(json_array_size(lines), 1);
	assert_int_equal(json_object_size(json_array_get(lines, 0)), 6);
	assert_string_equal(field(lines, 0, "level"), "warning");
	assert_string_equal(field(lines, 0, "program"), "care-test");
	assert_string_equal(field(lines, 0, "event"), "job_done");
	assert_string_equal(field(lines, 0, "job_id"), "42");
	assert_string_equal(field(lines, 0, "kind"), "invoice_send");
	assert_true(instant_parse(field(lines, 0, "ts"), &at_s));
	assert_in_range(at_s, instant_now_s() - 60, instant_now_s());
	json_decref(lines);
	(void)state;
}

static void a_value_cannot_forge_a_line(void **state)
{
	static const char *const values[] = {"\n{\"level\":\"error\"}\n", "\",\"program\":\"x",
		"\\", "\r\n", "%s%n", "\x1b[31m", "Yorùbá ₦", "", "\x7f"};
	json_t *lines;

	log_open("care-test", "debug");
	for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
		log_event(LOG_LEVEL_INFO, "probe", values[i], "as name", "value", values[i], NULL);
	lines = lines_written();
	assert_int_equal(json_array_size(lines), G_N_ELEMENTS(values));
	for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
		assert_string_equal(field(lines, i, "value"), values[i]);
		assert_string_equal(field(lines, i, values[i]), "as name");
		assert_string_equal(field(lines, i, "program"), "care-test");
	}
	json_decref(lines);
	(void)state;
}

static void bytes_that_are_not_text_are_masked(void **state)
{
	json_t *lines;

	log_open("care-test", "info");
	log_event(LOG_LEVEL_INFO, "probe", "value", "a\xff\xc3z", NULL);
	lines = lines_written();
	assert_string_equal(field(lines, 0, "value"), "a??z");
	json_decref(lines);
	(void)state;
}

static void long_values_are_cut_between_characters(void **state)
{
	char *value = g_strnfill(1023, 'a');
	char *with_more = g_strconcat(value, "ü and more", NULL);
	json_t *lines;

	log_open("care-test", "info");
	log_event(LOG_LEVEL_INFO, "probe", "value", with_more, NULL);
	lines = lines_written();
	assert_string_equal(field(lines, 0, "value"), value);
	json_decref(lines);
	g_free(with_more);
	g_free(value);
	(void)state;
}

static void the_level_decides(void **state)
{
	static const struct {
		const char *level;
		size_t lines;
	} rows[] = {{"error", 1}, {"warning", 2}, {"info", 3}, {"debug", 4}, {"loud", 3}};
	size_t before = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		json_t *lines;

		log_open("care-test", rows[i].level);
		for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++)
			log_event((enum log_level)level, "probe", NULL);
		log_close();
		lines = lines_written();
		assert_int_equal(json_array_size(lines) - before, rows[i].lines);
		before = json_array_size(lines);
		json_decref(lines);
	}
	(void)state;
}

/* Ulfius logs through Yder: its messages must not break the stream of objects. */
static void libraries_are_logged_the_same_way(void **state)
{
	json_t *lines;

	log_open("care-test", "warning");
	y_log_message(Y_LOG_LEVEL_ERROR, "Ulfius - %s\nsecond line", "a \"failure\"");
	y_log_message(Y_LOG_LEVEL_INFO, "not worth a line");
	log_event(LOG_LEVEL_ERROR, "probe", NULL);
	lines = lines_written();
	assert_int_equal(json_array_size(lines), 2);
	assert_string_equal(field(lines, 0, "event"), "library");
	assert_string_equal(field(lines, 0, "level"), "error");
	assert_string_equal(field(lines, 0, "message"), "Ulfius - a \"failure\"\nsecond line");
	assert_string_equal(field(lines, 1, "event"), "probe");
	assert_null(field(lines, 1, "message"));
	json_decref(lines);
	(void)state;
}

static void a_closed_log_is_silent(void **state)
{
	json_t *lines;

	log_event(LOG_LEVEL_ERROR, "before", NULL);
	log_open("care-test", "debug");
	log_close();
	log_event(LOG_LEVEL_ERROR, "after", NULL);
	y_log_message(Y_LOG_LEVEL_ERROR, "after");
	lines = lines_written();
	assert_int_equal(json_array_size(lines), 0);
	json_decref(lines);
	(void)state;
}

static void *log_often(void *name)
{
	for (int i = 0; i < 500; i++)
		log_event(LOG_LEVEL_INFO, name, "of", name, NULL);
	return NULL;
}

static void threads_do_not_mix_their_fields(void **state)
{
	static const char *const names[] = {"one", "two", "three", "four"};
	GThread *threads[G_N_ELEMENTS(names)];
	json_t *lines;

	log_open("care-test", "info");
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		threads[i] = g_thread_new("log", log_often, (void *)names[i]);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		g_thread_join(threads[i]);
	lines = lines_written();
	assert_int_equal(json_array_size(lines), 500 * G_N_ELEMENTS(names));
	for (size_t i = 0; i < json_array_size(lines); i++)
		assert_string_equal(field(lines, i, "event"), field(lines, i, "of"));
	json_decref(lines);
	(void)state;
}

#define LOG_TEST(test) cmocka_unit_test_setup_teardown(test, catch_stderr, release_stderr)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(an_event_is_one_line_of_json),
		LOG_TEST(a_value_cannot_forge_a_line),
		LOG_TEST(bytes_that_are_not_text_are_masked),
		LOG_TEST(long_values_are_cut_between_characters),
		LOG_TEST(the_level_decides),
		LOG_TEST(libraries_are_logged_the_same_way),
		LOG_TEST(a_closed_log_is_silent),
		LOG_TEST(threads_do_not_mix_their_fields),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
