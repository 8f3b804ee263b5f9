/* Mandrill: the way in, what was sent, and the account. */
#include "tests/sim/mandrill.h"

#include <string.h>

#include "tests/sim/clock.h"
#include "tests/sim/rate.h"
#include "tests/sim/vendors.h"

struct mandrill *mandrill_new(struct sim *sim)
{
	struct mandrill *mandrill = arena_alloc(sim->arena, sizeof(*mandrill));

	mandrill->by_metadata = map_new(sim->arena);
	mandrill->rejects = map_new(sim->arena);
	mandrill->reject_list.arena = sim->arena;
	mandrill->batch = sim_keep(sim, json_array());
	return mandrill;
}

/* Almost everything is a 500; only the key's status has changed over the years. */
void mandrill_fail(struct call *call, int code, const char *name, const char *message)
{
	long key_status = setting_long(call->sim, "mandrill_key_error_status");

	reply_json(call, strcmp(name, "Invalid_Key") ? 500 : (int)key_status,
		json_pack("{s:s,s:i,s:s,s:s}", "status", "error", "code", code, "name", name,
			"message", message));
}

static json_t *view_of(const struct message *message)
{
	json_t *tags = json_loads(message->tags_json ? message->tags_json : "[]", 0, NULL);
	json_t *metadata =
		json_loads(message->metadata_json ? message->metadata_json : "{}", 0, NULL);

	return json_pack("{s:I,s:s,s:s?,s:n,s:s?,s:s,s:o,s:i,s:[],s:i,s:[],s:s,s:o}", "ts",
		(json_int_t)(message->sim_at_ms / 1000), "_id", message->provider_id, "sender",
		message->from, "template", "subject", message->subject, "email", message->to,
		"tags", tags, "opens", 0, "opens_detail", "clicks", 0, "clicks_detail", "state",
		message->status, "metadata", metadata);
}

/* The key and value behind "u_" in a query such as u_outbox_id:"0190-…", or NULL. */
static const char *metadata_asked(struct call *call, const char *query)
{
	const char *at = query ? strstr(query, "u_") : NULL;
	char *key, *end;
	size_t length;

	if (!at || (at != query && at[-1] != ' ' && at[-1] != '('))
		return NULL;
	length = strcspn(at + 2, ":");
	if (!at[2 + length])
		return NULL;
	key = arena_strdup(call->arena, at + 2);
	end = key + length + 1;
	if (*end == '"') {
		memmove(end, end + 1, strlen(end));
		end[strcspn(end, "\"")] = '\0';
	} else {
		end[strcspn(end, " )")] = '\0';
	}
	return key;
}

static bool in_time(struct call *call, const struct message *message)
{
	int64_t lag_ms = setting_long(call->sim, "mandrill_search_lag_ms"), limit_ms;

	if (clock_real_ms() - message->at_ms < lag_ms)
		return false;
	if (clock_parse(call_field(call, "date_from"), &limit_ms, NULL) &&
		message->sim_at_ms < limit_ms)
		return false;
	return !clock_parse(call_field(call, "date_to"), &limit_ms, NULL) ||
		message->sim_at_ms < limit_ms + INT64_C(86400000);
}

static void add_found(struct call *call, json_t *rows, const struct message *message)
{
	json_int_t limit = json_integer_value(json_object_get(call->body, "limit"));

	if (json_array_size(rows) < (size_t)(limit > 0 ? limit : 100) &&
		!strcmp(message->channel, "email") && in_time(call, message))
		json_array_append_new(rows, view_of(message));
}

static void search(struct call *call)
{
	const char *query = call_field(call, "query"), *key = metadata_asked(call, query);
	const struct list *all = messages_all(call->sim);
	json_t *rows = json_array();

	if (key) {
		const struct found *found = map_get(call->sim->mandrill->by_metadata, key);

		for (; found; found = found->older)
			add_found(call, rows, found->message);
	} else if (query && !strncmp(query, "email:", 6)) {
		const struct message *message = messages_newest(call->sim, "email", query + 6);

		for (; message; message = message->older)
			add_found(call, rows, message);
	} else {
		for (size_t i = all->count; i-- > 0;)
			add_found(call, rows, all->items[i]);
	}
	reply_json(call, 200, rows);
}

static void info(struct call *call)
{
	const char *id = call_field(call, "id");
	const struct message *message = messages_find(call->sim, id);
	json_t *view;

	if (!message || strcmp(message->channel, "email") != 0) {
		mandrill_fail(call, 11, "Unknown_Message",
			arena_printf(
				call->arena, "No message exists with the id '%s'", id ? id : ""));
		return;
	}
	view = view_of(message);
	json_object_set_new(view, "smtp_events", json_array());
	json_object_set_new(view, "resends", json_array());
	reply_json(call, 200, view);
}

static void ping(struct call *call)
{
	reply_text(call, 200, "application/json", "\"PONG!\"");
}

static void ping2(struct call *call)
{
	reply_json(call, 200, json_pack("{s:s}", "PING", "PONG!"));
}

static void user_info(struct call *call)
{
	reply_json(call, 200,
		json_pack("{s:s,s:s,s:s,s:i,s:i,s:i,s:{}}", "username", "care-sim", "created_at",
			"2026-01-01 00:00:00", "public_id", "caresim", "reputation", 75,
			"hourly_quota", 10000, "backlog", 0, "stats"));
}

static void limited(struct call *call)
{
	reply_json(call, 429,
		json_pack("{s:s,s:i,s:s,s:s}", "status", "error", "code", -3, "name",
			"GeneralError", "message", "Too many requests"));
}

static bool admit(struct call *call)
{
	const char *key = call_field(call, "key");

	if (!key || strcmp(key, setting_text(call->sim, "mandrill_api_key")) != 0)
		mandrill_fail(call, -1, "Invalid_Key", "Invalid API key");
	else if (rate_count(call->sim, "mandrill").left < 0)
		limited(call);
	else
		return true;
	return false;
}

static void unknown(struct call *call)
{
	reply_json(call, 404,
		json_pack("{s:s,s:i,s:s,s:s}", "status", "error", "code", -99, "name",
			"UnknownError", "message", "No such API method"));
}

static const struct route routes[] = {
	{"POST", "/messages/send", "mandrill.send", mandrill_send},
	{"POST", "/messages/search", "mandrill.search", search},
	{"POST", "/messages/info", "mandrill.info", info},
	{"POST", "/users/ping", "mandrill.ping", ping},
	{"POST", "/users/ping2", "mandrill.ping", ping2},
	{"POST", "/users/info", "mandrill.user", user_info},
	{"POST", "/rejects/list", "mandrill.rejects", mandrill_rejects_list},
	{"POST", "/rejects/add", "mandrill.rejects_add", mandrill_rejects_add},
	{"POST", "/rejects/delete", "mandrill.rejects_delete", mandrill_rejects_delete},
};

const struct vendor vendor_mandrill = {
	.name = "mandrill",
	.prefix = "/mandrill/api/1.0",
	.routes = routes,
	.route_count = sizeof(routes) / sizeof(*routes),
	.admit = admit,
	.unknown = unknown,
	.limited = limited,
};
