/* Cal.com: slot reservations, which hide a slot for some minutes and lock nothing. */
#include <string.h>

#include "tests/sim/calcom.h"
#include "tests/sim/clock.h"

#define MINUTE_MS INT64_C(60000)

static json_t *view_of(struct arena *arena, const struct reservation *reservation)
{
	return json_pack("{s:I,s:s,s:s,s:I,s:s,s:I,s:s}", "eventTypeId",
		(json_int_t)reservation->type->id, "slotStart",
		clock_iso(arena, reservation->start_ms), "slotEnd",
		clock_iso(arena, reservation->end_ms), "slotDuration",
		(json_int_t)reservation->type->length_min, "reservationUid", reservation->uid,
		"reservationDuration", (json_int_t)reservation->duration_min, "reservationUntil",
		clock_iso(arena, reservation->until_ms));
}

/* 8-4-4-4-12 random digits. */
static const char *new_uid(struct arena *arena)
{
	return arena_printf(arena, "%s-%s-%s-%s-%s", sim_token(arena, "", ALPHABET_HEX, 8),
		sim_token(arena, "", ALPHABET_HEX, 4), sim_token(arena, "4", ALPHABET_HEX, 3),
		sim_token(arena, "a", ALPHABET_HEX, 3), sim_token(arena, "", ALPHABET_HEX, 12));
}

static struct reservation *add(struct call *call, struct event_type *type, int64_t start_ms)
{
	struct sim *sim = call->sim;
	struct reservation *reservation = arena_alloc(sim->arena, sizeof(*reservation));
	const json_t *minutes = json_object_get(call->body, "reservationDuration");

	reservation->uid = new_uid(sim->arena);
	reservation->type = type;
	reservation->start_ms = start_ms;
	reservation->end_ms = start_ms + type->length_min * MINUTE_MS;
	reservation->duration_min =
		json_is_integer(minutes) ? (long)json_integer_value(minutes) : 5;
	reservation->until_ms = clock_now(sim) + reservation->duration_min * MINUTE_MS;
	list_add(&type->reservations, reservation);
	map_put(sim->calcom->reservations, reservation->uid, reservation);
	return reservation;
}

void calcom_reserve(struct call *call)
{
	struct event_type *type =
		calcom_type(call->sim, json_object_get(call->body, "eventTypeId"));
	int64_t start_ms;

	if (!type)
		calcom_fail(call, 404, "Event Type not found");
	else if (!clock_parse(call_field(call, "slotStart"), &start_ms, NULL))
		calcom_invalid(call, "slotStart", "slotStart must be a valid ISO 8601 date string");
	else if (json_object_get(call->body, "reservationDuration") && !call_bearer(call))
		calcom_fail(call, 401,
			"reservationDuration can only be used for authenticated requests");
	else if (!calcom_free(call->sim, type, start_ms, NULL, true))
		calcom_fail(call, 422,
			arena_printf(call->arena,
				"Can't reserve a slot at %s because it is already booked or "
				"reserved",
				clock_iso(call->arena, start_ms)));
	else
		calcom_succeed(call, 201, view_of(call->arena, add(call, type, start_ms)));
}

static struct reservation *asked(struct call *call)
{
	struct reservation *reservation =
		map_get(call->sim->calcom->reservations, call->segments[2]);

	if (!reservation || reservation->until_ms <= clock_now(call->sim)) {
		calcom_fail(call, 404, "Reservation not found");
		return NULL;
	}
	return reservation;
}

void calcom_reservation_get(struct call *call)
{
	const struct reservation *reservation = asked(call);

	if (reservation)
		calcom_succeed(call, 200, view_of(call->arena, reservation));
}

void calcom_reservation_change(struct call *call)
{
	struct reservation *reservation = asked(call);
	int64_t start_ms;

	if (!reservation)
		return;
	if (clock_parse(call_field(call, "slotStart"), &start_ms, NULL)) {
		reservation->start_ms = start_ms;
		reservation->end_ms = start_ms + reservation->type->length_min * MINUTE_MS;
	}
	reservation->until_ms = clock_now(call->sim) + reservation->duration_min * MINUTE_MS;
	calcom_succeed(call, 200, view_of(call->arena, reservation));
}

void calcom_reservation_delete(struct call *call)
{
	struct reservation *reservation = asked(call);

	if (!reservation)
		return;
	reservation->until_ms = 0;
	reply_json(call, 200, json_pack("{s:s}", "status", "success"));
}
