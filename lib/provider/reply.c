/* Answers to outcomes; see reply.h. */
#include "lib/provider/reply.h"

#include <stdio.h>
#include <string.h>

#include "lib/core/text.h"
#include "lib/provider/wire.h"

enum { PRIVATE_DIGITS = 5, TOKEN_LENGTH = 16 };

void reply_open(struct reply *reply)
{
	memset(reply->error, 0, sizeof(*reply->error));
	reply->json = NULL;
	if (reply->answer.failure == HTTP_ANSWERED)
		reply->json =
			wire_parse(reply->arena, reply->answer.body, reply->answer.body_length);
}

void reply_fetch(struct reply *reply, const struct http_call *call)
{
	http_client_call(reply->arena, call, &reply->answer);
	reply_open(reply);
}

bool reply_is_2xx(const struct reply *reply)
{
	return reply->answer.failure == HTTP_ANSWERED && reply->answer.status >= 200 &&
		reply->answer.status < 300;
}

/* An address, a phone number, or a token such as a booking's uid or a key. */
static bool is_private(const char *word, size_t length)
{
	size_t digits = 0;

	for (size_t i = 0; i < length; i++) {
		if (word[i] == '@' || word[i] == '=')
			return true;
		digits += word[i] >= '0' && word[i] <= '9';
	}
	return digits >= PRIVATE_DIGITS || (digits && length >= TOKEN_LENGTH);
}

static bool is_printable(char c)
{
	return c >= ' ' && c <= '~';
}

/* Adds count bytes; what is not printable ASCII becomes instead. */
static void add_printable(struct text *out, const char *bytes, size_t count, const char *instead)
{
	for (size_t i = 0; i < count; i++)
		text_add_bytes(out, is_printable(bytes[i]) ? &bytes[i] : instead, 1);
}

/* The message with private words masked and every kind of space made a space. */
static const char *masked(struct arena *arena, const char *message)
{
	static const char ends[] = " \t\r\n\"'";
	struct text *out = text_new(arena);

	while (*message) {
		size_t length = strcspn(message, ends);

		if (is_private(message, length))
			text_add(out, "[...]");
		else
			add_printable(out, message, length, "?");
		message += length;
		if (*message)
			add_printable(out, message++, 1, " ");
	}
	return out->data;
}

static const char *plain(struct arena *arena, const char *code)
{
	struct text *out = text_new(arena);

	for (; *code; code++)
		text_add_bytes(out, is_printable(*code) && *code != ' ' ? code : "_", 1);
	return out->data;
}

enum outcome reply_fail(
	struct reply *reply, enum outcome outcome, const char *code, const char *message)
{
	struct provider_error *error = reply->error;

	error->status = reply->answer.status;
	error->retry_after_s = reply->answer.retry_after_s;
	snprintf(error->code, sizeof(error->code), "%s", plain(reply->arena, code ? code : ""));
	snprintf(error->message, sizeof(error->message), "%s",
		masked(reply->arena, message ? message : ""));
	return outcome;
}

enum outcome reply_malformed(struct reply *reply, const char *message)
{
	return reply_fail(reply, OUTCOME_UNKNOWN, "malformed_reply", message);
}

enum outcome reply_outcome(const struct reply *reply, bool in_form)
{
	int status = reply->answer.status;

	if (reply->answer.failure == HTTP_NOT_SENT)
		return OUTCOME_BUSY;
	if (reply->answer.failure != HTTP_ANSWERED)
		return OUTCOME_UNKNOWN;
	if (status == 429)
		return OUTCOME_BUSY;
	if (status == 401 || status == 402 || status == 403)
		return OUTCOME_CONFIG;
	if (!in_form)
		return status == 404 || status == 405 ? OUTCOME_CONFIG : OUTCOME_UNKNOWN;
	if (status >= 400 && status < 500 && status != 408)
		return OUTCOME_REFUSED;
	return OUTCOME_UNKNOWN;
}

enum outcome reply_unanswered(struct reply *reply)
{
	static const char *const codes[] = {
		[HTTP_ANSWERED] = "",
		[HTTP_NOT_SENT] = "not_sent",
		[HTTP_LOST] = "lost",
		[HTTP_TOO_LARGE] = "too_large",
	};

	return reply_fail(reply, reply_outcome(reply, false), codes[reply->answer.failure],
		reply->answer.error);
}
