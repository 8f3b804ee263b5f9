/* Paystack, the payment gateway (https://paystack.com/docs/api). */
#include <string.h>

#include "lib/provider/payment.h"
#include "lib/provider/paystack_reply.h"
#include "lib/provider/wire.h"

enum { REFUNDS_PER_PAGE = 100, REFUND_PAGES_MAX = 10 };

static void ask(struct reply *reply, const struct payment_gateway *gateway, const char *path)
{
	const char *headers[] = {
		arena_printf(reply->arena, "Authorization: Bearer %s", gateway->secret_key), NULL};
	struct http_call call = {
		.method = "GET",
		.url = arena_printf(reply->arena, "%s%s", gateway->base_url, path),
		.headers = headers,
	};

	reply_fetch(reply, &call);
}

/* False, with the outcome's error filled, when body could not be written. */
static bool post(
	struct reply *reply, const struct payment_gateway *gateway, const char *path, json_t *value)
{
	const char *body = wire_write(reply->arena, value);
	const char *headers[] = {
		arena_printf(reply->arena, "Authorization: Bearer %s", gateway->secret_key),
		"Content-Type: application/json", NULL};
	struct http_call call = {
		.method = "POST",
		.url = arena_printf(reply->arena, "%s%s", gateway->base_url, path),
		.headers = headers,
		.body = body,
		.body_length = body ? strlen(body) : 0,
	};

	if (body)
		reply_fetch(reply, &call);
	return body != NULL;
}

/* Optional members are left out rather than sent as null. The currency always goes: without it
 * Paystack silently takes the account's own. */
static json_t *checkout_body(const struct payment_request *request)
{
	json_t *body = json_pack("{s:s, s:s, s:I, s:s}", "reference", request->reference, "email",
		request->email, "amount", (json_int_t)request->amount_minor, "currency",
		request->currency);

	if (body && request->callback_url)
		json_object_set_new(body, "callback_url", json_string(request->callback_url));
	if (body && request->cancel_url)
		json_object_set_new(
			body, "metadata", json_pack("{s:s}", "cancel_action", request->cancel_url));
	return body;
}

static enum outcome initialize(struct arena *arena, const struct payment_gateway *gateway,
	const struct payment_request *request, struct payment_checkout *ret,
	struct provider_error *error)
{
	struct reply reply = {.arena = arena, .error = error};

	if (!post(&reply, gateway, "/transaction/initialize", checkout_body(request)))
		return reply_fail(&reply, OUTCOME_REFUSED, "not_utf8", "request is not UTF-8");
	return paystack_read_checkout(&reply, request->reference, ret);
}

static enum outcome verify(struct arena *arena, const struct payment_gateway *gateway,
	const char *reference, struct payment_facts *ret, struct provider_error *error)
{
	struct reply reply = {.arena = arena, .error = error};

	ask(&reply, gateway,
		arena_printf(arena, "/transaction/verify/%s", wire_escape(arena, reference)));
	return paystack_read_facts(&reply, reference, ret);
}

static enum outcome refund(struct arena *arena, const struct payment_gateway *gateway,
	const char *reference, int64_t amount_minor, const char *currency,
	const char *merchant_note, struct refund_facts *ret, struct provider_error *error)
{
	struct reply reply = {.arena = arena, .error = error};
	json_t *body = json_pack("{s:s, s:I, s:s, s:s}", "transaction", reference, "amount",
		(json_int_t)amount_minor, "currency", currency, "merchant_note", merchant_note);

	if (!post(&reply, gateway, "/refund", body))
		return reply_fail(&reply, OUTCOME_REFUSED, "not_utf8", "request is not UTF-8");
	return paystack_read_refund(&reply, reference, ret);
}

static enum outcome refund_find(struct arena *arena, const struct payment_gateway *gateway,
	const char *transaction_id, const char *note, struct refund_facts *ret,
	struct provider_error *error)
{
	struct reply reply = {.arena = arena, .error = error};
	struct paystack_search search = {
		.transaction_id = transaction_id, .note = note, .per_page = REFUNDS_PER_PAGE};

	for (search.page = 1; search.page <= REFUND_PAGES_MAX; search.page++) {
		enum outcome outcome;

		search.more = false;
		ask(&reply, gateway,
			arena_printf(arena, "/refund?transaction=%s&perPage=%d&page=%zu",
				wire_escape(arena, transaction_id), REFUNDS_PER_PAGE, search.page));
		outcome = paystack_read_refunds(&reply, &search, ret);
		if (outcome != OUTCOME_NOT_FOUND || !search.more)
			return outcome;
	}
	return reply_fail(&reply, OUTCOME_UNKNOWN, "too_many_pages", "refunds go on and on");
}

const struct payment_provider paystack = {
	.initialize = initialize,
	.verify = verify,
	.refund = refund,
	.refund_find = refund_find,
};
