/* The controls under /_sim/: what happened, what shall happen, the clock, the settings. */
#include <string.h>

#include "tests/sim/calcom.h"
#include "tests/sim/clock.h"
#include "tests/sim/fault.h"
#include "tests/sim/later.h"
#include "tests/sim/mandrill.h"
#include "tests/sim/messages.h"
#include "tests/sim/paystack.h"
#include "tests/sim/twilio.h"
#include "tests/sim/vendors.h"
#include "tests/sim/webhook.h"

static void complain(struct call *call, int status, const char *message)
{
	reply_json(call, status, json_pack("{s:s}", "error", message));
}

static void settings_get(struct call *call)
{
	reply_json(call, 200, settings_shown(call->sim));
}

static void settings_put(struct call *call)
{
	const char *wrong = json_is_object(call->body) ? settings_change(call->sim, call->body)
						       : "a JSON object is needed";

	if (wrong)
		complain(call, 400, arena_printf(call->arena, "unknown or mistyped: %s", wrong));
	else
		settings_get(call);
}

static void clock_get(struct call *call)
{
	int64_t now_ms = clock_now(call->sim);

	reply_json(call, 200,
		json_pack("{s:s,s:I,s:I}", "now", clock_iso(call->arena, now_ms), "now_ms",
			(json_int_t)now_ms, "offset_ms", (json_int_t)call->sim->clock_offset_ms));
}

/* What became due on the way has happened when the answer comes. */
static void clock_post(struct call *call)
{
	const json_t *advance = json_object_get(call->body, "advance_s");
	const char *set = call_field(call, "set");
	int64_t at_ms;

	if (json_is_number(advance))
		call->sim->clock_offset_ms += (int64_t)(json_number_value(advance) * 1000);
	else if (set && clock_parse(set, &at_ms, NULL))
		call->sim->clock_offset_ms = at_ms - clock_real_ms();
	else {
		complain(call, 400, "advance_s (a number) or set (RFC 3339) is needed");
		return;
	}
	later_due(call->sim);
	clock_get(call);
}

static void reset(struct call *call)
{
	sim_reset(call->sim);
	reply_text(call, 204, "application/json", "");
}

static void requests_get(struct call *call)
{
	const struct list *requests = &call->sim->requests;
	const char *vendor = call_query(call, "vendor");
	const char *wanted = vendor ? arena_printf(call->arena, "\"vendor\":\"%s\"", vendor) : "";
	struct text *out = text_new(call->arena);

	text_add(out, "{\"requests\":[");
	for (size_t i = (size_t)call_query_long(call, "from", 0); i < requests->count; i++) {
		const char *line = requests->items[i];

		if (!strstr(line, wanted))
			continue;
		if (out->data[out->length - 1] == '}')
			text_add(out, ",");
		text_add(out, line);
	}
	text_addf(out, "],\"count\":%zu}", requests->count);
	reply_text(call, 200, "application/json; charset=utf-8", out->data);
}

static void transactions_get(struct call *call)
{
	const struct list *all = &call->sim->paystack->transactions;
	json_t *shown = json_array();

	for (size_t i = 0; i < all->count; i++) {
		const struct transaction *transaction = all->items[i];
		json_t *view = paystack_view_verify(transaction);

		json_object_set_new(view, "access_code", json_string(transaction->access_code));
		json_object_set_new(view, "refunded", json_integer(transaction->refunded));
		json_array_append_new(shown, view);
	}
	reply_json(call, 200, json_pack("{s:o}", "transactions", shown));
}

/* Pays, declines or holds up a transaction without the page. */
static void transaction_post(struct call *call)
{
	struct transaction *transaction = paystack_find(call->sim, call->segments[1]);
	const char *status = call_field(call, "status");
	struct payment payment = {.status = status, .response = "Successful"};

	if (!transaction || !status) {
		complain(call, 404, "no such transaction, or no status");
		return;
	}
	payment.amount = json_integer_value(json_object_get(call->body, "amount"));
	payment.fees = json_integer_value(json_object_get(call->body, "fees"));
	payment.currency = call_field(call, "currency");
	if (strcmp(status, "success") != 0)
		payment.response = "Declined";
	paystack_pay(call->sim, transaction, &payment);
	reply_json(call, 200, paystack_view_verify(transaction));
}

