/* The checkout page a person clicks through, without scripts, and what the buttons do. */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/paystack.h"
#include "tests/sim/vendors.h"

static const char style[] =
	"body{font:16px/1.5 system-ui,sans-serif;background:#f4f6f8;color:#1b2733;margin:0}"
	"main{max-width:26rem;margin:8vh auto;background:#fff;border-radius:12px;padding:2rem;"
	"box-shadow:0 2px 12px #0002}h1{font-size:1rem;margin:0;color:#5b6b7b;font-weight:600}"
	".sum{font-size:2rem;font-weight:700;margin:.25rem 0 1.5rem}dl{margin:0 0 1.5rem}"
	"dt{color:#5b6b7b;font-size:.85rem}dd{margin:0 0 .75rem;overflow-wrap:anywhere}"
	"button{font:inherit;width:100%;padding:.75rem;margin:.25rem 0;border-radius:8px;"
	"border:1px solid #c3ccd5;background:#fff;cursor:pointer}"
	".pay{background:#0a7f4f;border-color:#0a7f4f;color:#fff;font-weight:600}"
	".note{background:#fdecea;color:#8a1f17;border-radius:8px;padding:.75rem;margin:0 0 1rem}"
	"small{color:#5b6b7b}";

static const char *text_of(const struct transaction *transaction, const char *name)
{
	return json_string_value(json_object_get(transaction->shown, name));
}

static struct text *start_page(struct call *call, const char *title)
{
	struct text *page = text_new(call->arena);

	text_addf(page,
		"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta "
		"name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>%s</title>"
		"<style>%s</style></head><body><main><h1>%s</h1>",
		title, style, title);
	return page;
}

static void send_page(struct call *call, int status, struct text *page)
{
	text_add(page,
		"<p><small>This is care-sim, not a bank: no card is charged.</small></p>"
		"</main></body></html>");
	reply_header(call, "Cache-Control", "no-store");
	reply_text(call, status, "text/html; charset=utf-8", page->data);
}

static void say(struct call *call, int status, const char *what)
{
	struct text *page = start_page(call, "Simulated checkout");

	text_add(page, "<p>");
	text_add_html(page, what);
	text_add(page, "</p>");
	send_page(call, status, page);
}

static void add_fact(struct text *page, const char *name, const char *value)
{
	text_addf(page, "<dt>%s</dt><dd>", name);
	text_add_html(page, value);
	text_add(page, "</dd>");
}

static void add_button(struct text *page, const char *action, const char *label)
{
	text_addf(page, "<button %sname=\"action\" value=\"%s\">%s</button>",
		!strcmp(action, "pay") ? "class=\"pay\" " : "", action, label);
}

static void show_checkout(struct call *call, const struct transaction *transaction)
{
	long long amount = (long long)json_integer_value(
		json_object_get(transaction->shown, "requested_amount"));
	struct text *page = start_page(call, "Simulated checkout");

	text_addf(page, "<p class=\"sum\">%s %lld.%02lld</p>", text_of(transaction, "currency"),
		amount / 100, amount % 100);
	if (!strcmp(text_of(transaction, "status"), "failed"))
		text_add(page, "<p class=\"note\">Your card was declined. You can try again.</p>");
	text_add(page, "<dl>");
	add_fact(page, "Email", transaction->email);
	add_fact(page, "Reference", text_of(transaction, "reference"));
	text_add(page, "</dl><form method=\"post\">");
	add_button(page, "pay", "Pay");
	add_button(page, "decline", "Decline the card");
	add_button(page, "pay_late", "Pay by a transfer that arrives late");
	add_button(page, "cancel", "Cancel");
	text_add(page, "</form>");
	send_page(call, 200, page);
}

static struct transaction *asked(struct call *call)
{
	struct transaction *transaction =
		map_get(call->sim->paystack->by_access_code, call->segments[0]);

	if (!transaction)
		say(call, 404, "There is no such checkout.");
	return transaction;
}

static void go_back(struct call *call, const struct transaction *transaction, const char *url)
{
	struct text *target = text_new(call->arena);

	text_addf(target, "%s%ctrxref=", url, strchr(url, '?') ? '&' : '?');
	text_add_url(target, text_of(transaction, "reference"));
	text_add(target, "&reference=");
	text_add_url(target, text_of(transaction, "reference"));
	reply_text(call, 303, "text/plain", "");
	reply_header(call, "Location", target->data);
}

static void finish(struct call *call, const struct transaction *transaction, const char *said)
{
	if (transaction->callback_url)
		go_back(call, transaction, transaction->callback_url);
	else
		say(call, 200, said);
}

static void cancel(struct call *call, const struct transaction *transaction)
{
	if (!transaction->cancel_url) {
		finish(call, transaction, "You cancelled the payment.");
		return;
	}
	reply_text(call, 303, "text/plain", "");
	reply_header(call, "Location", transaction->cancel_url);
}

static int64_t amount_field(const struct call *call, const char *name)
{
	const char *text = call_field(call, name);

	return text ? strtoll(text, NULL, 10)
		    : json_integer_value(json_object_get(call->body, name));
}

static void act(struct call *call, struct transaction *transaction, const char *action)
{
	struct payment payment = {.amount = amount_field(call, "amount"),
		.fees = amount_field(call, "fees"),
		.currency = call_field(call, "currency"),
		.status = "success",
		.response = "Successful"};
	int64_t late_ms = amount_field(call, "late_ms");

	if (!strcmp(action, "pay")) {
		paystack_pay(call->sim, transaction, &payment);
		finish(call, transaction, "Thank you, the payment was received.");
	} else if (!strcmp(action, "decline")) {
		payment.status = "failed";
		payment.response = "Declined";
		paystack_pay(call->sim, transaction, &payment);
		show_checkout(call, transaction);
	} else if (!strcmp(action, "pay_late")) {
		transaction->late_amount = payment.amount;
		paystack_pay_late(call->sim, transaction,
			late_ms ? (long)late_ms : setting_long(call->sim, "paystack_late_ms"));
		finish(call, transaction, "Your transfer is on its way.");
	} else if (!strcmp(action, "cancel")) {
		cancel(call, transaction);
	} else if (!strcmp(action, "abandon")) {
		say(call, 200, "The window was closed.");
	} else {
		say(call, 400, "Unknown action.");
	}
}

static void checkout_show(struct call *call)
{
	const struct transaction *transaction = asked(call);

	if (!transaction)
		return;
	if (json_is_string(json_object_get(transaction->shown, "paid_at")))
		finish(call, transaction, "This payment was already made.");
	else
		show_checkout(call, transaction);
}

static void checkout_act(struct call *call)
{
	struct transaction *transaction = asked(call);
	const char *action = call_field(call, "action");

	if (transaction)
		act(call, transaction, action ? action : "");
}

static bool admit(struct call *call)
{
	(void)call;
	return true;
}

static void unknown(struct call *call)
{
	say(call, 404, "There is no such page.");
}

static void limited(struct call *call)
{
	say(call, 429, "Too many attempts.");
}

static const struct route routes[] = {
	{"GET", "/:", "paystack.checkout_page", checkout_show},
	{"POST", "/:", "paystack.checkout", checkout_act},
};

const struct vendor vendor_checkout = {
	.name = "paystack",
	.prefix = "/paystack-checkout",
	.routes = routes,
	.route_count = sizeof(routes) / sizeof(*routes),
	.admit = admit,
	.unknown = unknown,
	.limited = limited,
};
