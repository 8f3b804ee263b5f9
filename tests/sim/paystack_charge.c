/* Paystack: how a transaction begins and how it is paid. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/clock.h"
#include "tests/sim/later.h"
#include "tests/sim/paystack.h"
#include "tests/sim/webhook.h"

/* Above 2^32, as real ids have been since 2022. */
#define FIRST_ID INT64_C(4099260516)

struct order {
	const char *email, *reference, *currency;
	int64_t amount;
	json_t *metadata; /* borrowed or NULL */
};

static bool is_email(const char *text)
{
	const char *at = text ? strchr(text, '@') : NULL;

	return at && at > text && strchr(at, '.') && !strchr(text, ' ');
}

/* Integers and texts of digits; a fraction is refused. */
static bool read_amount(const json_t *value, int64_t *ret_amount)
{
	const char *text = json_string_value(value);
	char *end;

	if (json_is_integer(value)) {
		*ret_amount = json_integer_value(value);
		return true;
	}
	if (!text || !isdigit((unsigned char)*text))
		return false;
	*ret_amount = strtoll(text, &end, 10);
	return !*end;
}

static int64_t least_amount(const char *currency)
{
	static const struct {
		const char *currency;
		int64_t amount;
	} least[] = {{"NGN", 5000}, {"USD", 200}, {"GHS", 10}, {"ZAR", 100}, {"KES", 300}};

	for (size_t i = 0; i < sizeof(least) / sizeof(*least); i++) {
		if (!strcmp(least[i].currency, currency))
			return least[i].amount;
	}
	return 1;
}

/* The underscore is outside the documented set, but is let through in practice. */
static bool is_reference(const char *reference)
{
	for (; *reference; reference++) {
		if (!isalnum((unsigned char)*reference) && !strchr("-.=_", *reference))
			return false;
	}
	return true;
}

static const char *check_money(struct call *call, struct order *order, const char **ret_code)
{
	const json_t *amount = json_object_get(call->body, "amount");

	*ret_code = "invalid_amount";
	if (!read_amount(amount, &order->amount))
		return "\"amount\" must be an integer";
	if (order->amount < least_amount(order->currency))
		return "Invalid Amount Sent";
	*ret_code = NULL;
	return setting_lists(call->sim, "paystack_currencies", order->currency)
		? NULL
		: "Currency not supported by merchant";
}

/* What is wrong with it, or NULL. */
static const char *read_order(struct call *call, struct order *order, const char **ret_code)
{
	const char *currency = call_field(call, "currency");

	order->email = call_field(call, "email");
	order->reference = call_field(call, "reference");
	order->currency = currency ? currency : "NGN";
	order->metadata = json_object_get(call->body, "metadata");
	*ret_code = "missing_params";
	if (!order->email || !*order->email)
		return "Email Address is required";
	*ret_code = "invalid_params";
	if (!is_email(order->email))
		return "\"email\" must be a valid email";
	if (order->reference && !is_reference(order->reference))
		return "\"reference\" contains characters that are not allowed";
	*ret_code = "duplicate_reference";
	if (map_get(call->sim->paystack->by_reference, order->reference))
		return "Duplicate Transaction Reference";
	return check_money(call, order, ret_code);
}

/* Metadata may come as an object or as one in a text. */
static json_t *read_metadata(const json_t *given)
{
	json_t *parsed =
		json_is_string(given) ? json_loads(json_string_value(given), 0, NULL) : NULL;

	if (parsed)
		return parsed;
	return given ? json_deep_copy(given) : json_null();
}

static json_t *new_shown(struct sim *sim, const struct order *order, const char *created)
{
	bool live = !strncmp(setting_text(sim, "paystack_secret_key"), "sk_live", 7);
	const char *reference = order->reference;

	if (!reference || !*reference)
		reference = sim_token(sim->arena, "", ALPHABET_LOWER, 15);
	return json_pack(
		"{s:I,s:s,s:s,s:s,s:n,s:I,s:n,s:s,s:n,s:s,s:s,s:s,s:s,s:o,s:n,s:n,s:n,s:{},"
		"s:O,s:I}",
		"id", (json_int_t)(FIRST_ID + (int64_t)sim_next(sim)), "domain",
		live ? "live" : "test", "status", "abandoned", "reference", reference,
		"receipt_number", "amount", (json_int_t)order->amount, "message",
		"gateway_response", "The transaction was not completed", "paid_at", "created_at",
		created, "channel", "card", "currency", order->currency, "ip_address", "127.0.0.1",
		"metadata", read_metadata(order->metadata), "log", "fees", "fees_split",
		"authorization", "customer", paystack_customer(sim, order->email),
		"requested_amount", (json_int_t)order->amount);
}

