/* Everything that was sent, kept as text and found by number, id and recipient. */
#include "tests/sim/messages.h"

#include <string.h>

#include "tests/sim/clock.h"

struct messages {
	struct list all;
	struct map *by_id;
	struct map *newest; /* by channel and recipient */
	size_t attachment_bytes;
};

struct messages *messages_new(struct sim *sim)
{
	struct messages *messages = arena_alloc(sim->arena, sizeof(*messages));

	messages->all.arena = sim->arena;
	messages->by_id = map_new(sim->arena);
	messages->newest = map_new(sim->arena);
	return messages;
}

static char *recipient_key(struct arena *arena, const char *channel, const char *to)
{
	char *key = arena_printf(arena, "%s:%s", channel, to);

	for (char *at = key; *at; at++) {
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');
	}
	return key;
}

struct message *messages_add(struct sim *sim, const struct message *message)
{
	struct messages *messages = sim->messages;
	struct message *kept = arena_alloc(sim->arena, sizeof(*kept));
	char *key = recipient_key(sim->arena, message->channel, message->to);

	*kept = *message;
	kept->id = messages->all.count + 1;
	kept->at_ms = clock_real_ms();
	kept->sim_at_ms = kept->updated_ms = clock_now(sim);
	kept->older = map_get(messages->newest, key);
	list_add(&messages->all, kept);
	map_put(messages->newest, key, kept);
	map_put(messages->by_id, kept->provider_id, kept);
	return kept;
}

struct message *messages_find(const struct sim *sim, const char *provider_id)
{
	return map_get(sim->messages->by_id, provider_id);
}

struct message *messages_newest(const struct sim *sim, const char *channel, const char *to)
{
	struct arena *arena = arena_new();
	struct message *newest = map_get(sim->messages->newest, recipient_key(arena, channel, to));

	arena_free(arena);
	return newest;
}

const struct list *messages_all(const struct sim *sim)
{
	return &sim->messages->all;
}

/* What the base64 text stands for, without decoding it. */
static size_t decoded_size(const char *base64)
{
	size_t length = base64 ? strlen(base64) : 0, padding = 0;

	while (padding < 2 && padding < length && base64[length - 1 - padding] == '=')
		padding++;
	return length / 4 * 3 - (length >= 4 ? padding : 0);
}

const char *messages_attachments(struct sim *sim, const json_t *attachments)
{
	struct messages *messages = sim->messages;
	json_t *shown = json_array(), *attachment;
	const char *text;
	size_t at;

	json_array_foreach(attachments, at, attachment)
	{
		const char *content = json_string_value(json_object_get(attachment, "content"));
		size_t size = content ? strlen(content) : 0;
		bool fits = messages->attachment_bytes + size <=
			(size_t)setting_long(sim, "attachment_budget_bytes");

		if (fits)
			messages->attachment_bytes += size;
		json_array_append_new(shown,
			json_pack("{s:s?,s:s?,s:I,s:s?}", "name",
				json_string_value(json_object_get(attachment, "name")), "type",
				json_string_value(json_object_get(attachment, "type")), "size",
				(json_int_t)decoded_size(content), "content_base64",
				fits ? content : NULL));
	}
	text = json_text(sim->arena, shown, 0)->data;
	json_decref(shown);
	return text;
}

static void add_text(struct text *out, const char *name, const char *value)
{
	text_addf(out, ",\"%s\":", name);
	text_add_json(out, value);
}

static void add_json(struct text *out, const char *name, const char *json)
{
	text_addf(out, ",\"%s\":%s", name, json ? json : "null");
}

static void add_message(struct text *out, const struct message *message)
{
	bool email = !strcmp(message->channel, "email");

	text_addf(out, "{\"id\":%zu", message->id);
	add_text(out, "channel", message->channel);
	add_text(out, "to", message->to);
	add_text(out, "from", message->from);
	add_text(out, "subject", message->subject);
	add_text(out, "body", message->body);
	add_text(out, "text", email ? message->body : NULL);
	add_text(out, "html", message->html);
	add_json(out, "attachments", message->attachments_json ? message->attachments_json : "[]");
	add_json(out, "metadata", message->metadata_json);
	add_json(out, "tags", message->tags_json);
	text_addf(out, ",\"at\":%lld,\"sim_at\":%lld", (long long)message->at_ms,
		(long long)message->sim_at_ms);
	add_text(out, "provider_id", message->provider_id);
	add_text(out, "reference", message->reference);
	add_text(out, "status", message->status);
	add_text(out, "status_callback", message->status_callback);
	text_add(out, "}");
}

void messages_show(struct call *call)
{
	const struct list *all = messages_all(call->sim);
	const char *to = call_query(call, "to"), *channel = call_query(call, "channel");
	long limit = call_query_long(call, "limit", -1);
	struct text *out = text_new(call->arena);

	text_add(out, "{\"messages\":[");
	for (size_t i = (size_t)call_query_long(call, "after", 0); i < all->count && limit; i++) {
		const struct message *message = all->items[i];

		if ((channel && strcmp(channel, message->channel) != 0) ||
			(to && strcasecmp(to, message->to) != 0))
			continue;
		if (out->data[out->length - 1] == '}')
			text_add(out, ",");
		add_message(out, message);
		limit--;
	}
	text_addf(out, "],\"count\":%zu}", all->count);
	reply_text(call, 200, "application/json; charset=utf-8", out->data);
}
