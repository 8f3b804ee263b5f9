/* Twilio Programmable Messaging (https://www.twilio.com/docs/messaging/api). */
#include <string.h>

#include "lib/core/text.h"
#include "lib/provider/sms.h"
#include "lib/provider/twilio_reply.h"
#include "lib/provider/wire.h"

enum {
	SERVICE_SID_LENGTH = 34,
	VALIDITY_MAX_S = 36000,
	PAGE = 100,
	PAGES_MAX = 5,
};

static void call(struct reply *reply, const struct sms_account *account, const char *path,
	const struct text *form)
{
	static const char *const headers[] = {
		"Content-Type: application/x-www-form-urlencoded", NULL};
	struct http_call http = {
		.method = form ? "POST" : "GET",
		.url = arena_printf(reply->arena, "%s%s", account->base_url, path),
		.headers = form ? headers : NULL,
		.username = account->account_sid,
		.password = account->auth_token,
		.body = form ? form->data : NULL,
		.body_length = form ? form->length : 0,
	};

	reply_fetch(reply, &http);
}

static const char *messages_path(struct arena *arena, const struct sms_account *account)
{
	return arena_printf(arena, "/2010-04-01/Accounts/%s/Messages.json",
		wire_escape(arena, account->account_sid));
}

static void add_field(struct text *form, const char *name, const char *value)
{
	if (form->length)
		text_add(form, "&");
	text_add_url(form, name);
	text_add(form, "=");
	text_add_url(form, value);
}

/* base?m=<message_id>: the query is signed and comes back even when Twilio's reply was lost. A
 * fragment (Twilio's retry settings) stays at the end. */
static const char *callback_url(struct arena *arena, const struct sms_message *message)
{
	const char *base = message->status_callback;
	size_t length = strcspn(base, "#");

	return arena_printf(arena, "%.*s%cm=%s%s", (int)length, base,
		memchr(base, '?', length) ? '&' : '?', wire_escape(arena, message->message_id),
		base + length);
}

static bool is_service(const char *from)
{
	return strncmp(from, "MG", 2) == 0 && strlen(from) == SERVICE_SID_LENGTH;
}

static struct text *message_form(
	struct arena *arena, const struct sms_account *account, const struct sms_message *message)
{
	struct text *form = text_new(arena);
	long validity_s = message->validity_s;

	add_field(form, "To", message->to);
	add_field(form, is_service(account->from) ? "MessagingServiceSid" : "From", account->from);
	add_field(form, "Body", message->body);
	if (message->status_callback)
		add_field(form, "StatusCallback", callback_url(arena, message));
	if (validity_s > VALIDITY_MAX_S)
		validity_s = VALIDITY_MAX_S;
	if (validity_s > 0)
		add_field(form, "ValidityPeriod", arena_printf(arena, "%ld", validity_s));
	return form;
}

static enum outcome send(struct arena *arena, const struct sms_account *account,
	const struct sms_message *message, struct sms_facts *ret, struct provider_error *error)
{
	struct reply reply = {.arena = arena, .error = error};

	call(&reply, account, messages_path(arena, account), message_form(arena, account, message));
	return twilio_read_message(&reply, ret);
}

/* Newest first. Not narrowed by DateSent: a message that still waits has none. */
static enum outcome find(struct arena *arena, const struct sms_account *account,
	const struct sms_message *message, int64_t since_s, struct sms_facts *ret,
	struct provider_error *error)
{
	struct reply reply = {.arena = arena, .error = error};
	struct twilio_search search = {
		.to = message->to, .body = message->body, .since_s = since_s};

	search.next_path = arena_printf(arena, "%s?To=%s&PageSize=%d",
		messages_path(arena, account), wire_escape(arena, message->to), PAGE);
	for (int page = 0; page < PAGES_MAX; page++) {
		enum outcome outcome;

		call(&reply, account, search.next_path, NULL);
		outcome = twilio_read_messages(&reply, &search, ret);
		if (outcome != OUTCOME_NOT_FOUND || !search.next_path)
			return outcome;
	}
	return reply_fail(&reply, OUTCOME_UNKNOWN, "too_many_pages", "messages go on and on");
}

const struct sms_provider twilio = {
	.send = send,
	.find = find,
};
