/* Request-lifetime memory: one list of blocks, each its own malloc so that ASan sees every byte. */
#include "lib/core/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct block {
	struct block *next;
	void (*destroy)(void *);
	void *object;
	max_align_t bytes[];
};

struct arena {
	struct block *blocks;
};

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static struct block *push(struct arena *arena, size_t size)
{
	struct block *block = must(calloc(1, sizeof(*block) + size));

	block->next = arena->blocks;
	arena->blocks = block;
	return block;
}

struct arena *arena_new(void)
{
	return must(calloc(1, sizeof(struct arena)));
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	while (arena->blocks) {
		struct block *block = arena->blocks;

		arena->blocks = block->next;
		if (block->destroy)
			block->destroy(block->object);
		free(block);
	}
	free(arena);
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return push(arena, size)->bytes;
}

char *arena_strndup(struct arena *arena, const char *bytes, size_t length)
{
	char *copy = arena_alloc(arena, length + 1);

	if (length)
		memcpy(copy, bytes, length);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *string)
{
	return string ? arena_strndup(arena, string, strlen(string)) : NULL;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	va_list again;
	int length;
	char *text;

	va_copy(again, args);
	/* clang 14 loses va_start. NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0)
		abort();
	text = arena_alloc(arena, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, args);
	return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

void arena_defer(struct arena *arena, void (*destroy)(void *), void *object)
{
	struct block *block;

	if (!object)
		return;
	block = push(arena, 0);
	block->destroy = destroy;
	block->object = object;
}
