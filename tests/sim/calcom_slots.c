/* Cal.com: which starts are free. */
#include <string.h>

#include "tests/sim/calcom.h"
#include "tests/sim/clock.h"

#define MINUTE_MS INT64_C(60000)
#define DAY_MS INT64_C(86400000)

static int64_t floor_day(int64_t at_ms)
{
	int64_t day = at_ms / DAY_MS;

	return (at_ms % DAY_MS < 0 ? day - 1 : day) * DAY_MS;
}

static bool works_on(const struct event_type *type, int64_t local_midnight_ms)
{
	int64_t weekday = ((local_midnight_ms / DAY_MS) % 7 + 7 + 4) % 7; /* 1970-01-01: Thursday */

	return type->days & (1u << weekday);
}

bool calcom_open(const struct event_type *type, int64_t start_ms)
{
	int64_t local_ms = start_ms + clock_offset_s(start_ms, type->time_zone) * 1000;
	int64_t midnight_ms = floor_day(local_ms), minute = (local_ms - midnight_ms) / MINUTE_MS;

	return works_on(type, midnight_ms) && minute >= type->opens_min &&
		minute + type->length_min <= type->closes_min;
}

/* Unless the type says so, a request that waits for the host does not hold its time. */
static bool holds(const struct event_type *type, const struct booking *booking)
{
	return !strcmp(booking->status, "accepted") ||
		(type->blocks_unconfirmed && !strcmp(booking->status, "pending"));
}

bool calcom_free(struct sim *sim, const struct event_type *type, int64_t start_ms,
	const struct booking *except, bool count_reservations)
{
	int64_t end_ms = start_ms + type->length_min * MINUTE_MS, now_ms = clock_now(sim);

	for (size_t i = 0; i < type->bookings.count; i++) {
		const struct booking *booking = type->bookings.items[i];

		if (booking != except && booking->start_ms < end_ms && booking->end_ms > start_ms &&
			holds(type, booking))
			return false;
	}
	for (size_t i = 0; count_reservations && i < type->reservations.count; i++) {
		const struct reservation *reservation = type->reservations.items[i];

		if (reservation->until_ms > now_ms && reservation->start_ms < end_ms &&
			reservation->end_ms > start_ms)
			return false;
	}
	return true;
}

struct search {
	struct call *call;
	const struct event_type *type;
	const struct booking *except;
	const char *time_zone;
	int64_t from_ms, until_ms;
	bool range;
	json_t *days;
};

static void add_slot(const struct search *search, int64_t start_ms)
{
	struct arena *arena = search->call->arena;
	const char *start = clock_local(arena, start_ms, search->time_zone);
	const char *key = arena_strndup(arena, start, strlen("2050-09-05"));
	json_t *day = json_object_get(search->days, key), *slot = json_object();

	if (!day) {
		day = json_array();
		json_object_set_new(search->days, key, day);
	}
	json_object_set_new(slot, "start", json_string(start));
	if (search->range)
		json_object_set_new(slot, "end",
			json_string(
				clock_local(arena, start_ms + search->type->length_min * MINUTE_MS,
					search->time_zone)));
	json_array_append_new(day, slot);
}

static void search_day(const struct search *search, int64_t local_midnight_ms)
{
	const struct event_type *type = search->type;
	struct sim *sim = search->call->sim;
	int64_t earliest_ms = clock_now(sim) + type->notice_min * MINUTE_MS;

	for (long minute = type->opens_min; minute + type->length_min <= type->closes_min;
		minute += type->step_min) {
		int64_t start_ms =
			clock_from_local(local_midnight_ms + minute * MINUTE_MS, type->time_zone);

		if (start_ms >= search->from_ms && start_ms <= search->until_ms &&
			start_ms >= earliest_ms &&
			calcom_free(sim, type, start_ms, search->except, true))
			add_slot(search, start_ms);
	}
}

static void search_slots(const struct search *search)
{
	int64_t day_ms = floor_day(search->from_ms - DAY_MS);

	for (; day_ms <= search->until_ms + DAY_MS; day_ms += DAY_MS) {
		if (works_on(search->type, day_ms))
			search_day(search, day_ms);
	}
}

/* What is wrong with the query, as its property; NULL when it is fine. */
static const char *read_search(struct call *call, struct search *search)
{
	const char *zone = call_query(call, "timeZone"), *format = call_query(call, "format");
	const char *moved = call_query(call, "bookingUidToReschedule");
	bool date_only = false;

	search->call = call;
	search->time_zone = zone && *zone ? zone : "UTC";
	search->range = format && !strcmp(format, "range");
	search->except = map_get(call->sim->calcom->bookings, moved);
	if (!clock_parse(call_query(call, "start"), &search->from_ms, NULL))
		return "start";
	if (!clock_parse(call_query(call, "end"), &search->until_ms, &date_only))
		return "end";
	if (date_only)
		search->until_ms += DAY_MS - 1;
	if (search->until_ms - search->from_ms > 400 * DAY_MS)
		return "end";
	return clock_zone_known(search->time_zone) ? NULL : "timeZone";
}

void calcom_slots(struct call *call)
{
	const char *id = call_query(call, "eventTypeId");
	struct search search = {0};
	const char *wrong = read_search(call, &search);

	if (wrong || !id) {
		calcom_invalid(call, wrong ? wrong : "eventTypeId", "is missing or malformed");
		return;
	}
	search.type = calcom_type_text(call->sim, id);
	if (!search.type) {
		calcom_fail(call, 404,
			arena_printf(call->arena, "Event Type with ID=%s not found", id));
		return;
	}
	search.days = json_object();
	clock_zone_hold(call->arena, search.time_zone);
	clock_zone_hold(call->arena, search.type->time_zone);
	search_slots(&search);
	calcom_succeed(call, 200, search.days);
}
