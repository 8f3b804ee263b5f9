/* Twilio: the way in, one message, the list, and what may be changed afterwards. */
#include "tests/sim/twilio.h"

#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/clock.h"
#include "tests/sim/rate.h"
#include "tests/sim/sign.h"
#include "tests/sim/vendors.h"

struct twilio *twilio_new(struct sim *sim)
{
	struct twilio *twilio = arena_alloc(sim->arena, sizeof(*twilio));

	twilio->opted_out = map_new(sim->arena);
	twilio->outcomes = map_new(sim->arena);
	return twilio;
}

void twilio_fail(struct call *call, int status, int code, const char *message)
{
	reply_json(call, status,
		json_pack("{s:i,s:s,s:s,s:i}", "code", code, "message", message, "more_info",
			arena_printf(call->arena, "https://www.twilio.com/docs/errors/%d", code),
			"status", status));
}

static json_t *date_or_null(struct arena *arena, int64_t at_ms)
{
	return at_ms ? json_string(clock_rfc2822(arena, at_ms)) : json_null();
}

json_t *twilio_view(struct sim *sim, struct arena *arena, const struct message *message)
{
	const char *account = setting_text(sim, "twilio_account_sid");
	const char *base = arena_printf(
		arena, "/2010-04-01/Accounts/%s/Messages/%s", account, message->provider_id);
	bool chosen = !message->service || strcmp(message->status, "accepted") != 0;
	const char *segments = arena_printf(arena, "%ld", twilio_segments(message->body, NULL));

	return json_pack(
		"{s:s,s:s,s:s,s:s,s:s,s:o,s:s,s:o,s:s?,s:s?,s:s,s:s,s:n,s:s?,s:s?,s:s,s:s,s:s,"
		"s:s,s:{s:s}}",
		"account_sid", account, "api_version", "2010-04-01", "body", message->body,
		"date_created", clock_rfc2822(arena, message->sim_at_ms), "date_updated",
		clock_rfc2822(arena, message->updated_ms), "date_sent",
		date_or_null(arena, message->sent_ms), "direction", "outbound-api", "error_code",
		message->error_code ? json_integer(message->error_code) : json_null(),
		"error_message", message->reason, "from", chosen ? message->from : NULL,
		"num_media", "0", "num_segments", chosen ? segments : "0", "price", "price_unit",
		chosen ? "USD" : NULL, "messaging_service_sid", message->service, "sid",
		message->provider_id, "status", message->status, "to", message->to, "uri",
		arena_printf(arena, "%s.json", base), "subresource_uris", "media",
		arena_printf(arena, "%s/Media.json", base));
}

static void show(struct call *call, int status, const struct message *message)
{
	reply_json(call, status, twilio_view(call->sim, call->arena, message));
}

static struct message *asked(struct call *call)
{
	struct message *message = messages_find(call->sim, call->segments[4]);

	if (!message || message->deleted || strcmp(message->channel, "sms") != 0) {
		twilio_fail(call, 404, 20404,
			arena_printf(call->arena, "The requested resource %s was not found",
				strchr(call->path + 1, '/')));
		return NULL;
	}
	return message;
}

static void fetch(struct call *call)
{
	const struct message *message = asked(call);

	if (message)
		show(call, 200, message);
}

/* Cancels what is scheduled, or empties the text. */
static void update(struct call *call)
{
	struct message *message = asked(call);
	const char *status = call_field(call, "Status"), *body = call_field(call, "Body");

	if (!message)
		return;
	if (status && !strcmp(status, "canceled")) {
		if (strcmp(message->status, "scheduled") != 0) {
			twilio_fail(call, 400, 30409, "Message cannot be canceled");
			return;
		}
		message->status = "canceled";
	}
	if (body && !*body)
		message->body = "";
	message->updated_ms = clock_now(call->sim);
	show(call, 200, message);
}

static void discard(struct call *call)
{
	struct message *message = asked(call);

	if (!message)
		return;
	message->deleted = true;
	reply_text(call, 204, "application/json", "");
}

/* "DateSent=" is a day, "DateSent>=" and "DateSent<=" a day or an instant, both included. */
static bool in_time(const struct call *call, const struct message *message)
{
	int64_t at_ms = message->sent_ms ? message->sent_ms : message->sim_at_ms, limit_ms;
	bool day = false;

	if (clock_parse(call_query(call, "DateSent"), &limit_ms, NULL) &&
		(at_ms < limit_ms || at_ms >= limit_ms + INT64_C(86400000)))
		return false;
	if (clock_parse(call_query(call, "DateSent>"), &limit_ms, NULL) && at_ms < limit_ms)
		return false;
	if (!clock_parse(call_query(call, "DateSent<"), &limit_ms, &day))
		return true;
	return at_ms <= limit_ms + (day ? INT64_C(86400000) - 1 : 0);
}

