/* Cal.com: event types, made when first asked for. */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/calcom.h"
#include "tests/sim/clock.h"

#define HOUR_MIN 60L

static struct event_type *new_type(struct sim *sim, long id, const char *key)
{
	struct event_type *type = arena_alloc(sim->arena, sizeof(*type));

	*type = (struct event_type){.id = id,
		.title = "Consultation",
		.slug = arena_printf(sim->arena, "consultation-%ld", id),
		.time_zone = arena_strdup(sim->arena, setting_text(sim, "calcom_time_zone")),
		.host_email = arena_printf(sim->arena, "host-%ld@care.example", id),
		.host_name = "Care Host",
		.length_min = 45,
		.step_min = 30,
		.notice_min = 120,
		.opens_min = 8 * HOUR_MIN,
		.closes_min = 18 * HOUR_MIN,
		.days = 0x7f};
	type->bookings.arena = type->reservations.arena = sim->arena;
	map_put(sim->calcom->types, key, type);
	list_add(&sim->calcom->type_list, type);
	return type;
}

static struct event_type *find_or_make(struct sim *sim, const char *text)
{
	char *end;
	long id = text && *text ? strtol(text, &end, 10) : 0;
	struct event_type *type;

	if (id <= 0 || *end)
		return NULL;
	type = map_get(sim->calcom->types, text);
	return type ? type : new_type(sim, id, text);
}

struct event_type *calcom_type_text(struct sim *sim, const char *id)
{
	struct event_type *type = find_or_make(sim, id);

	return type && !type->deleted ? type : NULL;
}

struct event_type *calcom_type(struct sim *sim, const json_t *id)
{
	struct arena *arena = arena_new();
	const char *text = json_string_value(id);
	struct event_type *type;

	if (json_is_integer(id))
		text = arena_printf(arena, "%lld", (long long)json_integer_value(id));
	type = calcom_type_text(sim, text);
	arena_free(arena);
	return type;
}

/* The older version groups them and leaves most out. */
static json_t *old_list(const struct list *types)
{
	json_t *shown = json_array();

	for (size_t i = 0; i < types->count; i++) {
		const struct event_type *type = types->items[i];

		json_array_append_new(shown,
			json_pack("{s:I,s:I,s:s,s:s,s:b}", "id", (json_int_t)type->id, "length",
				(json_int_t)type->length_min, "slug", type->slug, "title",
				type->title, "hidden", 0));
	}
	return json_pack("{s:[{s:n,s:o}],s:[]}", "eventTypeGroups", "teamId", "eventTypes", shown,
		"profiles");
}

void calcom_types_list(struct call *call)
{
	const struct list *types = &call->sim->calcom->type_list;
	json_t *data;

	if (!calcom_versioned(call, "2024-06-14")) {
		calcom_succeed(call, 200, old_list(types));
		return;
	}
	data = json_array();
	for (size_t i = 0; i < types->count; i++) {
		const struct event_type *type = types->items[i];

		if (!type->deleted)
			json_array_append_new(data, calcom_view_type(type));
	}
	calcom_succeed(call, 200, data);
}

void calcom_types_get(struct call *call)
{
	const struct event_type *type = calcom_type_text(call->sim, call->segments[1]);

	if (!type)
		calcom_fail(call, 404,
			arena_printf(call->arena, "Event type with id %s not found.",
				call->segments[1]));
	else
		calcom_succeed(call, 200, calcom_view_type(type));
}

/* "08:30" in minutes of the day; otherwise when it is missing or no time. */
static long minutes_of(const json_t *body, const char *name, long otherwise)
{
	const char *text = json_string_value(json_object_get(body, name));
	char *end;
	long hours = text ? strtol(text, &end, 10) : 0;

	return text && *end == ':' ? hours * HOUR_MIN + strtol(end + 1, NULL, 10) : otherwise;
}

static void take_long(const json_t *body, const char *name, long *number)
{
	const json_t *value = json_object_get(body, name);

	if (json_is_integer(value))
		*number = (long)json_integer_value(value);
}

static void take_bool(const json_t *body, const char *name, bool *flag)
{
	const json_t *value = json_object_get(body, name);

	if (json_is_boolean(value))
		*flag = json_is_true(value);
}

static void take_text(struct sim *sim, const json_t *body, const char *name, const char **text)
{
	const char *value = json_string_value(json_object_get(body, name));

	if (value)
		*text = arena_strdup(sim->arena, value);
}

static void take_days(const json_t *body, unsigned *days)
{
	const json_t *given = json_object_get(body, "days"), *day;
	size_t at;

	if (!json_is_array(given))
		return;
	*days = 0;
	json_array_foreach(given, at, day) *days |= 1u << (json_integer_value(day) % 7);
}

void calcom_types_change(struct call *call)
{
	struct event_type *type = find_or_make(call->sim, call->segments[2]);
	const json_t *body = call->body;

	if (!type) {
		calcom_fail_plain(call, 404, "an event type's id is a positive integer");
		return;
	}
	take_text(call->sim, body, "title", &type->title);
	take_text(call->sim, body, "slug", &type->slug);
	take_text(call->sim, body, "host_email", &type->host_email);
	take_text(call->sim, body, "host_name", &type->host_name);
	if (clock_zone_known(call_field(call, "time_zone")))
		take_text(call->sim, body, "time_zone", &type->time_zone);
	take_long(body, "length", &type->length_min);
	take_long(body, "step", &type->step_min);
	take_long(body, "notice", &type->notice_min);
	take_bool(body, "requires_confirmation", &type->requires_confirmation);
	take_bool(body, "blocks_unconfirmed", &type->blocks_unconfirmed);
	take_days(body, &type->days);
	type->opens_min = minutes_of(body, "opens", type->opens_min);
	type->closes_min = minutes_of(body, "closes", type->closes_min);
	type->deleted = false;
	if (type->step_min < 1)
		type->step_min = 1;
	calcom_succeed(call, 200, calcom_view_type(type));
}

void calcom_types_delete(struct call *call)
{
	struct event_type *type = find_or_make(call->sim, call->segments[2]);

	if (type)
		type->deleted = true;
	reply_text(call, 204, "application/json", "");
}
