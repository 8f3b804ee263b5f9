/* Paystack: the way in, verify and the lists. */
#include "tests/sim/paystack.h"

#include <stdlib.h>
#include <string.h>

#include "tests/sim/clock.h"
#include "tests/sim/rate.h"
#include "tests/sim/sign.h"
#include "tests/sim/vendors.h"

struct paystack *paystack_new(struct sim *sim)
{
	struct paystack *paystack = arena_alloc(sim->arena, sizeof(*paystack));

	paystack->by_reference = map_new(sim->arena);
	paystack->by_access_code = map_new(sim->arena);
	paystack->by_id = map_new(sim->arena);
	paystack->customers = map_new(sim->arena);
	paystack->authorizations = map_new(sim->arena);
	paystack->refunds = map_new(sim->arena);
	paystack->transactions.arena = paystack->customer_list.arena = paystack->refund_list.arena =
		sim->arena;
	return paystack;
}

static const char *next_step(const char *code)
{
	if (!strcmp(code, "missing_params"))
		return "Provide all required params\xc2\xa0"; /* with a no-break space */
	if (!strcmp(code, "duplicate_reference"))
		return "Try and create the Transaction or Charge with a new reference";
	if (!strcmp(code, "transaction_not_found"))
		return "Ensure that you're passing the reference of a transaction that exists on "
		       "this integration";
	if (!strcmp(code, "customer_not_found"))
		return "Ensure that you're passing the customer code or email of a customer that "
		       "exists on the integration";
	return "Ensure that the value(s) you're passing are valid.";
}

/* Without a code only status and message, as older endpoints answer. */
void paystack_fail(struct call *call, int status, const char *code, const char *message)
{
	json_t *body = json_pack("{s:b,s:s}", "status", 0, "message", message);

	if (code && !strcmp(code, "transaction_reversed")) {
		json_object_set_new(body, "type", json_string("api_error"));
		json_object_set_new(body, "code", json_string(code));
	} else if (code) {
		json_object_set_new(body, "meta", json_pack("{s:s}", "nextStep", next_step(code)));
		json_object_set_new(body, "type", json_string("validation_error"));
		json_object_set_new(body, "code", json_string(code));
	}
	if (code && !strcmp(code, "duplicate_reference"))
		json_object_set_new(body, "errorCodeMappingNotFound", json_false());
	reply_json(call, status, body);
}

static void add_limits(struct call *call, const struct rate *rate)
{
	long left = rate->left > 0 ? rate->left : 0;

	reply_header(call, "x-ratelimit-limit", arena_printf(call->arena, "%ld", rate->limit));
	reply_header(call, "x-ratelimit-remaining", arena_printf(call->arena, "%ld", left));
	reply_header(call, "x-ratelimit-reset", arena_printf(call->arena, "%ld", rate->reset_s));
}

static void refuse_rate(struct call *call)
{
	reply_json(call, 429,
		json_pack("{s:b,s:s,s:{s:s},s:s,s:s}", "status", 0, "message",
			"Rate limit exceeded!", "meta", "nextStep",
			"Wait a few minutes and try the API call again", "type", "api_error",
			"code", "rate_limited"));
}

static void limited(struct call *call)
{
	struct rate rate = {.limit = 100, .left = 0, .reset_s = 1};

	add_limits(call, &rate);
	refuse_rate(call);
}

static bool admit(struct call *call)
{
	const char *key = call_bearer(call);
	struct rate rate;

	if (!key || strcmp(key, setting_text(call->sim, "paystack_secret_key")) != 0) {
		paystack_fail(call, 401, NULL, "Invalid key");
		return false;
	}
	rate = rate_count(call->sim, "paystack");
	if (rate.limit)
		add_limits(call, &rate);
	if (rate.left < 0)
		refuse_rate(call);
	return rate.left >= 0;
}

/* Really so: 404 and not a byte. */
static void unknown(struct call *call)
{
	reply_text(call, 404, "text/plain", "");
}

struct transaction *paystack_find(const struct sim *sim, const char *reference_or_id)
{
	struct transaction *found = map_get(sim->paystack->by_reference, reference_or_id);

	return found ? found : map_get(sim->paystack->by_id, reference_or_id);
}

static void succeed(struct call *call, const char *message, json_t *data)
{
	reply_json(call, 200,
		json_pack("{s:b,s:s,s:o}", "status", 1, "message", message, "data", data));
}

static void verify(struct call *call)
{
	const struct transaction *transaction =
		map_get(call->sim->paystack->by_reference, call->segments[2]);

	if (!transaction)
		paystack_fail(call, (int)setting_long(call->sim, "paystack_not_found_status"),
			"transaction_not_found", "Transaction reference not found");
	else
		succeed(call, "Verification successful", paystack_view_verify(transaction));
}

static void fetch(struct call *call)
{
	const struct transaction *transaction =
		map_get(call->sim->paystack->by_id, call->segments[1]);

	if (!transaction)
		paystack_fail(call, 404, "transaction_not_found", "Transaction not found");
	else
		succeed(call, "Transaction retrieved", paystack_view_fetch(transaction));
}

static bool is_number(const json_t *value, const char *text)
{
	return !text || json_integer_value(value) == strtoll(text, NULL, 10);
}