static bool listed(const struct call *call, const struct message *message)
{
	const char *from = call_query(call, "From");

	return !message->deleted && !strcmp(message->channel, "sms") &&
		(!from || (message->from && !strcmp(from, message->from))) &&
		in_time(call, message);
}

/* Newest first. With To only that number's messages are looked at. */
static void find_listed(const struct call *call, struct list *found)
{
	const struct list *all = messages_all(call->sim);
	const char *to = call_query(call, "To");
	struct message *message;

	if (to) {
		for (message = messages_newest(call->sim, "sms", to); message;
			message = message->older) {
			if (listed(call, message))
				list_add(found, message);
		}
		return;
	}
	for (size_t i = all->count; i-- > 0;) {
		if (listed(call, all->items[i]))
			list_add(found, all->items[i]);
	}
}

/* The next page keeps the filters. */
static const char *page_uri(const struct call *call, long page, long size)
{
	json_t *query = json_copy(call->query);
	const char *uri;

	json_object_set_new(query, "PageSize", json_string(arena_printf(call->arena, "%ld", size)));
	json_object_set_new(query, "Page", json_string(arena_printf(call->arena, "%ld", page)));
	uri = arena_printf(call->arena, "/2010-04-01/Accounts/%s/Messages.json?%s",
		setting_text(call->sim, "twilio_account_sid"),
		form_encode(call->arena, query)->data);
	json_decref(query);
	return uri;
}

static void list(struct call *call)
{
	struct list found = {.arena = call->arena};
	long size = call_query_long(call, "PageSize", 50), page = call_query_long(call, "Page", 0);
	size_t first, end;
	json_t *shown = json_array();

	if (size < 1 || size > 1000)
		size = size < 1 ? 50 : 1000;
	find_listed(call, &found);
	first = (size_t)(page * size);
	end = first + (size_t)size < found.count ? first + (size_t)size : found.count;
	for (size_t i = first; i < end; i++)
		json_array_append_new(shown, twilio_view(call->sim, call->arena, found.items[i]));
	reply_json(call, 200,
		json_pack("{s:s,s:I,s:s?,s:I,s:I,s:s?,s:I,s:s,s:o}", "first_page_uri",
			page_uri(call, 0, size), "end", (json_int_t)(end > first ? end - 1 : first),
			"previous_page_uri", page ? page_uri(call, page - 1, size) : NULL,
			"page_size", (json_int_t)size, "page", (json_int_t)page, "next_page_uri",
			end < found.count ? page_uri(call, page + 1, size) : NULL, "start",
			(json_int_t)first, "uri", page_uri(call, page, size), "messages", shown));
}

static bool is_authorized(const struct call *call)
{
	const char *given = call_header(call, "Authorization");
	const char *plain =
		arena_printf(call->arena, "%s:%s", setting_text(call->sim, "twilio_account_sid"),
			setting_text(call->sim, "twilio_auth_token"));

	return given && !strncmp(given, "Basic ", 6) &&
		!strcmp(given + 6, encode_base64(call->arena, plain, strlen(plain)));
}

static void limited(struct call *call)
{
	twilio_fail(call, 429, 20429, "Too Many Requests");
}

static void unknown(struct call *call)
{
	twilio_fail(call, 404, 20404,
		arena_printf(call->arena, "The requested resource %s was not found", call->path));
}

static bool admit(struct call *call)
{
	if (!is_authorized(call))
		twilio_fail(call, 401, 20003, "Authenticate");
	else if (strcmp(call->segments[2], setting_text(call->sim, "twilio_account_sid")) != 0)
		unknown(call);
	else if (rate_count(call->sim, "twilio").left < 0)
		limited(call);
	else
		return true;
	return false;
}

static const struct route routes[] = {
	{"POST", "/2010-04-01/Accounts/:/Messages", "twilio.send", twilio_send},
	{"GET", "/2010-04-01/Accounts/:/Messages", "twilio.list", list},
	{"GET", "/2010-04-01/Accounts/:/Messages/:", "twilio.fetch", fetch},
	{"POST", "/2010-04-01/Accounts/:/Messages/:", "twilio.update", update},
	{"DELETE", "/2010-04-01/Accounts/:/Messages/:", "twilio.delete", discard},
};

const struct vendor vendor_twilio = {
	.name = "twilio",
	.prefix = "/twilio",
	.routes = routes,
	.route_count = sizeof(routes) / sizeof(*routes),
	.admit = admit,
	.unknown = unknown,
	.limited = limited,
};
