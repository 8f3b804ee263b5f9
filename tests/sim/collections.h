/* A map from text and a growing list, both living in an arena. Neither is locked. */
#ifndef CARE_SIM_COLLECTIONS_H
#define CARE_SIM_COLLECTIONS_H

#include <stddef.h>

#include "lib/core/arena.h"

struct map;

struct map *map_new(struct arena *arena);

/* NULL when there is none. */
void *map_get(const struct map *map, const char *key);

/* Copies key, replaces an older value; NULL forgets. */
void map_put(struct map *map, const char *key, void *value);

struct list {
	struct arena *arena;
	void **items;
	size_t count;
	size_t capacity;
};

/* Items belong to the caller; the list only points to them. */
void list_add(struct list *list, void *item);

#endif