static struct transaction *begin(struct sim *sim, const struct order *order)
{
	struct paystack *paystack = sim->paystack;
	struct transaction *transaction = arena_alloc(sim->arena, sizeof(*transaction));
	const json_t *shown;

	transaction->created_ms = clock_now(sim);
	transaction->email = arena_strdup(sim->arena, order->email);
	transaction->refunds.arena = sim->arena;
	transaction->has_metadata = order->metadata;
	transaction->shown = sim_keep(sim,
		new_shown(sim, order,
			clock_iso_seconds(sim->arena, transaction->created_ms, ".000Z")));
	transaction->access_code = sim_token(sim->arena, "", ALPHABET_LOWER, 15);
	shown = transaction->shown;
	list_add(&paystack->transactions, transaction);
	map_put(paystack->by_access_code, transaction->access_code, transaction);
	map_put(paystack->by_reference, json_string_value(json_object_get(shown, "reference")),
		transaction);
	map_put(paystack->by_id,
		arena_printf(sim->arena, "%lld",
			(long long)json_integer_value(json_object_get(shown, "id"))),
		transaction);
	return transaction;
}

static const char *text_or_null(struct sim *sim, const char *text)
{
	return text && *text ? arena_strdup(sim->arena, text) : NULL;
}

static json_t *checkout_of(struct call *call, const struct transaction *transaction)
{
	const char *base = setting_text(call->sim, "public_base");

	return json_pack("{s:s,s:s,s:O}", "authorization_url",
		arena_printf(call->arena, "%s/paystack-checkout/%s",
			*base ? base : call->sim->own_base, transaction->access_code),
		"access_code", transaction->access_code, "reference",
		json_object_get(transaction->shown, "reference"));
}

void paystack_initialize(struct call *call)
{
	struct sim *sim = call->sim;
	struct order order = {0};
	const char *code, *wrong = read_order(call, &order, &code), *callback;
	struct transaction *transaction;

	if (wrong) {
		paystack_fail(call, 400, code, wrong);
		return;
	}
	transaction = begin(sim, &order);
	callback = call_field(call, "callback_url");
	transaction->callback_url =
		text_or_null(sim, callback ? callback : setting_text(sim, "paystack_callback_url"));
	transaction->cancel_url = text_or_null(sim,
		json_string_value(json_object_get(
			json_object_get(transaction->shown, "metadata"), "cancel_action")));
	reply_json(call, 200,
		json_pack("{s:b,s:s,s:o}", "status", 1, "message", "Authorization URL created",
			"data", checkout_of(call, transaction)));
}

/* 1.5 % and 100 naira from 2,500 naira on, at most 2,000; 3.9 % of other currencies. */
static int64_t usual_fees(const char *currency, int64_t amount)
{
	int64_t fees;

	if (strcmp(currency, "NGN") != 0)
		return (amount * 39 + 999) / 1000;
	fees = (amount * 15 + 999) / 1000 + (amount >= 250000 ? 10000 : 0);
	return fees > 200000 ? 200000 : fees;
}

static void add_attempt(struct sim *sim, struct transaction *transaction, bool success)
{
	json_t *log = json_object_get(transaction->shown, "log"), *history;

	if (!json_is_object(log)) {
		log = json_pack("{s:I,s:i,s:i,s:i,s:b,s:b,s:[],s:[]}", "start_time",
			(json_int_t)(clock_now(sim) / 1000), "time_spent", 4, "attempts", 0,
			"errors", 0, "success", 0, "mobile", 0, "input", "history");
		json_object_set_new(transaction->shown, "log", log);
	}
	history = json_object_get(log, "history");
	json_integer_set(json_object_get(log, "attempts"),
		json_integer_value(json_object_get(log, "attempts")) + 1);
	json_integer_set(json_object_get(log, "errors"),
		json_integer_value(json_object_get(log, "errors")) + !success);
	json_object_set_new(log, "success", json_boolean(success));
	json_array_append_new(history,
		json_pack("{s:s,s:s,s:i}", "type", "action", "message",
			"Attempted to pay with card", "time", 3));
	json_array_append_new(history,
		json_pack("{s:s,s:s,s:i}", "type", success ? "success" : "error", "message",
			success ? "Successfully paid with card" : "Error: Declined", "time", 4));
}