/* A date alone as "to" is its whole day. */
static bool in_time(const struct call *call, int64_t at_ms)
{
	int64_t from_ms, to_ms;
	bool date_only = false;

	if (clock_parse(call_query(call, "from"), &from_ms, NULL) && at_ms < from_ms)
		return false;
	if (!clock_parse(call_query(call, "to"), &to_ms, &date_only))
		return true;
	return at_ms <= to_ms + (date_only ? INT64_C(86400000) - 1 : 0);
}

static bool listed(const struct call *call, const struct transaction *transaction)
{
	const json_t *shown = transaction->shown;
	const char *status = call_query(call, "status");

	return in_time(call, transaction->created_ms) &&
		(!status || !strcmp(status, json_string_value(json_object_get(shown, "status")))) &&
		is_number(json_object_get(shown, "amount"), call_query(call, "amount")) &&
		is_number(json_object_get(json_object_get(shown, "customer"), "id"),
			call_query(call, "customer"));
}

/* A cursor is the base64 of "undefined:<id>", as seen on the wire. */
static json_t *cursor_of(struct call *call, const struct transaction *transaction)
{
	const char *plain;

	if (!transaction)
		return json_null();
	plain = arena_printf(call->arena, "undefined:%lld",
		(long long)json_integer_value(json_object_get(transaction->shown, "id")));
	return json_string(encode_base64(call->arena, plain, strlen(plain)));
}

static void list_by_cursor(struct call *call, const struct list *found)
{
	long per_page = call_query_long(call, "perPage", 50);
	const char *next = call_query(call, "next");
	json_t *data = json_array();
	const struct transaction *last = NULL;
	bool started = !next;
	size_t at;

	for (at = 0; at < found->count && json_array_size(data) < (size_t)per_page; at++) {
		if (started)
			json_array_append_new(data, paystack_view_list(last = found->items[at]));
		else
			started = !strcmp(next,
				json_string_value(
					call_keep(call, cursor_of(call, found->items[at]))));
	}
	reply_json(call, 200,
		json_pack("{s:b,s:s,s:o,s:{s:o,s:n,s:I}}", "status", 1, "message",
			"Transactions retrieved", "data", data, "meta", "next",
			cursor_of(call, at < found->count ? last : NULL), "previous", "perPage",
			(json_int_t)per_page));
}

static void list_by_page(struct call *call, const struct list *found)
{
	long per_page = call_query_long(call, "perPage", 50),
	     page = call_query_long(call, "page", 1);
	size_t size = (size_t)(per_page ? per_page : 50),
	       skipped = (size_t)(page ? page - 1 : 0) * size;
	json_t *data = json_array();
	json_int_t volume = 0;

	for (size_t i = 0; i < found->count; i++) {
		const struct transaction *transaction = found->items[i];

		volume += json_integer_value(json_object_get(transaction->shown, "amount"));
		if (i >= skipped && i < skipped + size)
			json_array_append_new(data, paystack_view_list(transaction));
	}
	reply_json(call, 200,
		json_pack("{s:b,s:s,s:o,s:{s:I,s:I,s:I,s:I,s:I,s:I}}", "status", 1, "message",
			"Transactions retrieved", "data", data, "meta", "total",
			(json_int_t)found->count, "total_volume", volume, "skipped",
			(json_int_t)skipped, "perPage", (json_int_t)size, "page", (json_int_t)page,
			"pageCount", (json_int_t)((found->count + size - 1) / size)));
}

static void list(struct call *call)
{
	const struct list *all = &call->sim->paystack->transactions;
	struct list found = {.arena = call->arena};
	const char *cursor = call_query(call, "use_cursor");

	for (size_t i = all->count; i-- > 0;) {
		if (listed(call, all->items[i]))
			list_add(&found, all->items[i]);
	}
	if (cursor && !strcmp(cursor, "true"))
		list_by_cursor(call, &found);
	else
		list_by_page(call, &found);
}

static const struct route routes[] = {
	{"POST", "/transaction/initialize", "paystack.initialize", paystack_initialize},
	{"GET", "/transaction/verify/:", "paystack.verify", verify},
	{"POST", "/transaction/charge_authorization", "paystack.charge", paystack_charge},
	{"GET", "/transaction", "paystack.list", list},
	{"GET", "/transaction/:", "paystack.fetch", fetch},
	{"POST", "/refund", "paystack.refund", paystack_refund_create},
	{"GET", "/refund", "paystack.refund_list", paystack_refund_list},
	{"GET", "/refund/:", "paystack.refund_fetch", paystack_refund_fetch},
	{"POST", "/refund/retry_with_customer_details/:", "paystack.refund_retry",
		paystack_refund_retry},
	{"POST", "/customer", "paystack.customer_create", paystack_customer_create},
	{"GET", "/customer", "paystack.customer_list", paystack_customer_list},
	{"GET", "/customer/:", "paystack.customer_fetch", paystack_customer_fetch},
};

const struct vendor vendor_paystack = {
	.name = "paystack",
	.prefix = "/paystack",
	.routes = routes,
	.route_count = sizeof(routes) / sizeof(*routes),
	.admit = admit,
	.unknown = unknown,
	.limited = limited,
};
