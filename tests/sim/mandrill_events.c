/* Mandrill: events, gathered for a moment and posted as one signed batch. */
#include <string.h>

#include "tests/sim/clock.h"
#include "tests/sim/later.h"
#include "tests/sim/mandrill.h"
#include "tests/sim/webhook.h"

enum { BATCH_MAX = 1000 };

/* The name when all events have the same, else "mixed". */
static const char *name_of(const json_t *batch)
{
	const char *name = NULL;
	const json_t *event;
	size_t at;

	json_array_foreach(batch, at, event)
	{
		const char *is = json_string_value(json_object_get(event, "event"));

		if (name && is && strcmp(name, is) != 0)
			return "mixed";
		name = is;
	}
	return name ? name : "mixed";
}

static void flush(struct sim *sim, void *argument)
{
	json_t *batch = sim->mandrill->batch;
	struct arena *arena = arena_new();
	struct hook hook = {.vendor = "mandrill",
		.event = name_of(batch),
		.url = hook_url(sim, arena, "/webhooks/mailchimp"),
		.key = setting_text(sim, "mandrill_webhook_key")};

	(void)argument;
	if (json_array_size(batch)) {
		const struct text *text =
			json_text(arena, batch, JSON_ENSURE_ASCII | JSON_ESCAPE_SLASH);

		hook.body = json_pack("{s:s}", "mandrill_events", text->data);
		hook_send(sim, &hook);
		json_decref(hook.body);
		json_array_clear(batch);
	}
	arena_free(arena);
}

static json_t *message_of(const struct message *message)
{
	json_t *tags = json_loads(message->tags_json ? message->tags_json : "[]", 0, NULL);
	json_t *metadata =
		json_loads(message->metadata_json ? message->metadata_json : "{}", 0, NULL);

	return json_pack("{s:I,s:s?,s:s,s:s?,s:o,s:[],s:[],s:s,s:o,s:s,s:s}", "ts",
		(json_int_t)(message->sim_at_ms / 1000), "subject", message->subject, "email",
		message->to, "sender", message->from, "tags", tags, "opens", "clicks", "state",
		message->status, "metadata", metadata, "_id", message->provider_id, "_version",
		"careSimVersion00000000");
}

static void add_bounce(json_t *shown, const char *event)
{
	if (!strcmp(event, "hard_bounce")) {
		json_object_set_new(shown, "bounce_description", json_string("bad_mailbox"));
		json_object_set_new(shown, "bgtools_code", json_integer(10));
		json_object_set_new(shown, "diag",
			json_string(
				"smtp;550 5.1.1 The email account that you tried to reach does not "
				"exist."));
	} else if (!strcmp(event, "soft_bounce")) {
		json_object_set_new(shown, "bounce_description", json_string("mailbox_full"));
		json_object_set_new(shown, "bgtools_code", json_integer(22));
		json_object_set_new(shown, "diag", json_string("smtp;552 5.2.2 Over Quota"));
	}
}

void mandrill_tell(struct sim *sim, const struct message *message, const char *event)
{
	json_t *batch = sim->mandrill->batch, *shown = message_of(message);
	long wait_ms = setting_long(sim, "mandrill_batch_ms");
	bool first = !json_array_size(batch);

	add_bounce(shown, event);
	json_array_append_new(batch,
		json_pack("{s:s,s:o,s:s,s:I}", "event", event, "msg", shown, "_id",
			message->provider_id, "ts", (json_int_t)(clock_now(sim) / 1000)));
	if (!wait_ms || json_array_size(batch) >= BATCH_MAX)
		flush(sim, NULL);
	else if (first)
		later_real(sim, wait_ms, flush, NULL);
}

void mandrill_event(struct call *call)
{
	static const struct {
		const char *event, *state;
	} states[] = {{"open", "sent"}, {"click", "sent"}, {"deferral", "deferred"},
		{"spam", "spam"}, {"unsub", "unsub"}, {"hard_bounce", "bounced"},
		{"soft_bounce", "soft-bounced"}, {"reject", "rejected"}, {"send", "sent"}};
	struct message *message = messages_find(call->sim, call_field(call, "id"));
	const char *event = call_field(call, "event");

	for (size_t i = 0; message && event && i < sizeof(states) / sizeof(*states); i++) {
		if (strcmp(states[i].event, event) != 0)
			continue;
		message->status = states[i].state;
		if (!strcmp(event, "hard_bounce") || !strcmp(event, "spam") ||
			!strcmp(event, "unsub"))
			mandrill_reject(call->sim, message->to,
				*event == 'h' ? "hard-bounce" : event, NULL);
		mandrill_tell(call->sim, message, event);
		reply_json(call, 202, json_pack("{s:s}", "event", event));
		return;
	}
	reply_json(call, 404, json_pack("{s:s}", "error", "no such message or event"));
}
