/* Planning a reminder by looking at the client's clock, minute by minute. */
#include "lib/domain/reminder.h"

#include "lib/core/instant.h"

#define MINUTE_S ((int64_t)60)
#define PREFERRED_BEFORE_S ((int64_t)12 * 3600)
#define LATEST_BEFORE_S ((int64_t)6 * 3600)

/* How far we look for the client's waking hours: a day is not enough, since a change of clocks can
 * skip a short waking time. */
#define HORIZON_S ((int64_t)3 * 86400)

static const struct {
	const char *name;
	const char *text;
} rules[] = {
	[REMINDER_PREFERRED] = {"preferred", "Sent 12 hours before the start."},
	[REMINDER_MOVED_LATER] = {"moved_later",
		"12 hours before the start is in the client's quiet hours, so it is sent when "
		"they end."},
	[REMINDER_WINDOW_QUIET] = {"window_quiet",
		"What was left of the time from 12 to 6 hours before the start is in the client's "
		"quiet hours, so it is sent at the moment nearest to their waking hours."},
	[REMINDER_BOOKED_INSIDE] = {"booked_inside",
		"Booked less than 12 hours before the start, so it is sent at once, or when the "
		"client's quiet hours end."},
	[REMINDER_BOOKED_LATE] = {"booked_late",
		"Booked less than 6 hours before the start, so it is sent at once."},
	[REMINDER_STARTED] = {"started", "The start has come, so no reminder is sent."},
};

static bool is_minute_of_day(int minute)
{
	return minute >= 0 && minute < 24 * 60;
}

/* The zone and the instants are known to be good when this is asked. */
static bool is_quiet(const struct reminder_request *request, int64_t at_s)
{
	struct civil civil = {0};
	int from = request->quiet_from_min;
	int until = request->quiet_until_min;
	int minute;

	instant_to_civil(at_s, request->client_zone, &civil);
	minute = civil.hour * 60 + civil.minute;
	if (from <= until)
		return from <= minute && minute < until;
	return from <= minute || minute < until;
}

/* Clocks change and quiet hours begin and end on whole minutes of UTC: every zone's offset has been
 * one of whole minutes since 1972. */
static int64_t minute_after(int64_t at_s)
{
	return at_s + MINUTE_S - (at_s % MINUTE_S + MINUTE_S) % MINUTE_S;
}

static int64_t minute_before(int64_t at_s)
{
	return minute_after(at_s - 1) - MINUTE_S;
}

/* From a quiet instant: when the quiet ends, or until_s if it lasts longer. */
static int64_t quiet_end(const struct reminder_request *request, int64_t at_s, int64_t until_s)
{
	while (at_s < until_s && is_quiet(request, at_s))
		at_s = minute_after(at_s);
	return at_s < until_s ? at_s : until_s;
}

/* From a quiet instant: when the quiet began, or since_s if it is older. */
static int64_t quiet_begin(const struct reminder_request *request, int64_t at_s, int64_t since_s)
{
	while (at_s > since_s && is_quiet(request, at_s - 1))
		at_s = minute_before(at_s);
	return at_s > since_s ? at_s : since_s;
}

/* Of a window that is quiet throughout, only its ends can be nearest to the waking hours. */
static int64_t nearest_to_waking(
	const struct reminder_request *request, int64_t first_s, int64_t last_s)
{
	int64_t before_s = first_s - quiet_begin(request, first_s, first_s - HORIZON_S);
	int64_t after_s = quiet_end(request, last_s, last_s + HORIZON_S) - last_s;

	return before_s <= after_s ? first_s : last_s;
}

static struct reminder_plan plan_in_window(
	const struct reminder_request *request, int64_t first_s, int64_t last_s)
{
	bool is_late = first_s > request->start_at_s - PREFERRED_BEFORE_S;
	int64_t send_at_s;

	if (!is_quiet(request, first_s))
		return (struct reminder_plan){
			first_s, is_late ? REMINDER_BOOKED_INSIDE : REMINDER_PREFERRED};
	send_at_s = quiet_end(request, first_s, last_s);
	if (!is_quiet(request, send_at_s))
		return (struct reminder_plan){
			send_at_s, is_late ? REMINDER_BOOKED_INSIDE : REMINDER_MOVED_LATER};
	return (struct reminder_plan){
		nearest_to_waking(request, first_s, last_s), REMINDER_WINDOW_QUIET};
}

/* Far enough inside what instant.h can tell that no step of the planning leaves it. */
static bool is_plannable(const struct reminder_request *request)
{
	const int64_t margin_s = 2 * HORIZON_S;

	return zone_is_known(request->client_zone) && is_minute_of_day(request->quiet_from_min) &&
		is_minute_of_day(request->quiet_until_min) &&
		request->start_at_s >= INSTANT_MIN_S + margin_s &&
		request->start_at_s <= INSTANT_MAX_S - margin_s;
}

bool reminder_plan(const struct reminder_request *request, struct reminder_plan *ret)
{
	int64_t now_s = request->now_s;
	int64_t wish_s, last_s;

	if (!is_plannable(request))
		return false;
	wish_s = request->start_at_s - PREFERRED_BEFORE_S;
	last_s = request->start_at_s - LATEST_BEFORE_S;
	if (now_s >= request->start_at_s)
		*ret = (struct reminder_plan){now_s, REMINDER_STARTED};
	else if (now_s > last_s)
		*ret = (struct reminder_plan){now_s, REMINDER_BOOKED_LATE};
	else
		*ret = plan_in_window(request, now_s > wish_s ? now_s : wish_s, last_s);
	return ret->rule != REMINDER_STARTED;
}

const char *reminder_rule_name(enum reminder_rule rule)
{
	return rules[rule].name;
}

const char *reminder_rule_text(enum reminder_rule rule)
{
	return rules[rule].text;
}
