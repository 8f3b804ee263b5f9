/* Reading Twilio. Its messages quote what was sent, so only its codes are taken, with our words. */
#include "lib/provider/twilio_reply.h"

#include <string.h>

#include "lib/core/instant.h"
#include "lib/core/text.h"
#include "lib/provider/wire.h"

enum { CLOCK_SLACK_S = 60 };

/* https://www.twilio.com/docs/api/errors; what is not here is decided by the HTTP status. */
static const struct {
	int64_t code;
	enum outcome outcome;
	const char *words;
} known[] = {
	{20003, OUTCOME_CONFIG, "bad credentials"},
	{20404, OUTCOME_CONFIG, "no such account or resource"},
	{20429, OUTCOME_BUSY, "too many concurrent requests"},
	{21201, OUTCOME_REFUSED, "no To number"},
	{21211, OUTCOME_REFUSED, "To is not a valid number"},
	{21212, OUTCOME_CONFIG, "From is not an allowed sender"},
	{21408, OUTCOME_CONFIG, "country of To is not enabled"},
	{21602, OUTCOME_REFUSED, "no Body"},
	{21604, OUTCOME_REFUSED, "no To number"},
	{21606, OUTCOME_CONFIG, "From cannot send to this destination"},
	{21608, OUTCOME_CONFIG, "account may send to verified numbers only"},
	{21610, OUTCOME_REFUSED, "recipient opted out"},
	{21611, OUTCOME_BUSY, "queue of this sender is full"},
	{21612, OUTCOME_REFUSED, "To cannot be reached from this sender"},
	{21614, OUTCOME_REFUSED, "To is not a mobile number"},
	{21617, OUTCOME_REFUSED, "Body is too long"},
	{21635, OUTCOME_REFUSED, "To is a landline"},
	{30001, OUTCOME_BUSY, "queue overflow"},
	{60728, OUTCOME_BUSY, "hourly cap of the account"},
	{63017, OUTCOME_BUSY, "rate of the account"},
};

static enum outcome refusal(struct reply *reply)
{
	const char *number = wire_id(reply->arena, reply->json, "code");
	enum outcome outcome = reply_outcome(reply, number != NULL);
	bool is_4xx = reply->answer.status >= 400 && reply->answer.status < 500;
	int64_t code;

	if (!number || !is_4xx || !wire_integer(reply->json, "code", &code))
		return reply_fail(reply, reply_is_2xx(reply) ? OUTCOME_UNKNOWN : outcome, number,
			"reply without a known error code");
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].code == code)
			return reply_fail(reply, known[i].outcome, number, known[i].words);
	}
	return reply_fail(reply, outcome, number, "see Twilio's page of this error code");
}

static enum outcome check(struct reply *reply)
{
	if (reply->answer.failure != HTTP_ANSWERED)
		return reply_unanswered(reply);
	return reply_is_2xx(reply) && json_is_object(reply->json) ? OUTCOME_OK : refusal(reply);
}

static bool read_facts(struct arena *arena, const json_t *message, struct sms_facts *ret)
{
	*ret = (struct sms_facts){
		.sid = wire_string(arena, message, "sid"),
		.status = wire_string(arena, message, "status"),
		.error_code = wire_id(arena, message, "error_code"),
	};
	return ret->sid && *ret->sid && ret->status;
}

enum outcome twilio_read_message(struct reply *reply, struct sms_facts *ret)
{
	enum outcome outcome = check(reply);
	struct sms_facts facts;

	if (outcome != OUTCOME_OK)
		return outcome;
	if (!read_facts(reply->arena, reply->json, &facts))
		return reply_malformed(reply, "message without sid or status");
	*ret = facts;
	return OUTCOME_OK;
}

/* Jan is 1; 0 is no month. */
static int month_number(const char *name)
{
	static const char names[] = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec ";
	char wanted[] = {name[0], name[1], name[2], ' ', '\0'};
	const char *at = strstr(names, wanted);

	return at ? (int)(at - names) / 4 + 1 : 0;
}

/* Every part has its place; what the parts are worth is lib/core/instant.h's to say. */
bool twilio_instant(struct arena *arena, const char *rfc2822, int64_t *ret_s)
{
	static const char shape[] = "Mon, 19 Oct 2015 07:07:03 +0000";

	if (strlen(rfc2822) != strlen(shape) || strcmp(rfc2822 + 25, shape + 25) != 0)
		return false;
	return instant_parse(arena_printf(arena, "%.4s-%02d-%.2sT%.8sZ", rfc2822 + 12,
				     month_number(rfc2822 + 8), rfc2822 + 5, rfc2822 + 17),
		ret_s);
}

/* Trial accounts put a sentence before the body. */
static bool is_body(const char *sent, const char *body)
{
	static const char trial[] = "Sent from your Twilio trial account - ";

	if (sent && strncmp(sent, trial, strlen(trial)) == 0 &&
		text_equal(sent + strlen(trial), body))
		return true;
	return text_equal(sent, body);
}

static bool is_wanted(struct arena *arena, const json_t *row, const struct twilio_search *search)
{
	return text_equal(wire_string(arena, row, "to"), search->to) &&
		!text_equal(wire_string(arena, row, "direction"), "inbound") &&
		is_body(wire_string(arena, row, "body"), search->body);
}

/* The next page's path, when it stays within the list we are allowed to read. */
static const char *next_path(struct arena *arena, const json_t *json)
{
	const char *path = wire_string(arena, json, "next_page_uri");

	if (!path || strncmp(path, "/2010-04-01/Accounts/", 21) != 0)
		return NULL;
	return path;
}

enum outcome twilio_read_messages(
	struct reply *reply, struct twilio_search *search, struct sms_facts *ret)
{
	enum outcome outcome = check(reply);
	const json_t *list = json_object_get(reply->json, "messages"), *row;
	int64_t since_s = search->since_s - CLOCK_SLACK_S;
	bool young = false;
	size_t at;

	if (outcome != OUTCOME_OK)
		return outcome;
	if (!json_is_array(list))
		return reply_malformed(reply, "messages without a list");
	json_array_foreach(list, at, row)
	{
		const char *created = wire_string(reply->arena, row, "date_created");
		struct sms_facts facts;
		int64_t created_s;

		if (!created || !twilio_instant(reply->arena, created, &created_s) ||
			!read_facts(reply->arena, row, &facts))
			return reply_malformed(reply, "message without sid, status or date");
		young |= created_s >= since_s;
		if (created_s >= since_s && is_wanted(reply->arena, row, search)) {
			*ret = facts;
			return OUTCOME_OK;
		}
	}
	search->next_path = young ? next_path(reply->arena, reply->json) : NULL;
	return OUTCOME_NOT_FOUND;
}
