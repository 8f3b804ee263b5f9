/* Fixed one-minute windows of requests, one for each vendor. */
#include "tests/sim/rate.h"

#include "tests/sim/clock.h"

struct window {
	int64_t started_ms;
	long count;
};

struct rates {
	struct map *windows;
};

struct rates *rates_new(struct sim *sim)
{
	struct rates *rates = arena_alloc(sim->arena, sizeof(*rates));

	rates->windows = map_new(sim->arena);
	return rates;
}

static struct window *window_of(struct sim *sim, const char *vendor)
{
	struct window *window = map_get(sim->rates->windows, vendor);

	if (!window) {
		window = arena_alloc(sim->arena, sizeof(*window));
		map_put(sim->rates->windows, vendor, window);
	}
	return window;
}

struct rate rate_count(struct sim *sim, const char *vendor)
{
	struct window *window = window_of(sim, vendor);
	int64_t now_ms = clock_now(sim), age_ms = now_ms - window->started_ms;
	struct arena *arena = arena_new();
	struct rate rate = {0};

	rate.limit = setting_long(sim, arena_printf(arena, "%s_rate_per_minute", vendor));
	arena_free(arena);
	if (age_ms < 0 || age_ms >= 60000) {
		*window = (struct window){.started_ms = now_ms};
		age_ms = 0;
	}
	rate.left = rate.limit ? rate.limit - ++window->count : 0;
	rate.reset_s = (long)((60000 - age_ms + 999) / 1000);
	return rate;
}
