/* A booking as an .ics file. */
#include <string.h>

#include "api.gen.h"
#include "lib/data/db.h"
#include "lib/document/calendar.h"
#include "queries.gen.h"

static bool has_a_time(const char *state)
{
	return strcmp(state, "confirmed") == 0 || strcmp(state, "rescheduling") == 0 ||
		strcmp(state, "completed") == 0 || strcmp(state, "cancelled") == 0;
}

static void fill(struct request *rq, const struct rows *rows, struct calendar_event *ret)
{
	const struct config *config = rq->service->config;
	const char *host = strstr(config->public_url, "://") + 3;

	*ret = (struct calendar_event){
		.uid = arena_printf(
			rq->work.arena, "%s@%s", rows_text(rows, 0, "booking_id"), host),
		.sequence = (int)rows_integer(rows, 0, "sequence"),
		.status = strcmp(rows_text(rows, 0, "state"), "cancelled") == 0 ? "CANCELLED"
										: "CONFIRMED",
		.summary = arena_printf(rq->work.arena, "%s: %s", config->organisation_name,
			rows_text(rows, 0, "service_name")),
		.description = arena_printf(
			rq->work.arena, "Your consultation with %s.", config->organisation_name),
		.location = rows_text(rows, 0, "location"),
		.organiser_name = config->organisation_name,
		.organiser_email = config->email_from,
		.attendee_name = rows_text(rows, 0, "contact_name"),
		.attendee_email = rows_text(rows, 0, "contact_email"),
		.start_at_s = rows_integer(rows, 0, "start_s"),
		.end_at_s = rows_integer(rows, 0, "end_s"),
		.stamp_at_s = rows_integer(rows, 0, "updated_s"),
	};
}

enum problem booking_calendar(struct request *rq, const struct booking_calendar_args *args)
{
	struct calendar_event event;
	struct rows rows;
	const char *ics;
	enum problem p = q_booking_event(&rq->work, &rows, args->booking_id);

	if (p)
		return p;
	if (rows.count == 0)
		return P_NOT_FOUND;
	if (!has_a_time(rows_text(&rows, 0, "state")))
		return fail(&rq->work, P_BOOKING_STATE, "The booking is %s.",
			rows_text(&rows, 0, "state"));
	fill(rq, &rows, &event);
	ics = calendar_ics(rq->work.arena, &event);
	reply_header(rq, "Content-Disposition", "attachment; filename=\"consultation.ics\"");
	return reply_bytes(rq, "text/calendar", ics, strlen(ics));
}
