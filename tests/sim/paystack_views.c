/* One Paystack transaction as each endpoint shows it: the same facts under slightly other keys. */
#include "tests/sim/paystack.h"

#include <string.h>

static json_t *copy_without(const json_t *shown, const char *const *names)
{
	json_t *copy = json_copy((json_t *)shown);

	for (; *names; names++)
		json_object_del(copy, *names);
	return copy;
}

static void set(json_t *object, const char *name, json_t *value)
{
	json_object_set_new(object, name, value);
}

static void set_same(json_t *object, const char *name, const char *as)
{
	json_object_set(object, name, json_object_get(object, as));
}

/* Missing metadata is "" here, null there, 0 in an event. */
static void set_metadata(json_t *view, const struct transaction *transaction, json_t *missing)
{
	if (transaction->has_metadata)
		json_decref(missing);
	else
		set(view, "metadata", missing);
}

json_t *paystack_view_verify(const struct transaction *transaction)
{
	json_t *view = json_copy(transaction->shown);

	set_metadata(view, transaction, json_string(""));
	set(view, "plan", json_null());
	set(view, "split", json_object());
	set(view, "order_id", json_null());
	set_same(view, "paidAt", "paid_at");
	set_same(view, "createdAt", "created_at");
	set_same(view, "requested_amount", "requested_amount");
	set(view, "pos_transaction_data", json_null());
	set(view, "source", json_null());
	set(view, "fees_breakdown", json_null());
	set(view, "connect", json_null());
	set_same(view, "transaction_date", "created_at");
	set(view, "plan_object", json_object());
	set(view, "subaccount", json_object());
	return view;
}

json_t *paystack_view_fetch(const struct transaction *transaction)
{
	static const char *const without[] = {"transaction_date", "plan_object", NULL};
	json_t *verified = paystack_view_verify(transaction);
	json_t *view = copy_without(verified, without);

	json_decref(verified);
	set(view, "helpdesk_link", json_null());
	set(view, "plan", json_object());
	set(view, "source",
		json_pack("{s:s,s:s,s:n}", "type", "api", "source", "merchant_api", "identifier"));
	return view;
}

json_t *paystack_view_list(const struct transaction *transaction)
{
	static const char *const without[] = {
		"receipt_number", "helpdesk_link", "fees_breakdown", NULL};
	json_t *fetched = paystack_view_fetch(transaction);
	json_t *view = copy_without(fetched, without);

	json_decref(fetched);
	set_metadata(view, transaction, json_null());
	set(view, "source",
		json_pack("{s:s,s:s,s:n,s:s}", "source", "merchant_api", "type", "api",
			"identifier", "entry_point", "transaction_initialize"));
	return view;
}

json_t *paystack_view_charge(const struct transaction *transaction)
{
	static const char *const without[] = {
		"receipt_number", "paid_at", "created_at", "fees_split", "requested_amount", NULL};
	json_t *view = copy_without(transaction->shown, without);

	set_metadata(view, transaction, json_string(""));
	json_object_set(
		view, "transaction_date", json_object_get(transaction->shown, "created_at"));
	set(view, "log", json_null());
	set(view, "plan", json_null());
	return view;
}

json_t *paystack_view_event(const struct transaction *transaction)
{
	static const char *const without[] = {"receipt_number", NULL};
	json_t *view = copy_without(transaction->shown, without);

	set_metadata(view, transaction, json_integer(0));
	set(view, "fees_breakdown", json_null());
	set(view, "log", json_null());
	set(view, "plan", json_object());
	set(view, "subaccount", json_object());
	set(view, "split", json_object());
	set(view, "order_id", json_null());
	set_same(view, "paidAt", "paid_at");
	set_same(view, "requested_amount", "requested_amount");
	set(view, "pos_transaction_data", json_null());
	set(view, "source",
		json_pack("{s:s,s:s,s:s,s:n}", "type", "web", "source", "checkout", "entry_point",
			"transaction_initialize", "identifier"));
	return view;
}

json_t *paystack_view_refunded(const struct transaction *transaction)
{
	const json_t *shown = transaction->shown;
	json_t *view = json_object();
	static const char *const same[] = {
		"id", "domain", "reference", "amount", "paid_at", "channel", "currency", NULL};

	for (const char *const *name = same; *name; name++)
		json_object_set(view, *name, json_object_get(shown, *name));
	set(view, "authorization",
		json_pack("{s:n,s:n,s:n}", "exp_month", "exp_year", "account_name"));
	set(view, "customer", json_pack("{s:n}", "international_format_phone"));
	set(view, "plan", json_object());
	set(view, "subaccount", json_pack("{s:n}", "currency"));
	set(view, "split", json_object());
	set(view, "order_id", json_null());
	set_same(view, "paidAt", "paid_at");
	set(view, "pos_transaction_data", json_null());
	set(view, "source", json_null());
	set(view, "fees_breakdown", json_null());
	return view;
}
