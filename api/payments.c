/* Checkouts: preparing a payment, sending the payer to the gateway and taking them back. */
#include <string.h>

#include "api.gen.h"
#include "lib/core/text.h"
#include "lib/core/uuid.h"
#include "lib/data/db.h"
#include "lib/security/digest.h"
#include "lib/security/encode.h"
#include "queries.gen.h"

static enum problem reply_payment(struct request *rq, int status, const char *payment_id)
{
	const char *json;
	enum problem p =
		q_payment_get(&rq->work, &json, rq->service->config->public_url, payment_id);

	if (p)
		return p;
	if (strstr(json, "\"state\" : \"preparing\"") || strstr(json, "\"state\" : \"pending\""))
		reply_header(rq, "Retry-After", "1");
	return reply_json(rq, status, json);
}

/* Alphanumerics and hyphens only: all that Paystack takes for sure (providers/paystack §1). */
static const char *new_reference(struct arena *arena, const char *payment_id)
{
	char *reference = arena_printf(arena, "CARE-%s", payment_id);
	char *to = reference + 5;

	for (const char *from = to; *from; from++) {
		if (*from != '-')
			*to++ = *from;
	}
	*to = '\0';
	return reference;
}

static const char *new_pay_code(struct arena *arena)
{
	unsigned char bytes[24];

	random_fill(bytes, sizeof(bytes));
	return base64url_encode(arena, bytes, sizeof(bytes));
}

static enum problem prepare(struct request *rq, const char *intake, const struct rows *price)
{
	char id[UUID_TEXT];
	enum problem p;

	uuid_v7_make(id);
	p = q_payment_create(&rq->work, id, new_reference(rq->work.arena, id),
		new_pay_code(rq->work.arena), rows_text(price, 0, "amount_minor"),
		rows_text(price, 0, "currency"), intake);
	if (!p)
		p = q_payment_start(&rq->work, id);
	return p ? p : reply_payment(rq, 202, id);
}

static enum problem find_price(struct request *rq, const char *intake, struct rows *ret)
{
	const char *currency = json_string_value(json_object_get(rq->json, "currency"));
	enum problem p = q_payment_price(&rq->work, ret, intake, currency);

	if (p)
		return p;
	if (ret->count == 0 && currency)
		return fail_at(&rq->work, P_VALIDATION_FAILED, "/currency",
			"this service has no price in %s", currency);
	if (ret->count == 0)
		return P_SERVICE_FREE;
	return rows_bool(ret, 0, "active") ? P_OK : P_SERVICE_INACTIVE;
}

static enum problem checkout(struct request *rq, const char *intake)
{
	struct rows open, price;
	const char *json, *state;
	enum problem p = q_intake_get(&rq->work, &json, intake);

	if (!p)
		p = q_payment_lock_intake(&rq->work, intake);
	if (!p)
		p = q_payment_open(&rq->work, &open, intake);
	if (p)
		return p;
	if (open.count == 0) {
		p = find_price(rq, intake, &price);
		return p ? p : prepare(rq, intake, &price);
	}
	state = rows_text(&open, 0, "state");
	if (strcmp(state, "preparing") != 0 && strcmp(state, "pending") != 0)
		return P_ALREADY_PAID;
	return reply_payment(rq, 202, rows_text(&open, 0, "payment_id"));
}

enum problem intake_checkout(struct request *rq, const struct intake_checkout_args *args)
{
	return checkout(rq, args->intake_submission_id);
}

enum problem booking_checkout(struct request *rq, const struct booking_checkout_args *args)
{
	struct rows booking;
	enum problem p = q_booking_lock(&rq->work, &booking, args->booking_id);

	if (p)
		return p;
	if (booking.count == 0)
		return P_NOT_FOUND;
	if (rows_text(&booking, 0, "payment_id"))
		return P_ALREADY_PAID;
	if (!rows_text(&booking, 0, "price_minor"))
		return P_SERVICE_FREE;
	if (strcmp(rows_text(&booking, 0, "state"), "pending_payment") != 0)
		return fail(&rq->work, P_BOOKING_STATE, "The booking is %s.",
			rows_text(&booking, 0, "state"));
	return checkout(rq, rows_text(&booking, 0, "intake_submission_id"));
}

enum problem payment_get(struct request *rq, const struct payment_get_args *args)
{
	return reply_payment(rq, 200, args->payment_id);
}

enum problem payment_verify(struct request *rq, const struct payment_verify_args *args)
{
	const char *json;
	enum problem p =
		q_payment_get(&rq->work, &json, rq->service->config->public_url, args->payment_id);

	if (!p)
		p = q_payment_verify_soon(&rq->work, args->payment_id, "asked");
	return p ? p : reply_payment(rq, 202, args->payment_id);
}

static enum problem reply_wait_page(struct request *rq)
{
	static const char page[] =
		"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
		"<meta http-equiv=\"refresh\" content=\"1\"><title>One moment</title></head>"
		"<body><p>One moment, we are opening the payment page.</p></body></html>";

	reply_header(rq, "Refresh", "1");
	return reply_bytes(rq, "text/html", page, sizeof(page) - 1);
}

static enum problem reply_site(struct request *rq, const char *payment_id)
{
	return reply_redirect(rq,
		arena_printf(rq->work.arena, "%s/checkout/%s", rq->service->config->site_url,
			payment_id));
}

enum problem payment_redirect(struct request *rq, const struct payment_redirect_args *args)
{
	struct rows rows;
	enum problem p = q_payment_by_code(&rq->work, &rows, args->pay_code);

	if (p)
		return p;
	if (rows.count == 0)
		return P_NOT_FOUND;
	if (strcmp(rows_text(&rows, 0, "state"), "preparing") == 0)
		return reply_wait_page(rq);
	if (strcmp(rows_text(&rows, 0, "state"), "pending") == 0)
		return reply_redirect(rq, rows_text(&rows, 0, "authorization_url"));
	return reply_site(rq, rows_text(&rows, 0, "payment_id"));
}

/* A GET that writes: the browser comes back by one, and all it does is ask sooner what would be
 * asked anyway. */
enum problem payment_return(struct request *rq, const struct payment_return_args *args)
{
	struct work *work = &rq->work;
	struct rows rows;
	enum problem p;

	work_begin(work, WORK_WRITE);
	p = q_payment_by_reference(work, &rows, args->reference);
	if (!p && rows.count == 0)
		p = P_NOT_FOUND;
	if (!p)
		p = q_payment_verify_soon(work, rows_text(&rows, 0, "payment_id"), "return");
	if (!p)
		p = work_commit(work);
	return p ? p : reply_site(rq, rows_text(&rows, 0, "payment_id"));
}
