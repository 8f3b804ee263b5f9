/* Reading Mandrill. Its HTTP status says little: errors are told apart by name, and a 200 holds a
 * verdict for each recipient. */
#include "lib/provider/mandrill_reply.h"

#include <string.h>
#include <strings.h>

#include "lib/core/text.h"
#include "lib/provider/wire.h"

/* Longest names first where one begins another. */
static const struct {
	const char *prefix;
	enum outcome outcome;
} errors[] = {
	{"Invalid_Key", OUTCOME_CONFIG},
	{"PaymentRequired", OUTCOME_CONFIG},
	{"PoorReputation", OUTCOME_CONFIG},
	{"Unknown_Message", OUTCOME_NOT_FOUND},
	{"Unknown_", OUTCOME_CONFIG},
	{"Invalid_", OUTCOME_REFUSED},
	{"ValidationError", OUTCOME_REFUSED},
	{"ServiceUnavailable", OUTCOME_UNKNOWN},
	{"GeneralError", OUTCOME_UNKNOWN},
};

/* Rejections that say something about us and nothing about the recipient. */
static const char *const ours[] = {"unsigned", "invalid-sender", "test-mode-limit", "rule"};

static enum outcome refusal(struct reply *reply)
{
	const char *name = wire_string(reply->arena, reply->json, "name");
	const char *message = wire_string(reply->arena, reply->json, "message");
	enum outcome outcome = reply_outcome(reply, name != NULL);

	for (size_t i = 0; name && i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (strncmp(name, errors[i].prefix, strlen(errors[i].prefix)) == 0) {
			outcome = reply->answer.status == 429 ? OUTCOME_BUSY : errors[i].outcome;
			break;
		}
	}
	if (reply_is_2xx(reply))
		outcome = OUTCOME_UNKNOWN;
	return reply_fail(reply, outcome, name, message ? message : "reply without an error name");
}

static enum outcome check(struct reply *reply)
{
	if (reply->answer.failure != HTTP_ANSWERED)
		return reply_unanswered(reply);
	return reply_is_2xx(reply) && json_is_array(reply->json) ? OUTCOME_OK : refusal(reply);
}

/* Older accounts still see reasons with underscores. */
static const char *reason_of(struct arena *arena, const json_t *row, const char *key)
{
	char *reason = arena_strdup(arena, json_string_value(json_object_get(row, key)));

	for (char *c = reason; c && *c; c++) {
		if (*c == '_')
			*c = '-';
	}
	return reason;
}

static enum outcome rejected(struct reply *reply, const json_t *row, const char *status)
{
	const char *reason = reason_of(reply->arena, row, "reject_reason");

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (text_equal(reason, ours[i]))
			return reply_fail(reply, OUTCOME_CONFIG, reason, "our sender is rejected");
	}
	return reply_fail(reply, OUTCOME_REFUSED, reason ? reason : status, "recipient refused");
}

static enum outcome verdict(struct reply *reply, const json_t *row, struct email_facts *ret)
{
	struct email_facts facts = {
		.provider_id = wire_string(reply->arena, row, "_id"),
		.status = wire_string(reply->arena, row, "status"),
		.reason = reason_of(reply->arena, row, "queued_reason"),
	};

	if (!facts.status)
		return reply_malformed(reply, "recipient without a status");
	if (strcmp(facts.status, "rejected") == 0 || strcmp(facts.status, "invalid") == 0)
		return rejected(reply, row, facts.status);
	if (!facts.provider_id || !*facts.provider_id)
		return reply_malformed(reply, "recipient without an id");
	if (strcmp(facts.status, "sent") != 0 && strcmp(facts.status, "queued") != 0 &&
		strcmp(facts.status, "scheduled") != 0)
		return reply_malformed(reply, "recipient with a new kind of status");
	*ret = facts;
	return OUTCOME_OK;
}

enum outcome mandrill_read_sent(struct reply *reply, const char *to_email, struct email_facts *ret)
{
	enum outcome outcome = check(reply);
	const json_t *row;
	size_t at;

	if (outcome != OUTCOME_OK)
		return outcome;
	json_array_foreach(reply->json, at, row)
	{
		const char *email = json_string_value(json_object_get(row, "email"));

		if (email && strcasecmp(email, to_email) == 0)
			return verdict(reply, row, ret);
	}
	return reply_malformed(reply, "no verdict for our recipient");
}

/* A row whose metadata is not shown cannot be told from another message's. */
enum outcome mandrill_read_search(
	struct reply *reply, const char *message_id, struct email_facts *ret)
{
	enum outcome outcome = check(reply);
	bool doubt = false;
	const json_t *row;
	size_t at;

	if (outcome != OUTCOME_OK)
		return outcome;
	json_array_foreach(reply->json, at, row)
	{
		const json_t *metadata = json_object_get(row, "metadata");
		const char *id = json_string_value(json_object_get(metadata, "message_id"));
		struct email_facts facts = {
			.provider_id = wire_string(reply->arena, row, "_id"),
			.status = wire_string(reply->arena, row, "state"),
		};

		doubt |= !json_is_object(metadata);
		if (!text_equal(id, message_id))
			continue;
		if (!facts.provider_id || !facts.status)
			return reply_malformed(reply, "message without id or state");
		*ret = facts;
		return OUTCOME_OK;
	}
	return doubt ? reply_malformed(reply, "messages without metadata") : OUTCOME_NOT_FOUND;
}