static void tell_success(struct sim *sim, const struct transaction *transaction)
{
	struct arena *arena = arena_new();
	struct hook hook = {.vendor = "paystack", .event = "charge.success"};

	hook.url = hook_url(sim, arena, "/webhooks/paystack");
	hook.key = setting_text(sim, "paystack_secret_key");
	hook.body = json_pack(
		"{s:s,s:o}", "event", hook.event, "data", paystack_view_event(transaction));
	hook_send(sim, &hook);
	json_decref(hook.body);
	arena_free(arena);
}

static void set_success(
	struct sim *sim, struct transaction *transaction, const struct payment *payment)
{
	json_t *shown = transaction->shown;
	int64_t amount = payment->amount;

	if (!amount)
		amount = json_integer_value(json_object_get(shown, "requested_amount"));
	if (payment->currency)
		json_object_set_new(shown, "currency", json_string(payment->currency));
	json_object_set_new(shown, "amount", json_integer(amount));
	json_object_set_new(shown, "fees",
		json_integer(payment->fees
				? payment->fees
				: usual_fees(json_string_value(json_object_get(shown, "currency")),
					  amount)));
	json_object_set_new(shown, "paid_at",
		json_string(clock_iso_seconds(sim->arena, clock_now(sim), ".000Z")));
	json_object_set(shown, "authorization", paystack_authorization(sim, transaction->email));
}

void paystack_pay(struct sim *sim, struct transaction *transaction, const struct payment *payment)
{
	json_t *shown = transaction->shown;
	const char *was = json_string_value(json_object_get(shown, "status"));
	bool success = !strcmp(payment->status, "success");

	if (!strcmp(was, "success") || !strcmp(was, "reversed"))
		return;
	if (success || !strcmp(payment->status, "failed"))
		add_attempt(sim, transaction, success);
	if (success)
		set_success(sim, transaction, payment);
	json_object_set_new(shown, "status", json_string(payment->status));
	json_object_set_new(shown, "gateway_response", json_string(payment->response));
	if (success)
		tell_success(sim, transaction);
}

static void arrive_late(struct sim *sim, void *argument)
{
	struct transaction *transaction = argument;
	struct payment payment = {
		.amount = transaction->late_amount, .status = "success", .response = "Successful"};

	paystack_pay(sim, transaction, &payment);
}

void paystack_pay_late(struct sim *sim, struct transaction *transaction, long delay_ms)
{
	struct payment payment = {.status = "ongoing", .response = "Payment is being confirmed"};

	paystack_pay(sim, transaction, &payment);
	later_sim(sim, clock_now(sim) + delay_ms, arrive_late, transaction);
}

static void charge_paused(struct call *call, const struct transaction *transaction)
{
	json_t *data = checkout_of(call, transaction);

	json_object_set_new(data, "paused", json_true());
	reply_json(call, 200,
		json_pack("{s:b,s:s,s:o}", "status", 1, "message",
			"Please, redirect your customer to the authorization url provided", "data",
			data));
}

void paystack_charge(struct call *call)
{
	struct sim *sim = call->sim;
	struct order order = {0};
	const char *code, *wrong = read_order(call, &order, &code);
	const char *token = call_field(call, "authorization_code");
	const json_t *card = map_get(sim->paystack->authorizations, token);
	const char *outcome = setting_text(sim, "paystack_charge_outcome");
	struct payment payment = {.status = outcome, .response = "Approved"};
	struct transaction *transaction;

	if (!wrong &&
		(!card ||
			strcasecmp(order.email,
				json_string_value(json_object_get(card, "_email"))) != 0)) {
		wrong = "Authorization code does not exist or has been deactivated";
		code = "invalid_params";
	}
	if (wrong) {
		paystack_fail(call, 400, code, wrong);
		return;
	}
	transaction = begin(sim, &order);
	if (!strcmp(outcome, "paused")) {
		charge_paused(call, transaction);
		return;
	}
	if (!strcmp(outcome, "failed"))
		payment.response = "Insufficient Funds";
	paystack_pay(sim, transaction, &payment);
	reply_json(call, 200,
		json_pack("{s:b,s:s,s:o}", "status", 1, "message", "Charge attempted", "data",
			paystack_view_charge(transaction)));
}
