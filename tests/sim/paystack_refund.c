/* Paystack: refunds, which walk from pending to processing to processed on their own. */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/clock.h"
#include "tests/sim/later.h"
#include "tests/sim/paystack.h"
#include "tests/sim/webhook.h"

#define FIRST_ID INT64_C(3018284)

enum { INTEGRATION = 412829 };

static int64_t number_of(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static struct transaction *refunded_by(struct sim *sim, const json_t *refund)
{
	struct arena *arena = arena_new();
	struct transaction *transaction = map_get(sim->paystack->by_id,
		arena_printf(arena, "%lld", (long long)number_of(refund, "transaction")));

	arena_free(arena);
	return transaction;
}

/* The documentation's events carry no id, real ones do, as a text. Amounts are texts but when it
 * failed. */
static json_t *event_data(
	struct sim *sim, struct arena *arena, const json_t *refund, const struct transaction *of)
{
	const char *status = text_of(refund, "status");
	const json_t *customer = json_object_get(of->shown, "customer");
	long long amount = (long long)number_of(refund, "amount");
	bool failed = !strcmp(status, "failed"), done = !strcmp(status, "processed");
	json_t *data = json_pack("{s:s,s:O,s:s?,s:o,s:O,s:{s:O,s:O,s:O},s:i,s:O}", "status", status,
		"transaction_reference", json_object_get(of->shown, "reference"),
		"refund_reference", done ? "132013318360" : NULL, "amount",
		failed ? json_integer(amount) : json_string(arena_printf(arena, "%lld", amount)),
		"currency", json_object_get(refund, "currency"), "customer", "first_name",
		json_object_get(customer, "first_name"), "last_name",
		json_object_get(customer, "last_name"), "email", json_object_get(customer, "email"),
		"integration", INTEGRATION, "domain", json_object_get(refund, "domain"));

	if (!setting_true(sim, "paystack_refund_webhook_ids")) {
		json_object_set_new(data, "processor", json_string("instant-transfer"));
		return data;
	}
	json_object_set_new(data, "id",
		json_string(arena_printf(arena, "%lld", (long long)number_of(refund, "id"))));
	json_object_set(data, "customer_note", json_object_get(refund, "customer_note"));
	json_object_set(data, "merchant_note", json_object_get(refund, "merchant_note"));
	return data;
}

static void tell(struct sim *sim, const json_t *refund, const struct transaction *of)
{
	struct arena *arena = arena_new();
	struct hook hook = {.vendor = "paystack",
		.event = arena_printf(arena, "refund.%s", text_of(refund, "status")),
		.url = hook_url(sim, arena, "/webhooks/paystack"),
		.key = setting_text(sim, "paystack_secret_key")};

	hook.body = json_pack(
		"{s:s,s:o}", "event", hook.event, "data", event_data(sim, arena, refund, of));
	hook_send(sim, &hook);
	json_decref(hook.body);
	arena_free(arena);
}

/* What the linked transaction reports meanwhile. */
static void mark_transaction(struct sim *sim, struct transaction *of, const char *status)
{
	const char *pending = setting_text(sim, "paystack_reversal_pending_status");
	bool whole = of->refunded >= number_of(of->shown, "amount");
	const char *now = *pending ? pending : "success";

	if (!strcmp(status, "failed"))
		now = "success";
	else if (!strcmp(status, "processed"))
		now = whole || setting_true(sim, "paystack_partial_reverses") ? "reversed"
									      : "success";
	json_object_set_new(of->shown, "status", json_string(now));
}

void paystack_refund_move(struct sim *sim, json_t *refund, const char *status)
{
	struct transaction *of = refunded_by(sim, refund);
	bool done = !strcmp(status, "processed");

	if (!strcmp(status, "failed") && strcmp(text_of(refund, "status"), "failed") != 0)
		of->refunded -= number_of(refund, "amount");
	json_object_set_new(refund, "status", json_string(status));
	json_object_set_new(
		refund, "updatedAt", json_string(clock_iso(sim->arena, clock_now(sim))));
	if (done) {
		json_object_set(refund, "refunded_at", json_object_get(refund, "updatedAt"));
		json_object_set(refund, "deducted_amount", json_object_get(refund, "amount"));
		json_object_set_new(refund, "fully_deducted", json_true());
	}
	mark_transaction(sim, of, status);
	tell(sim, refund, of);
}

static void walk(struct sim *sim, void *argument);

static void walk_later(struct sim *sim, json_t *refund)
{
	later_sim(sim, clock_now(sim) + setting_long(sim, "paystack_refund_step_ms"), walk, refund);
}

/* From pending to processing to the outcome that was asked for when it was made. */
static void walk(struct sim *sim, void *argument)
{
	json_t *refund = argument;
	const char *status = text_of(refund, "status"), *outcome = text_of(refund, "_outcome");

	if (!strcmp(outcome, "pending"))
		return;
	if (!strcmp(status, "pending")) {
		paystack_refund_move(sim, refund, "processing");
		walk_later(sim, refund);
	} else if (!strcmp(status, "processing") && strcmp(outcome, "processing") != 0) {
		paystack_refund_move(sim, refund, outcome);
	}
}

static json_t *new_refund(
	struct call *call, const struct transaction *of, int64_t amount, const char *now)
{
	struct sim *sim = call->sim;
	const char *reference = text_of(of->shown, "reference");
	const char *customer_note = call_field(call, "customer_note");
	const char *merchant_note = call_field(call, "merchant_note");

	if (!customer_note)
		customer_note = arena_printf(call->arena, "Refund for transaction %s", reference);
	if (!merchant_note)
		merchant_note = arena_printf(
			call->arena, "Refund for transaction %s by demo@care.example", reference);
	return json_pack("{s:i,s:O,s:n,s:n,s:I,s:O,s:O,s:I,s:s,s:n,s:s,s:n,s:s,s:s,s:s,s:i,s:b,s:s,"
			 "s:s,s:s}",
		"integration", INTEGRATION, "transaction", json_object_get(of->shown, "id"),
		"dispute", "settlement", "id", (json_int_t)(FIRST_ID + (int64_t)sim_next(sim)),
		"domain", json_object_get(of->shown, "domain"), "currency",
		json_object_get(of->shown, "currency"), "amount", (json_int_t)amount, "status",
		"pending", "refunded_at", "expected_at",
		clock_iso(call->arena, clock_now(sim) + INT64_C(777600000)), "channel",
		"refunded_by", "demo@care.example", "customer_note", customer_note, "merchant_note",
		merchant_note, "deducted_amount", 0, "fully_deducted", 0, "createdAt", now,
		"updatedAt", now, "_outcome", setting_text(sim, "paystack_refund_outcome"));
}

static json_t *view_of(const json_t *refund)
{
	json_t *view = json_copy((json_t *)refund);

	json_object_del(view, "_outcome");
	return view;
}

/* The answer to its creation holds the whole transaction, the lists only its number. */
static json_t *view_created(const json_t *refund, const struct transaction *of)
{
	json_t *view = view_of(refund);

	json_object_set_new(view, "transaction", paystack_view_refunded(of));
	json_object_del(view, "dispute");
	json_object_del(view, "settlement");
	json_object_del(view, "refunded_at");
	return view;
}

/* An integer, or a text of digits. */
static int64_t amount_of(const json_t *given)
{
	return json_is_string(given) ? strtoll(json_string_value(given), NULL, 10)
				     : json_integer_value(given);
}

static const char *refuse(
	struct transaction *of, const json_t *given, int64_t *ret_amount, const char **ret_code)
{
	int64_t whole = number_of(of->shown, "amount");
	const char *status = text_of(of->shown, "status");

	*ret_code = "transaction_reversed";
	if (of->refunded >= whole)
		return "Transaction has been fully reversed";
	*ret_code = "invalid_params";
	if (!json_is_string(json_object_get(of->shown, "paid_at")))
		return arena_printf(of->refunds.arena, "Transaction status is %s", status);
	*ret_amount = given ? amount_of(given) : whole - of->refunded;
	if (*ret_amount <= 0)
		return "\"amount\" must be an integer";
	return *ret_amount > whole - of->refunded
		? "Refund amount cannot be more than the transaction amount"
		: NULL;
}

static struct transaction *transaction_asked(struct call *call, const json_t *given)
{
	if (json_is_integer(given))
		return paystack_find(call->sim,
			arena_printf(call->arena, "%lld", (long long)json_integer_value(given)));
	return json_is_string(given) ? paystack_find(call->sim, json_string_value(given)) : NULL;
}

void paystack_refund_create(struct call *call)
{
	struct sim *sim = call->sim;
	const json_t *amount_given = json_object_get(call->body, "amount");
	struct transaction *of =
		transaction_asked(call, json_object_get(call->body, "transaction"));
	const char *code = "transaction_not_found", *wrong = "Transaction not found";
	int64_t amount = 0;
	json_t *refund;

	if (of)
		wrong = refuse(of, amount_given, &amount, &code);
	if (wrong) {
		paystack_fail(call, of ? 400 : 404, code, wrong);
		return;
	}
	refund = new_refund(call, of, amount, clock_iso(call->arena, clock_now(sim)));
	sim_keep(sim, refund);
	of->refunded += amount;
	list_add(&sim->paystack->refund_list, refund);
	list_add(&of->refunds, refund);
	map_put(sim->paystack->refunds,
		arena_printf(call->arena, "%lld", (long long)number_of(refund, "id")), refund);
	reply_json(call, 200,
		json_pack("{s:b,s:s,s:o}", "status", 1, "message",
			"Refund has been queued for processing", "data", view_created(refund, of)));
	paystack_refund_move(sim, refund, "pending");
	walk_later(sim, refund);
}

void paystack_refund_fetch(struct call *call)
{
	const json_t *refund = map_get(call->sim->paystack->refunds, call->segments[1]);

	if (!refund) {
		paystack_fail(call, 404, "invalid_params", "Refund not found");
		return;
	}
	reply_json(call, 200,
		json_pack("{s:b,s:s,s:o}", "status", 1, "message", "Refund retrieved", "data",
			view_of(refund)));
}

void paystack_refund_list(struct call *call)
{
	const char *of = call_query(call, "transaction");
	const struct transaction *transaction = of ? paystack_find(call->sim, of) : NULL;
	const struct list *refunds = &call->sim->paystack->refund_list, none = {0};
	size_t size = (size_t)call_query_long(call, "perPage", 50);
	size_t page = (size_t)call_query_long(call, "page", 1), skip = (page ? page - 1 : 0) * size;
	json_t *data = json_array();

	if (of)
		refunds = transaction ? &transaction->refunds : &none;
	for (size_t i = skip; i < refunds->count && i < skip + size; i++)
		json_array_append_new(data, view_of(refunds->items[refunds->count - 1 - i]));
	reply_json(call, 200,
		json_pack("{s:b,s:s,s:o,s:{s:I,s:I,s:I,s:I,s:I}}", "status", 1, "message",
			"Refunds retrieved", "data", data, "meta", "total",
			(json_int_t)refunds->count, "skipped", (json_int_t)skip, "perPage",
			(json_int_t)size, "page", (json_int_t)page, "pageCount",
			(json_int_t)(size ? (refunds->count + size - 1) / size : 0)));
}

void paystack_refund_retry(struct call *call)
{
	json_t *refund = map_get(call->sim->paystack->refunds, call->segments[2]);

	if (!refund || strcmp(text_of(refund, "status"), "needs-attention") != 0) {
		paystack_fail(call, 422, "invalid_params",
			"Invalid Refund state, refund status should be \"needs-attention\"");
		return;
	}
	json_object_set_new(refund, "_outcome", json_string("processed"));
	paystack_refund_move(call->sim, refund, "processing");
	walk_later(call->sim, refund);
	reply_json(call, 200,
		json_pack("{s:b,s:s,s:o}", "status", 1, "message",
			"Refund retried and has been queued for processing", "data",
			view_of(refund)));
}
