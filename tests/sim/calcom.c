/* Cal.com: the way in, envelopes, versions and routes. */
#include "tests/sim/calcom.h"

#include <string.h>

#include "tests/sim/clock.h"
#include "tests/sim/rate.h"
#include "tests/sim/vendors.h"

struct calcom *calcom_new(struct sim *sim)
{
	struct calcom *calcom = arena_alloc(sim->arena, sizeof(*calcom));

	calcom->types = map_new(sim->arena);
	calcom->bookings = map_new(sim->arena);
	calcom->reservations = map_new(sim->arena);
	calcom->type_list.arena = calcom->booking_list.arena = calcom->subscriptions.arena =
		sim->arena;
	return calcom;
}

static const struct {
	int status;
	const char *exception, *reason;
} exceptions[] = {
	{400, "BadRequestException", "Bad Request"},
	{401, "UnauthorizedException", "Unauthorized"},
	{403, "ForbiddenException", "Forbidden"},
	{404, "NotFoundException", "Not Found"},
	{409, "ConflictException", "Conflict"},
	{422, "UnprocessableEntityException", "Unprocessable Entity"},
	{429, "ThrottlerException", "Too Many Requests"},
};

/* The path as Cal.com's own server sees it. */
static const char *own_path(const struct call *call)
{
	return call->path + strlen("/calcom");
}

static json_t *envelope(struct call *call, int status, const char *message, json_t *details)
{
	size_t at = 0;

	while (exceptions[at].status != status)
		at++;
	if (!details)
		details = json_pack("{s:s,s:s,s:i}", "message", message, "error",
			exceptions[at].reason, "statusCode", status);
	return json_pack("{s:s,s:s,s:s,s:{s:s,s:s,s:o}}", "status", "error", "timestamp",
		clock_iso(call->arena, clock_now(call->sim)), "path", own_path(call), "error",
		"code", exceptions[at].exception, "message", message, "details", details);
}

void calcom_fail(struct call *call, int status, const char *message)
{
	reply_json(call, status, envelope(call, status, message, NULL));
}

void calcom_fail_plain(struct call *call, int status, const char *message)
{
	reply_json(call, status, json_pack("{s:i,s:s}", "statusCode", status, "message", message));
}

void calcom_invalid(struct call *call, const char *property, const char *message)
{
	json_t *details = json_pack("{s:s,s:[{s:s,s:{s:s},s:[]}]}", "message", "Validation failed",
		"errors", "property", property, "constraints", "invalid", message, "children");

	reply_json(call, 400, envelope(call, 400, "Validation failed", details));
}

void calcom_succeed(struct call *call, int status, json_t *data)
{
	reply_json(call, status, json_pack("{s:s,s:o}", "status", "success", "data", data));
}

bool calcom_versioned(const struct call *call, const char *version)
{
	const char *given = call_header(call, "cal-api-version");

	return given && !strcmp(given, version);
}

static void add_limits(struct call *call, const struct rate *rate)
{
	reply_header(
		call, "X-RateLimit-Limit-Default", arena_printf(call->arena, "%ld", rate->limit));
	reply_header(call, "X-RateLimit-Remaining-Default",
		arena_printf(call->arena, "%ld", rate->left > 0 ? rate->left : 0));
	reply_header(
		call, "X-RateLimit-Reset-Default", arena_printf(call->arena, "%ld", rate->reset_s));
}

static void limited(struct call *call)
{
	struct rate rate = {.limit = 120, .left = 0, .reset_s = 60};

	if (!call->reply.header_count)
		add_limits(call, &rate);
	calcom_fail(call, 429, "ThrottlerException: Too Many Requests");
}

/* Anybody may look for slots, book, and move or cancel what they know the uid of. */
static bool is_public(const char *operation)
{
	static const char *const names[] = {"calcom.slots", "calcom.reserve", "calcom.reservation",
		"calcom.book", "calcom.get", "calcom.reschedule", "calcom.cancel", NULL};

	for (const char *const *name = names; *name; name++) {
		if (!strcmp(*name, operation))
			return true;
	}
	return false;
}

