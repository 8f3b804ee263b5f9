/* A map from text (chained, doubling) and a growing list: nothing the simulator keeps is ever
 * scanned. */
#include "tests/sim/collections.h"

#include <stdint.h>
#include <string.h>

struct entry {
	struct entry *next;
	uint64_t hash;
	const char *key;
	void *value;
};

struct map {
	struct arena *arena;
	struct entry **buckets;
	size_t bucket_count;
	size_t count;
};

static uint64_t hash_of(const char *key)
{
	uint64_t hash = 14695981039346656037u;

	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 1099511628211u;
	return hash;
}

struct map *map_new(struct arena *arena)
{
	struct map *map = arena_alloc(arena, sizeof(*map));

	map->arena = arena;
	map->bucket_count = 64;
	map->buckets = arena_alloc(arena, map->bucket_count * sizeof(void *));
	return map;
}

static struct entry *find(const struct map *map, const char *key, uint64_t hash)
{
	struct entry *entry = map->buckets[hash & (map->bucket_count - 1)];

	while (entry && (entry->hash != hash || strcmp(entry->key, key) != 0))
		entry = entry->next;
	return entry;
}

void *map_get(const struct map *map, const char *key)
{
	const struct entry *entry = key ? find(map, key, hash_of(key)) : NULL;

	return entry ? entry->value : NULL;
}

static void insert(struct map *map, struct entry *entry)
{
	struct entry **bucket = &map->buckets[entry->hash & (map->bucket_count - 1)];

	entry->next = *bucket;
	*bucket = entry;
}

/* The old buckets stay in the arena until a reset: half of what is in use at most. */
static void grow(struct map *map)
{
	struct entry **old = map->buckets;
	size_t old_count = map->bucket_count;

	map->bucket_count *= 2;
	map->buckets = arena_alloc(map->arena, map->bucket_count * sizeof(void *));
	for (size_t i = 0; i < old_count; i++) {
		struct entry *entry = old[i];

		while (entry) {
			struct entry *next = entry->next;

			insert(map, entry);
			entry = next;
		}
	}
}

void map_put(struct map *map, const char *key, void *value)
{
	uint64_t hash = hash_of(key);
	struct entry *entry = find(map, key, hash);

	if (entry) {
		entry->value = value;
		return;
	}
	if (map->count >= map->bucket_count)
		grow(map);
	entry = arena_alloc(map->arena, sizeof(*entry));
	entry->hash = hash;
	entry->key = arena_strdup(map->arena, key);
	entry->value = value;
	insert(map, entry);
	map->count++;
}

void list_add(struct list *list, void *item)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 16;
		void **items = arena_alloc(list->arena, capacity * sizeof(*items));

		if (list->count)
			memcpy(items, list->items, list->count * sizeof(*items));
		list->items = items;
		list->capacity = capacity;
	}
	list->items[list->count++] = item;
}
