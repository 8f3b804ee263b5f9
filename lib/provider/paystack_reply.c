/* Reading Paystack. The envelope's status says that the call worked; the payment's is data.status.
 */
#include "lib/provider/paystack_reply.h"

#include <string.h>

#include "lib/core/text.h"
#include "lib/provider/wire.h"

/* Older endpoints give a message and no code. */
static const struct {
	const char *words, *code;
} known[] = {
	{"duplicate transaction reference", "duplicate_reference"},
	{"reference not found", "transaction_not_found"},
	{"transaction not found", "transaction_not_found"},
	{"invalid key", "invalid_key"},
	{"currency not supported", "unsupported_currency"},
	{"fully reversed", "transaction_reversed"},
	{"rate limit", "rate_limited"},
};

static const char *code_of(struct reply *reply, const char *message)
{
	const char *code = wire_string(reply->arena, reply->json, "code");

	if (code && *code && strcmp(code, "unknown") != 0)
		return code;
	for (size_t i = 0; message && i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcasestr(message, known[i].words))
			return known[i].code;
	}
	return code;
}

static enum outcome refusal(struct reply *reply)
{
	const char *message = wire_string(reply->arena, reply->json, "message");
	const char *code = code_of(reply, message);
	enum outcome outcome = reply_outcome(reply, message != NULL);

	if (reply_is_2xx(reply))
		outcome = OUTCOME_UNKNOWN;
	else if (outcome == OUTCOME_REFUSED && text_equal(code, "invalid_key"))
		outcome = OUTCOME_CONFIG;
	return reply_fail(reply, outcome, code, message ? message : "reply without an envelope");
}

static enum outcome check(struct reply *reply)
{
	if (reply->answer.failure != HTTP_ANSWERED)
		return reply_unanswered(reply);
	if (reply_is_2xx(reply) && wire_truth(reply->json, "status"))
		return OUTCOME_OK;
	return refusal(reply);
}

static bool is_web_address(const char *url)
{
	return url && (strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0);
}

enum outcome paystack_read_checkout(
	struct reply *reply, const char *reference, struct payment_checkout *ret)
{
	enum outcome outcome = check(reply);
	const json_t *data = json_object_get(reply->json, "data");
	struct payment_checkout checkout = {
		.authorization_url = wire_string(reply->arena, data, "authorization_url"),
		.access_code = wire_string(reply->arena, data, "access_code"),
	};

	if (outcome != OUTCOME_OK)
		return outcome;
	if (!text_equal(wire_string(reply->arena, data, "reference"), reference))
		return reply_malformed(reply, "checkout of another reference");
	if (!is_web_address(checkout.authorization_url) || !checkout.access_code)
		return reply_malformed(reply, "checkout without an address");
	*ret = checkout;
	return OUTCOME_OK;
}

static bool amount(const json_t *object, const char *key, int64_t *ret)
{
	return wire_integer(object, key, ret) && *ret >= 0;
}

static bool read_transaction(struct arena *arena, const json_t *data, struct payment_facts *ret)
{
	const char *paid_at = wire_string(arena, data, "paid_at");

	*ret = (struct payment_facts){
		.transaction_id = wire_id(arena, data, "id"),
		.status = wire_string(arena, data, "status"),
		.domain = wire_string_or_empty(arena, data, "domain"),
		.reference = wire_string(arena, data, "reference"),
		.currency = wire_string(arena, data, "currency"),
		.channel = wire_string_or_empty(arena, data, "channel"),
		.paid_at = paid_at ? paid_at : wire_string(arena, data, "paidAt"),
		.gateway_response = wire_string_or_empty(arena, data, "gateway_response"),
	};
	if (!amount(data, "requested_amount", &ret->requested_amount_minor))
		ret->requested_amount_minor = 0;
	if (!amount(data, "fees", &ret->fees_minor))
		ret->fees_minor = 0;
	return amount(data, "amount", &ret->amount_minor) && ret->transaction_id && ret->status &&
		ret->reference && ret->currency;
}

