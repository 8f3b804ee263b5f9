/* Paystack: customers, one for each email, and the card each of them pays with. */
#include <string.h>

#include "tests/sim/clock.h"
#include "tests/sim/paystack.h"

#define FIRST_ID INT64_C(181873746)

static char *lower(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text);

	for (char *at = copy; *at; at++) {
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');
	}
	return copy;
}

json_t *paystack_customer(struct sim *sim, const char *email)
{
	struct paystack *paystack = sim->paystack;
	const char *key = lower(sim->arena, email), *code;
	json_t *customer = map_get(paystack->customers, key);

	if (customer)
		return customer;
	code = sim_token(sim->arena, "CUS_", ALPHABET_LOWER, 15);
	customer = json_pack("{s:I,s:n,s:n,s:s,s:s,s:n,s:n,s:s,s:n}", "id",
		(json_int_t)(FIRST_ID + (int64_t)sim_next(sim)), "first_name", "last_name", "email",
		key, "customer_code", code, "phone", "metadata", "risk_action", "default",
		"international_format_phone");
	sim_keep(sim, customer);
	map_put(paystack->customers, key, customer);
	map_put(paystack->customers, code, customer);
	list_add(&paystack->customer_list, customer);
	return customer;
}

json_t *paystack_authorization(struct sim *sim, const char *email)
{
	struct paystack *paystack = sim->paystack;
	const char *key = arena_printf(sim->arena, "email:%s", lower(sim->arena, email)), *code;
	json_t *card = map_get(paystack->authorizations, key), *owned;

	if (card)
		return card;
	code = sim_token(sim->arena, "AUTH_", ALPHABET_LOWER, 10);
	card = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:s,s:n}",
		"authorization_code", code, "bin", "408408", "last4", "4081", "exp_month", "12",
		"exp_year", "2030", "channel", "card", "card_type", "visa ", "bank", "TEST BANK",
		"country_code", "NG", "brand", "visa", "reusable", 1, "signature",
		sim_token(sim->arena, "SIG_", ALPHABET_MIXED, 20), "account_name");
	sim_keep(sim, card);
	owned = sim_keep(sim, json_copy(card));
	json_object_set_new(owned, "_email", json_string(email));
	map_put(paystack->authorizations, key, card);
	map_put(paystack->authorizations, code, owned);
	return card;
}

static void add_facts(struct sim *sim, json_t *view)
{
	json_object_set_new(view, "integration", json_integer(735006));
	json_object_set_new(view, "domain", json_string("test"));
	json_object_set_new(view, "identified", json_false());
	json_object_set_new(view, "identifications", json_null());
	json_object_set_new(view, "transactions", json_array());
	json_object_set_new(view, "subscriptions", json_array());
	json_object_set_new(view, "authorizations", json_array());
	json_object_set_new(view, "createdAt", json_string(clock_iso(sim->arena, clock_now(sim))));
	json_object_set(view, "updatedAt", json_object_get(view, "createdAt"));
}

static void take_over(json_t *customer, const json_t *body)
{
	static const char *const names[] = {"first_name", "last_name", "phone", "metadata", NULL};

	for (const char *const *name = names; *name; name++) {
		if (json_object_get(body, *name))
			json_object_set(customer, *name, json_object_get(body, *name));
	}
}

void paystack_customer_create(struct call *call)
{
	const char *email = call_field(call, "email"), *at = email ? strchr(email, '@') : NULL;
	json_t *customer, *view;

	if (!at || at == email || !strchr(at, '.')) {
		paystack_fail(call, 400, "invalid_params", "\"email\" must be a valid email");
		return;
	}
	customer = paystack_customer(call->sim, email);
	take_over(customer, call->body);
	view = json_copy(customer);
	add_facts(call->sim, view);
	reply_json(call, 200,
		json_pack(
			"{s:b,s:s,s:o}", "status", 1, "message", "Customer created", "data", view));
}

void paystack_customer_fetch(struct call *call)
{
	struct paystack *paystack = call->sim->paystack;
	const char *key = call->segments[1];
	json_t *customer = map_get(paystack->customers, lower(call->arena, key)), *view, *card;

	if (!customer)
		customer = map_get(paystack->customers, key);
	if (!customer) {
		paystack_fail(call, 404, "customer_not_found", "Customer not found");
		return;
	}
	view = json_copy(customer);
	add_facts(call->sim, view);
	card = map_get(paystack->authorizations,
		arena_printf(call->arena, "email:%s",
			json_string_value(json_object_get(customer, "email"))));
	if (card)
		json_array_append(json_object_get(view, "authorizations"), card);
	json_object_set_new(view, "total_transactions", json_integer(0));
	json_object_set_new(view, "total_transaction_value", json_array());
	json_object_set_new(view, "dedicated_account", json_null());
	json_object_set_new(view, "dedicated_accounts", json_array());
	json_object_set(view, "created_at", json_object_get(view, "createdAt"));
	json_object_set(view, "updated_at", json_object_get(view, "updatedAt"));
	reply_json(call, 200,
		json_pack("{s:b,s:s,s:o}", "status", 1, "message", "Customer retrieved", "data",
			view));
}

void paystack_customer_list(struct call *call)
{
	const struct list *all = &call->sim->paystack->customer_list;
	size_t size = (size_t)call_query_long(call, "perPage", 50);
	size_t page = (size_t)call_query_long(call, "page", 1), skip = (page ? page - 1 : 0) * size;
	json_t *data = json_array();

	for (size_t i = skip; i < all->count && i < skip + size; i++)
		json_array_append(data, all->items[all->count - 1 - i]);
	reply_json(call, 200,
		json_pack("{s:b,s:s,s:o,s:{s:I,s:I,s:I,s:I}}", "status", 1, "message",
			"Customers retrieved", "data", data, "meta", "total",
			(json_int_t)all->count, "skipped", (json_int_t)skip, "perPage",
			(json_int_t)size, "page", (json_int_t)page));
}
