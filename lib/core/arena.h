/* Memory that lives as long as one request or one job.
 *
 * Everything a request or a job allocates comes from its arena and is returned by one call to
 * arena_free. Objects of other libraries join with arena_defer, so that code in api/ and worker/
 * frees nothing by hand. Running out of memory aborts: the process is crash-only and restarts.
 * An arena belongs to one thread at a time. */
#ifndef CARE_CORE_ARENA_H
#define CARE_CORE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);

/* Runs the deferred destructors, newest first, then frees every block. NULL is allowed. */
void arena_free(struct arena *arena);

/* Zeroed memory, aligned for any type. Never NULL, also for size 0. */
void *arena_alloc(struct arena *arena, size_t size);

/* A NUL-terminated copy; NULL stays NULL. */
char *arena_strdup(struct arena *arena, const char *string);

/* A copy of length bytes with a NUL behind them. */
char *arena_strndup(struct arena *arena, const char *bytes, size_t length);

char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/* Calls destroy(object) when the arena is freed. NULL objects are ignored. */
void arena_defer(struct arena *arena, void (*destroy)(void *), void *object);

#endif