/* Not found is 404, or 400 with these words; a 404 without an envelope is a wrong address. */
static enum outcome unknown_reference(struct reply *reply, enum outcome outcome)
{
	if (outcome != OUTCOME_REFUSED)
		return outcome;
	if (reply->answer.status == 404 || strcmp(reply->error->code, "transaction_not_found") == 0)
		return OUTCOME_NOT_FOUND;
	return outcome;
}

enum outcome paystack_read_facts(
	struct reply *reply, const char *reference, struct payment_facts *ret)
{
	enum outcome outcome = check(reply);
	struct payment_facts facts;

	if (outcome != OUTCOME_OK)
		return unknown_reference(reply, outcome);
	if (!read_transaction(reply->arena, json_object_get(reply->json, "data"), &facts))
		return reply_malformed(reply, "transaction without its facts");
	if (!text_equal(facts.reference, reference))
		return reply_malformed(reply, "transaction of another reference");
	*ret = facts;
	return OUTCOME_OK;
}

static bool read_refund(struct arena *arena, const json_t *data, struct refund_facts *ret)
{
	*ret = (struct refund_facts){
		.refund_id = wire_id(arena, data, "id"),
		.status = wire_string(arena, data, "status"),
		.currency = wire_string_or_empty(arena, data, "currency"),
		.merchant_note = wire_string_or_empty(arena, data, "merchant_note"),
	};
	return amount(data, "amount", &ret->amount_minor) && ret->refund_id && ret->status;
}

enum outcome paystack_read_refund(
	struct reply *reply, const char *reference, struct refund_facts *ret)
{
	enum outcome outcome = check(reply);
	const json_t *data = json_object_get(reply->json, "data");
	const char *of =
		wire_string(reply->arena, json_object_get(data, "transaction"), "reference");
	struct refund_facts refund;

	if (outcome != OUTCOME_OK)
		return outcome;
	if (!read_refund(reply->arena, data, &refund))
		return reply_malformed(reply, "refund without its facts");
	if (of && !text_equal(of, reference))
		return reply_malformed(reply, "refund of another reference");
	*ret = refund;
	return OUTCOME_OK;
}

/* The transaction is a number in lists and an object in single replies. */
static bool is_of_transaction(struct arena *arena, const json_t *refund, const char *id)
{
	const json_t *nested = json_object_get(refund, "transaction");
	const char *of = wire_id(arena, refund, "transaction");

	return text_equal(of ? of : wire_id(arena, nested, "id"), id);
}

/* By the page count where there is one: meta may be missing, or hold cursors only. */
static bool has_more(const json_t *json, size_t count, const struct paystack_search *search)
{
	int64_t pages;

	if (!count)
		return false;
	if (wire_integer(json_object_get(json, "meta"), "pageCount", &pages))
		return pages > (int64_t)search->page;
	return count >= search->per_page;
}

enum outcome paystack_read_refunds(
	struct reply *reply, struct paystack_search *search, struct refund_facts *ret)
{
	enum outcome outcome = check(reply);
	const json_t *list = json_object_get(reply->json, "data"), *row;
	size_t at;

	if (outcome != OUTCOME_OK)
		return outcome;
	if (!json_is_array(list))
		return reply_malformed(reply, "refunds without a list");
	json_array_foreach(list, at, row)
	{
		struct refund_facts refund;

		if (!is_of_transaction(reply->arena, row, search->transaction_id) ||
			!text_equal(json_string_value(json_object_get(row, "merchant_note")),
				search->note))
			continue;
		if (!read_refund(reply->arena, row, &refund))
			return reply_malformed(reply, "refund without its facts");
		*ret = refund;
		return OUTCOME_OK;
	}
	search->more = has_more(reply->json, json_array_size(list), search);
	return OUTCOME_NOT_FOUND;
}