static void refunds_get(struct call *call)
{
	const struct list *all = &call->sim->paystack->refund_list;
	json_t *shown = json_array();

	for (size_t i = 0; i < all->count; i++)
		json_array_append(shown, all->items[i]);
	reply_json(call, 200, json_pack("{s:o}", "refunds", shown));
}

/* Moves a refund by hand; it does not walk on from there. */
static void refund_post(struct call *call)
{
	json_t *refund = map_get(call->sim->paystack->refunds, call->segments[1]);
	const char *status = call_field(call, "status");

	if (!refund || !status) {
		complain(call, 404, "no such refund, or no status");
		return;
	}
	json_object_set_new(refund, "_outcome", json_string(status));
	paystack_refund_move(call->sim, refund, status);
	reply_json(call, 200, json_incref(refund));
}

static void bookings_get(struct call *call)
{
	const struct list *all = &call->sim->calcom->booking_list;
	json_t *shown = json_array();

	for (size_t i = 0; i < all->count; i++)
		json_array_append_new(shown, calcom_view(call->arena, all->items[i]));
	reply_json(call, 200, json_pack("{s:o}", "bookings", shown));
}

static bool admit(struct call *call)
{
	(void)call;
	return true;
}

static void unknown(struct call *call)
{
	complain(call, 404, "no such control; see tests/sim/README.md");
}

static const struct route routes[] = {
	{"GET", "/messages", "sim.messages", messages_show},
	{"GET", "/requests", "sim.requests", requests_get},
	{"GET", "/transactions", "sim.transactions", transactions_get},
	{"POST", "/transactions/:", "sim.transaction", transaction_post},
	{"GET", "/refunds", "sim.refunds", refunds_get},
	{"POST", "/refunds/:", "sim.refund", refund_post},
	{"GET", "/bookings", "sim.bookings", bookings_get},
	{"GET", "/webhooks", "sim.webhooks", hooks_show},
	{"POST", "/webhooks/flush", "sim.flush", hooks_flush},
	{"POST", "/webhooks/resend", "sim.resend", hooks_resend},
	{"POST", "/webhook-faults", "sim.webhook_fault", hook_fault_add},
	{"GET", "/webhook-faults", "sim.webhook_faults", hook_fault_list},
	{"DELETE", "/webhook-faults", "sim.webhook_faults_clear", hook_fault_clear},
	{"POST", "/faults", "sim.fault", fault_add},
	{"GET", "/faults", "sim.faults", fault_list},
	{"DELETE", "/faults", "sim.faults_clear", fault_clear},
	{"GET", "/clock", "sim.clock", clock_get},
	{"POST", "/clock", "sim.clock_move", clock_post},
	{"GET", "/settings", "sim.settings", settings_get},
	{"PUT", "/settings", "sim.settings_change", settings_put},
	{"POST", "/reset", "sim.reset", reset},
	{"POST", "/calcom/book", "sim.calcom_book", calcom_book_in_page},
	{"POST", "/calcom/bookings/:/reschedule", "sim.calcom_reschedule", calcom_page_reschedule},
	{"POST", "/calcom/bookings/:/cancel", "sim.calcom_cancel", calcom_page_cancel},
	{"POST", "/calcom/bookings/:/confirm", "sim.calcom_confirm", calcom_page_confirm},
	{"POST", "/calcom/bookings/:/decline", "sim.calcom_decline", calcom_page_decline},
	{"POST", "/calcom/bookings/:/no-show", "sim.calcom_no_show", calcom_page_no_show},
	{"POST", "/calcom/ping", "sim.calcom_ping", calcom_ping},
	{"PUT", "/calcom/event-types/:", "sim.calcom_type", calcom_types_change},
	{"DELETE", "/calcom/event-types/:", "sim.calcom_type_delete", calcom_types_delete},
	{"POST", "/twilio/inbound", "sim.twilio_inbound", twilio_inbound},
	{"POST", "/twilio/outcomes", "sim.twilio_outcome", twilio_outcome},
	{"POST", "/twilio/callback", "sim.twilio_callback", twilio_callback},
	{"POST", "/mandrill/events", "sim.mandrill_event", mandrill_event},
};

const struct vendor vendor_control = {
	.name = "sim",
	.prefix = "/_sim",
	.routes = routes,
	.route_count = sizeof(routes) / sizeof(*routes),
	.admit = admit,
	.unknown = unknown,
	.limited = unknown,
};
