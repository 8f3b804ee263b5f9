/* One thread and three heaps: real time, simulated time, and waits of connections. */
#include "tests/sim/later.h"

#include <string.h>
#include <time.h>

#include "tests/sim/clock.h"

enum heap_kind { HEAP_REAL, HEAP_SIM, HEAP_WIRE, HEAP_COUNT };

struct entry {
	int64_t due_ms;
	uint64_t order;      /* first planned, first run */
	uint64_t generation; /* of the state it belongs to */
	later_fn *run;
	void *argument;
};

struct heap {
	struct entry *entries;
	size_t count, capacity;
};

struct later {
	struct sim *sim;
	struct arena *arena;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct heap heaps[HEAP_COUNT];
	uint64_t order, generation;
	bool stopping;
};

static bool before(const struct entry *a, const struct entry *b)
{
	return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static void swap(struct entry *a, struct entry *b)
{
	struct entry kept = *a;

	*a = *b;
	*b = kept;
}

static void heap_push(struct later *later, struct heap *heap, const struct entry *entry)
{
	size_t at = heap->count++;

	if (at == heap->capacity) {
		size_t capacity = heap->capacity ? heap->capacity * 2 : 64;
		struct entry *entries = arena_alloc(later->arena, capacity * sizeof(*entries));

		if (at)
			memcpy(entries, heap->entries, at * sizeof(*entries));
		heap->entries = entries;
		heap->capacity = capacity;
	}
	heap->entries[at] = *entry;
	while (at && before(&heap->entries[at], &heap->entries[(at - 1) / 2])) {
		swap(&heap->entries[at], &heap->entries[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
}

static struct entry heap_pop(struct heap *heap)
{
	struct entry first = heap->entries[0];
	size_t at = 0;

	heap->entries[0] = heap->entries[--heap->count];
	for (;;) {
		size_t least = at, left = 2 * at + 1;

		if (left < heap->count && before(&heap->entries[left], &heap->entries[least]))
			least = left;
		if (left + 1 < heap->count &&
			before(&heap->entries[left + 1], &heap->entries[least]))
			least = left + 1;
		if (least == at)
			return first;
		swap(&heap->entries[at], &heap->entries[least]);
		at = least;
	}
}

static int64_t heap_clock(const struct later *later, enum heap_kind kind)
{
	return kind == HEAP_SIM ? clock_now(later->sim) : clock_monotonic_ms();
}

/* The first heap with something due, or -1 and how long nothing is. */
static int due_heap(struct later *later, int64_t *ret_wait_ms)
{
	int64_t wait_ms = 3600000;

	for (int kind = 0; kind < HEAP_COUNT; kind++) {
		const struct heap *heap = &later->heaps[kind];
		int64_t left;

		if (!heap->count)
			continue;
		left = heap->entries[0].due_ms - heap_clock(later, (enum heap_kind)kind);
		if (left <= 0)
			return kind;
		if (left < wait_ms)
			wait_ms = left;
	}
	*ret_wait_ms = wait_ms;
	return -1;
}

static void wait_changed(struct later *later, int64_t wait_ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(wait_ms / 1000);
	until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_cond_timedwait(&later->changed, &later->lock, &until);
}

/* Called without any lock: the state's comes first. */
static void run_entry(struct later *later, const struct entry *entry, bool wire)
{
	if (wire) {
		entry->run(later->sim, entry->argument);
		return;
	}
	pthread_mutex_lock(&later->sim->lock);
	if (entry->generation == later->generation)
		entry->run(later->sim, entry->argument);
	pthread_mutex_unlock(&later->sim->lock);
}

static void *later_loop(void *argument)
{
	struct later *later = argument;

	pthread_mutex_lock(&later->lock);
	while (!later->stopping) {
		int64_t wait_ms;
		int kind = due_heap(later, &wait_ms);

		if (kind < 0) {
			wait_changed(later, wait_ms);
		} else {
			struct entry entry = heap_pop(&later->heaps[kind]);

			pthread_mutex_unlock(&later->lock);
			run_entry(later, &entry, kind == HEAP_WIRE);
			pthread_mutex_lock(&later->lock);
		}
	}
	pthread_mutex_unlock(&later->lock);
	return NULL;
}

struct later *later_start(struct sim *sim)
{
	struct arena *arena = arena_new();
	struct later *later = arena_alloc(arena, sizeof(*later));
	pthread_condattr_t attributes;

	later->arena = arena;
	later->sim = sim;
	pthread_mutex_init(&later->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&later->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_create(&later->thread, NULL, later_loop, later);
	return later;
}

void later_stop(struct later *later)
{
	struct heap *wires = &later->heaps[HEAP_WIRE];

	pthread_mutex_lock(&later->lock);
	later->stopping = true;
	pthread_cond_signal(&later->changed);
	pthread_mutex_unlock(&later->lock);
	pthread_join(later->thread, NULL);
	while (wires->count) {
		struct entry entry = heap_pop(wires);

		entry.run(later->sim, entry.argument);
	}
}

void later_free(struct later *later)
{
	pthread_cond_destroy(&later->changed);
	pthread_mutex_destroy(&later->lock);
	arena_free(later->arena);
}

static void plan(struct sim *sim, enum heap_kind kind, struct entry entry)
{
	struct later *later = sim->later;
	bool now;

	pthread_mutex_lock(&later->lock);
	now = later->stopping && kind == HEAP_WIRE;
	entry.order = ++later->order;
	entry.generation = later->generation;
	if (!now)
		heap_push(later, &later->heaps[kind], &entry);
	pthread_cond_signal(&later->changed);
	pthread_mutex_unlock(&later->lock);
	if (now)
		entry.run(sim, entry.argument);
}

void later_real(struct sim *sim, int64_t delay_ms, later_fn *run, void *argument)
{
	plan(sim, HEAP_REAL,
		(struct entry){.due_ms = clock_monotonic_ms() + delay_ms,
			.run = run,
			.argument = argument});
}

void later_sim(struct sim *sim, int64_t at_ms, later_fn *run, void *argument)
{
	plan(sim, HEAP_SIM, (struct entry){.due_ms = at_ms, .run = run, .argument = argument});
}

void later_wire(struct sim *sim, int64_t delay_ms, later_fn *run, void *argument)
{
	plan(sim, HEAP_WIRE,
		(struct entry){.due_ms = clock_monotonic_ms() + delay_ms,
			.run = run,
			.argument = argument});
}

static bool pop_due(struct sim *sim, struct entry *ret_entry)
{
	struct later *later = sim->later;
	struct heap *heap = &later->heaps[HEAP_SIM];
	bool due;

	pthread_mutex_lock(&later->lock);
	due = heap->count && heap->entries[0].due_ms <= clock_now(sim);
	if (due)
		*ret_entry = heap_pop(heap);
	pthread_mutex_unlock(&later->lock);
	return due;
}

void later_due(struct sim *sim)
{
	struct entry entry;

	while (pop_due(sim, &entry))
		entry.run(sim, entry.argument);
	pthread_cond_signal(&sim->later->changed);
}

void later_clear(struct sim *sim)
{
	struct later *later = sim->later;

	pthread_mutex_lock(&later->lock);
	later->generation++;
	later->heaps[HEAP_REAL].count = 0;
	later->heaps[HEAP_SIM].count = 0;
	pthread_mutex_unlock(&later->lock);
}