static void cannot(struct call *call)
{
	calcom_fail(call, 404,
		arena_printf(call->arena, "Cannot %s %s%s%s", call->method, own_path(call),
			*call->query_text ? "?" : "", call->query_text));
}

/* A missing or unknown version falls back to 2024-04-15 without a word: these paths have other
 * shapes there, the rest does not exist. */
static bool exists_in_version(const struct call *call)
{
	const char *first = call->segments[0], *operation = call->route->operation;

	if (!strcmp(first, "slots"))
		return calcom_versioned(call, "2024-09-04");
	if (strcmp(first, "bookings") != 0 || calcom_versioned(call, "2024-08-13") ||
		calcom_versioned(call, "2026-02-25"))
		return true;
	return !strcmp(operation, "calcom.get") || !strcmp(operation, "calcom.list") ||
		!strcmp(operation, "calcom.book");
}

static bool admit(struct call *call)
{
	const char *key = call_bearer(call);
	struct rate rate;

	if (key ? strcmp(key, setting_text(call->sim, "calcom_api_key")) != 0
		: !is_public(call->route->operation)) {
		calcom_fail(call, 401,
			key ? "ApiAuthStrategy - api key - Your api key is not valid"
			    : "ApiAuthStrategy - no authentication provided");
		return false;
	}
	rate = rate_count(call->sim, "calcom");
	if (rate.limit)
		add_limits(call, &rate);
	if (rate.left < 0)
		limited(call);
	else if (!exists_in_version(call))
		cannot(call);
	else
		return true;
	return false;
}

static const struct route routes[] = {
	{"GET", "/slots", "calcom.slots", calcom_slots},
	{"POST", "/slots/reservations", "calcom.reserve", calcom_reserve},
	{"GET", "/slots/reservations/:", "calcom.reservation", calcom_reservation_get},
	{"PATCH", "/slots/reservations/:", "calcom.reservation", calcom_reservation_change},
	{"DELETE", "/slots/reservations/:", "calcom.reservation", calcom_reservation_delete},
	{"POST", "/bookings", "calcom.book", calcom_book},
	{"GET", "/bookings", "calcom.list", calcom_list},
	{"GET", "/bookings/:", "calcom.get", calcom_get},
	{"POST", "/bookings/:/reschedule", "calcom.reschedule", calcom_reschedule},
	{"POST", "/bookings/:/cancel", "calcom.cancel", calcom_cancel},
	{"POST", "/bookings/:/confirm", "calcom.confirm", calcom_confirm},
	{"POST", "/bookings/:/decline", "calcom.decline", calcom_decline},
	{"POST", "/bookings/:/mark-absent", "calcom.mark_absent", calcom_mark_absent},
	{"GET", "/bookings/:/calendar-links", "calcom.links", calcom_links},
	{"GET", "/event-types", "calcom.event_types", calcom_types_list},
	{"GET", "/event-types/:", "calcom.event_type", calcom_types_get},
	{"POST", "/webhooks", "calcom.webhook_create", calcom_webhook_create},
	{"GET", "/webhooks", "calcom.webhook_list", calcom_webhook_list},
	{"GET", "/webhooks/:", "calcom.webhook_get", calcom_webhook_get},
	{"PATCH", "/webhooks/:", "calcom.webhook_change", calcom_webhook_change},
	{"DELETE", "/webhooks/:", "calcom.webhook_delete", calcom_webhook_delete},
};

const struct vendor vendor_calcom = {
	.name = "calcom",
	.prefix = "/calcom/v2",
	.routes = routes,
	.route_count = sizeof(routes) / sizeof(*routes),
	.admit = admit,
	.unknown = cannot,
	.limited = limited,
};
