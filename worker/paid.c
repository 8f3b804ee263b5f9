/* From a believed payment to the invoice and the booking. */
#include "worker/paid.h"

#include <string.h>

#include "queries.gen.h"
#include "worker/steps.h"
#include "worker/take.h"

static enum problem go_on(struct job *job, const struct rows *booking, const char *payment_id)
{
	const char *booking_id = rows_text(booking, 0, "booking_id");
	bool booked = rows_text(booking, 0, "calcom_uid") != NULL;
	enum problem p = q_booking_paid(
		&job->work, booked ? "confirmed" : "scheduling", payment_id, NULL, booking_id);

	if (p)
		return p;
	return booked ? booking_plan_messages(job, booking_id, "booking_confirmation")
		      : q_booking_schedule_again(&job->work, booking_id, payment_id);
}

/* The hold had lapsed: honoured if the time is still free, else given back and explained. */
static enum problem come_late(struct job *job, const char *booking_id, const char *payment_id)
{
	struct work *work = &job->work;
	struct rows slot;
	const char *json;
	enum problem p = q_booking_try_slot(work, &slot, booking_id);

	if (p)
		return p;
	if (rows_bool(&slot, 0, "claimed")) {
		p = q_booking_paid(work, "scheduling", payment_id, "payment_late", booking_id);
		return p ? p : q_booking_schedule_again(work, booking_id, payment_id);
	}
	p = q_booking_state_put(work, "expired", "payment_late", booking_id);
	if (!p)
		p = q_refund_create(work, &json,
			"the payment came after the time had gone to somebody else", payment_id);
	return p;
}

enum problem payment_paid(struct job *job, const char *payment_id, const char *intake_submission_id)
{
	struct work *work = &job->work;
	struct rows found, booking;
	const char *json;
	enum problem p =
		q_invoice_issue(work, &json, payment_id, job->config->organisation_time_zone);

	if (p && p != P_NOT_FOUND)
		return p;
	p = q_payment_booking(work, &found, intake_submission_id);
	if (p || found.count == 0)
		return p;
	p = q_booking_lock(work, &booking, rows_text(&found, 0, "booking_id"));
	if (p)
		return p;
	if (strcmp(rows_text(&booking, 0, "state"), "pending_payment") == 0)
		return go_on(job, &booking, payment_id);
	if (strcmp(rows_text(&booking, 0, "state"), "expired") == 0)
		return come_late(job, rows_text(&booking, 0, "booking_id"), payment_id);
	return P_OK;
}
