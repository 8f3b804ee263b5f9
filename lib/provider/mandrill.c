/* Mailchimp Transactional, "Mandrill" (https://mailchimp.com/developer/transactional/api). */
#include <string.h>

#include "lib/core/instant.h"
#include "lib/provider/email.h"
#include "lib/provider/mandrill_reply.h"
#include "lib/provider/wire.h"
#include "lib/security/encode.h"

enum {
	TAG_MAX = 50,
	ATTACHMENT_TIMEOUT_MS = 30000, /* within a job's 45 s; the default is too short for files */
	DAY_S = 24 * 3600,
};

/* The key travels in the body, so no body of these calls may ever be logged. */
static bool post(struct reply *reply, const struct email_account *account, const char *path,
	json_t *value, long timeout_ms)
{
	static const char *const headers[] = {"Content-Type: application/json", NULL};
	const char *body = wire_write(reply->arena, value);
	struct http_call call = {
		.method = "POST",
		.url = arena_printf(reply->arena, "%s%s", account->base_url, path),
		.headers = headers,
		.body = body,
		.body_length = body ? strlen(body) : 0,
		.timeout_ms = timeout_ms,
	};

	if (body)
		reply_fetch(reply, &call);
	return body != NULL;
}

static json_t *attachment(struct arena *arena, const struct email_attachment *file)
{
	return json_pack("{s:s, s:s, s:s}", "type", file->type, "name", file->name, "content",
		base64_encode(arena, file->bytes, file->length));
}

/* False when a name or type is not UTF-8. */
static bool add_attachments(struct arena *arena, json_t *body, const struct email_message *message)
{
	json_t *list = json_array();

	if (!message->attachment_count) {
		json_decref(list);
		return true;
	}
	for (size_t i = 0; i < message->attachment_count; i++) {
		if (json_array_append_new(list, attachment(arena, &message->attachments[i]))) {
			json_decref(list);
			return false;
		}
	}
	return json_object_set_new(body, "attachments", list) == 0;
}

/* Tags start with no underscore and end after 50 characters. */
static json_t *tags(const char *tag)
{
	tag += tag ? strspn(tag, "_") : 0;
	return tag && *tag ? json_pack("[s%]", tag, strnlen(tag, TAG_MAX)) : json_array();
}

/* Nothing is tracked, kept for viewing or merged: the text is final and nobody else's business. */
static json_t *message_body(struct arena *arena, const struct email_account *account,
	const struct email_message *message)
{
	json_t *body = json_pack("{s:s, s:s*, s:s*, s:s, s:s*, s:[{s:s, s:s*, s:s}], s:{s:s}, s:o}",
		"subject", message->subject, "text", message->text, "html", message->html,
		"from_email", account->from_email, "from_name", account->from_name, "to", "email",
		message->to_email, "name", message->to_name, "type", "to", "metadata", "message_id",
		message->message_id, "tags", tags(message->tag));
	json_t *settings = json_pack("{s:b, s:b, s:b, s:b, s:b, s:b}", "track_opens", 0,
		"track_clicks", 0, "view_content_link", 0, "preserve_recipients", 0, "merge", 0,
		"auto_text", message->text == NULL);

	if (!body || json_object_update(body, settings) || !add_attachments(arena, body, message)) {
		json_decref(body);
		body = NULL;
	}
	json_decref(settings);
	return body;
}

static enum outcome send(struct arena *arena, const struct email_account *account,
	const struct email_message *message, struct email_facts *ret, struct provider_error *error)
{
	struct reply reply = {.arena = arena, .error = error};
	json_t *body = json_pack("{s:s, s:b, s:o}", "key", account->api_key, "async", 0, "message",
		message_body(arena, account, message));

	if (!post(&reply, account, "/messages/send.json", body,
		    message->attachment_count ? ATTACHMENT_TIMEOUT_MS : 0))
		return reply_fail(&reply, OUTCOME_REFUSED, "not_utf8", "message is not UTF-8");
	return mandrill_read_sent(&reply, message->to_email, ret);
}

/* date_from is a day in an unnamed zone, so the day before is searched too. */
static enum outcome find(struct arena *arena, const struct email_account *account,
	const char *message_id, int64_t since_s, struct email_facts *ret,
	struct provider_error *error)
{
	struct reply reply = {.arena = arena, .error = error};
	const char *day = arena_strndup(
		arena, instant_format_utc(arena, since_s - DAY_S), strlen("2026-11-22"));
	json_t *body = json_pack("{s:s, s:s, s:s, s:i}", "key", account->api_key, "query",
		arena_printf(arena, "u_message_id:%s", message_id), "date_from", day, "limit", 100);

	if (!post(&reply, account, "/messages/search.json", body, 0))
		return reply_fail(&reply, OUTCOME_REFUSED, "not_utf8", "message id is not UTF-8");
	return mandrill_read_search(&reply, message_id, ret);
}

const struct email_provider mandrill = {
	.send = send,
	.find = find,
};
