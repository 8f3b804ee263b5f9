/* Every kind of job: its stream, how often it is tried and how long it may take. */
#include "worker/jobs.h"

#define WEBHOOKS "care:webhooks"
#define NOTIFICATIONS "care:notifications"
#define REMINDERS "care:reminders"
#define INVOICING "care:invoicing"

/* Keep alphabetized. The worker compares it with the table job_kind when it starts. */
const struct job_kind job_kinds[] = {
	{"availability_refresh", WEBHOOKS, availability_refresh, 3, 40, 60},
	{"booking_cancel", WEBHOOKS, booking_cancel, 12, 40, 0},
	{"booking_decide", WEBHOOKS, booking_decide, 12, 40, 0},
	{"booking_ended", NOTIFICATIONS, booking_ended, 12, 40, 0},
	{"booking_reschedule", WEBHOOKS, booking_reschedule, 12, 40, 0},
	{"booking_schedule", WEBHOOKS, booking_schedule, 12, 40, 0},
	{"calcom_event", WEBHOOKS, calcom_event, 12, 40, 0},
	{"calcom_poll", WEBHOOKS, calcom_poll, 3, 50, 120},
	{"hold_release", WEBHOOKS, hold_release, 12, 40, 0},
	{"invoice_render", INVOICING, invoice_render, 12, 40, 0},
	{"maintenance", WEBHOOKS, maintenance, 3, 40, 3600},
	{"message_send", NOTIFICATIONS, message_send, 12, 40, 0},
	{"payment_initialize", WEBHOOKS, payment_initialize, 8, 40, 0},
	{"payment_verify", WEBHOOKS, payment_verify, 40, 40, 0},
	{"paystack_event", WEBHOOKS, paystack_event, 12, 40, 0},
	{"refund_create", WEBHOOKS, refund_create, 20, 40, 0},
	{"reminder_send", REMINDERS, message_send, 12, 40, 0},
	{0},
};
