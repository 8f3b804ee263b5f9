/* JSON lines on standard error. Yder filters by level and calls us back; we write the line. */
#include "lib/core/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>
#include <yder.h>

#include "lib/core/instant.h"
#include "lib/core/text.h"

/* Longer values are cut: a log line is no place for a body. */
#define VALUE_LENGTH_MAX 1024

static const struct {
	const char *name;
	unsigned long yder;
} levels[] = {
	[LOG_LEVEL_ERROR] = {"error", Y_LOG_LEVEL_ERROR},
	[LOG_LEVEL_WARNING] = {"warning", Y_LOG_LEVEL_WARNING},
	[LOG_LEVEL_INFO] = {"info", Y_LOG_LEVEL_INFO},
	[LOG_LEVEL_DEBUG] = {"debug", Y_LOG_LEVEL_DEBUG},
};

/* The level that is still written; below the first one: closed. Set once at start. */
static int level_last = -1;

/* One line at a time, also when a write is cut short. */
static pthread_mutex_t line_lock = PTHREAD_MUTEX_INITIALIZER;

/* The fields of this thread's event on their way through Yder, which carries one string only.
 * NULL while a library logs. */
static _Thread_local const char *fields_in_hand;

/* Bytes that are not UTF-8 become '?', so that every line is JSON; a cut does not split a
 * character. */
static void add_value(struct text *line, const char *value)
{
	size_t length = strnlen(value, VALUE_LENGTH_MAX + 1);
	char *copy;

	if (length > VALUE_LENGTH_MAX) {
		length = VALUE_LENGTH_MAX;
		while (length && ((unsigned char)value[length] & 0xc0) == 0x80)
			length--;
	}
	copy = arena_strndup(line->arena, value, length);
	if (!text_is_utf8(copy, length))
		for (size_t i = 0; i < length; i++)
			if ((unsigned char)copy[i] >= 0x80)
				copy[i] = '?';
	text_add_json(line, copy);
}

static void add_pair(struct text *line, const char *name, const char *value)
{
	text_add(line, ",");
	add_value(line, name);
	text_add(line, ":");
	add_value(line, value);
}

static const char *yder_level_name(unsigned long yder)
{
	for (size_t i = 0; i < G_N_ELEMENTS(levels); i++)
		if (levels[i].yder == yder)
			return levels[i].name;
	return "error";
}

/* "2026-11-22T09:00:00.123Z" */
static char *timestamp(struct arena *arena)
{
	int64_t now_ms = instant_now_ms();
	char *seconds = instant_format_utc(arena, now_ms / 1000);

	seconds[strlen(seconds) - 1] = '\0';
	return arena_printf(arena, "%s.%03dZ", seconds, (int)(now_ms % 1000));
}

/* What cannot be written is lost: nobody is left to tell. */
static void write_line(const struct text *line)
{
	const char *at = line->data;
	size_t left = line->length;

	pthread_mutex_lock(&line_lock);
	while (left) {
		ssize_t written = write(STDERR_FILENO, at, left);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			break;
		at += written;
		left -= (size_t)written;
	}
	pthread_mutex_unlock(&line_lock);
}

/* Yder's callback: an event of ours, or a message of a library that logs through Yder. */
static void on_message(
	void *cls, const char *program, const time_t date, unsigned long level, const char *message)
{
	struct arena *arena = arena_new();
	struct text *line = text_new(arena);

	(void)cls;
	(void)date;
	text_add(line, "{\"ts\":");
	text_add_json(line, timestamp(arena));
	add_pair(line, "level", yder_level_name(level));
	add_pair(line, "program", program ? program : "");
	add_pair(line, "event", fields_in_hand ? message : "library");
	if (fields_in_hand)
		text_add(line, fields_in_hand);
	else
		add_pair(line, "message", message);
	text_add(line, "}\n");
	write_line(line);
	arena_free(arena);
}

static enum log_level level_by_name(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(levels); i++)
		if (text_equal(levels[i].name, name))
			return (enum log_level)i;
	return LOG_LEVEL_INFO;
}

void log_open(const char *program, const char *level)
{
	level_last = (int)level_by_name(level);
	y_init_logs(program, Y_LOG_MODE_CALLBACK, levels[level_last].yder, NULL, NULL);
	y_set_logs_callback(on_message, NULL, NULL);
}

void log_close(void)
{
	level_last = -1;
	/* y_close_logs frees the program's name and goes on logging: the first call stops that. */
	y_init_logs(NULL, Y_LOG_MODE_NONE, Y_LOG_LEVEL_NONE, NULL, NULL);
	y_close_logs();
}

void log_event(enum log_level level, const char *event, ...)
{
	struct arena *arena;
	struct text *fields;
	const char *name;
	va_list pairs;

	if ((int)level > level_last)
		return;
	arena = arena_new();
	fields = text_new(arena);
	va_start(pairs, event);
	while ((name = va_arg(pairs, const char *))) {
		const char *value = va_arg(pairs, const char *);

		if (value)
			add_pair(fields, name, value);
	}
	va_end(pairs);
	fields_in_hand = fields->data;
	y_log_message(levels[level].yder, "%s", event);
	fields_in_hand = NULL;
	arena_free(arena);
}
