/* Calls providers as told on standard input, one JSON object a line: {"call": "paystack.verify",
 * "reference": "BK-1"}; answers a line each: {"outcome", "error", "facts"}. Base URLs and keys come
 * from the environment, as care-worker's do. tests/http/test_providers.py drives it. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/http/client.h"
#include "lib/provider/email.h"
#include "lib/provider/payment.h"
#include "lib/provider/scheduler.h"
#include "lib/provider/sms.h"

enum { LINE_MAX_BYTES = 1024 * 1024 };

struct probe {
	struct arena *arena;
	const json_t *ask;
	json_t *facts;
	struct provider_error *error;
};

static const char *setting(const char *name)
{
	const char *value = getenv(name);

	if (!value) {
		fprintf(stderr, "provider_probe: %s is not set\n", name);
		exit(2);
	}
	return value;
}

static const char *text(const struct probe *probe, const char *key)
{
	return json_string_value(json_object_get(probe->ask, key));
}

static int64_t number(const struct probe *probe, const char *key)
{
	return json_integer_value(json_object_get(probe->ask, key));
}

static struct payment_gateway gateway(void)
{
	return (struct payment_gateway){.base_url = setting("CARE_PAYSTACK_BASE_URL"),
		.secret_key = setting("CARE_PAYSTACK_SECRET_KEY")};
}

static enum outcome paystack_initialize(struct probe *probe)
{
	struct payment_gateway account = gateway();
	struct payment_request request = {.reference = text(probe, "reference"),
		.email = text(probe, "email"),
		.amount_minor = number(probe, "amount_minor"),
		.currency = text(probe, "currency"),
		.callback_url = text(probe, "callback_url"),
		.cancel_url = text(probe, "cancel_url")};
	struct payment_checkout checkout = {0};
	enum outcome outcome =
		paystack.initialize(probe->arena, &account, &request, &checkout, probe->error);

	probe->facts = json_pack("{s:s?, s:s?}", "authorization_url", checkout.authorization_url,
		"access_code", checkout.access_code);
	return outcome;
}

static enum outcome paystack_verify(struct probe *probe)
{
	struct payment_gateway account = gateway();
	struct payment_facts facts = {0};
	enum outcome outcome = paystack.verify(
		probe->arena, &account, text(probe, "reference"), &facts, probe->error);

	probe->facts = json_pack("{s:s?, s:s?, s:s?, s:s?, s:s?, s:I, s:I, s:I, s:s?}",
		"transaction_id", facts.transaction_id, "status", facts.status, "domain",
		facts.domain, "reference", facts.reference, "currency", facts.currency,
		"amount_minor", (json_int_t)facts.amount_minor, "requested_amount_minor",
		(json_int_t)facts.requested_amount_minor, "fees_minor",
		(json_int_t)facts.fees_minor, "paid_at", facts.paid_at);
	return outcome;
}

static json_t *refund_facts(const struct refund_facts *facts)
{
	return json_pack("{s:s?, s:s?, s:I, s:s?, s:s?}", "refund_id", facts->refund_id, "status",
		facts->status, "amount_minor", (json_int_t)facts->amount_minor, "currency",
		facts->currency, "merchant_note", facts->merchant_note);
}

static enum outcome paystack_refund(struct probe *probe)
{
	struct payment_gateway account = gateway();
	struct refund_facts facts = {0};
	enum outcome outcome = paystack.refund(probe->arena, &account, text(probe, "reference"),
		number(probe, "amount_minor"), text(probe, "currency"),
		text(probe, "merchant_note"), &facts, probe->error);

	probe->facts = refund_facts(&facts);
	return outcome;
}

static enum outcome paystack_refund_find(struct probe *probe)
{
	struct payment_gateway account = gateway();
	struct refund_facts facts = {0};
	enum outcome outcome = paystack.refund_find(probe->arena, &account,
		text(probe, "transaction_id"), text(probe, "note"), &facts, probe->error);

	probe->facts = refund_facts(&facts);
	return outcome;
}

static struct scheduler_account scheduler(void)
{
	return (struct scheduler_account){.base_url = setting("CARE_CALCOM_BASE_URL"),
		.api_key = setting("CARE_CALCOM_API_KEY")};
}

static json_t *booking_facts(const struct scheduler_booking *booking)
{
	return json_pack("{s:s?, s:s?, s:s?, s:s?, s:I, s:I, s:I, s:s?, s:s?, s:s?, s:s?, s:s?, "
			 "s:s?, s:b}",
		"uid", booking->uid, "booking_id", booking->booking_id, "event_type_id",
		booking->event_type_id, "status", booking->status, "start_at_s",
		(json_int_t)booking->start_at_s, "end_at_s", (json_int_t)booking->end_at_s,
		"updated_at_ms", (json_int_t)booking->updated_at_ms, "reference",
		booking->reference, "attendee_email", booking->attendee_email, "attendee_time_zone",
		booking->attendee_time_zone, "rescheduled_from_uid", booking->rescheduled_from_uid,
		"rescheduled_to_uid", booking->rescheduled_to_uid, "cancellation_reason",
		booking->cancellation_reason, "absent", (int)booking->absent);
}

static enum outcome calcom_slots(struct probe *probe)
{
	struct scheduler_account account = scheduler();
	struct scheduler_slots slots = {0};
	enum outcome outcome = calcom.slots(probe->arena, &account, text(probe, "event_type_id"),
		number(probe, "from_s"), number(probe, "until_s"), &slots, probe->error);

	probe->facts = json_array();
	for (size_t i = 0; i < slots.count; i++)
		json_array_append_new(probe->facts, json_integer(slots.starts[i]));
	return outcome;
}

static enum outcome calcom_book(struct probe *probe)
{
	struct scheduler_account account = scheduler();
	struct scheduler_request request = {.event_type_id = text(probe, "event_type_id"),
		.start_at_s = number(probe, "start_at_s"),
		.name = text(probe, "name"),
		.email = text(probe, "email"),
		.phone = text(probe, "phone"),
		.time_zone = text(probe, "time_zone"),
		.reference = text(probe, "reference")};
	struct scheduler_booking booking = {0};
	enum outcome outcome =
		calcom.book(probe->arena, &account, &request, &booking, probe->error);

	probe->facts = booking_facts(&booking);
	return outcome;
}

static enum outcome calcom_find(struct probe *probe)
{
	struct scheduler_account account = scheduler();
	struct scheduler_booking booking = {0};
	enum outcome outcome = calcom.find(probe->arena, &account, text(probe, "email"),
		number(probe, "start_at_s"), text(probe, "reference"), &booking, probe->error);

	probe->facts = booking_facts(&booking);
	return outcome;
}

static enum outcome calcom_get(struct probe *probe)
{
	struct scheduler_account account = scheduler();
	struct scheduler_booking booking = {0};
	enum outcome outcome =
		calcom.get(probe->arena, &account, text(probe, "uid"), &booking, probe->error);

	probe->facts = booking_facts(&booking);
	return outcome;
}

static enum outcome calcom_reschedule(struct probe *probe)
{
	struct scheduler_account account = scheduler();
	struct scheduler_booking booking = {0};
	enum outcome outcome = calcom.reschedule(probe->arena, &account, text(probe, "uid"),
		number(probe, "start_at_s"), text(probe, "reason"), &booking, probe->error);

	probe->facts = booking_facts(&booking);
	return outcome;
}

static enum outcome calcom_cancel(struct probe *probe)
{
	struct scheduler_account account = scheduler();

	return calcom.cancel(
		probe->arena, &account, text(probe, "uid"), text(probe, "reason"), probe->error);
}

static enum outcome calcom_changed(struct probe *probe)
{
	struct scheduler_account account = scheduler();
	struct scheduler_page page = {0};
	enum outcome outcome = calcom.changed(probe->arena, &account, text(probe, "updated_after"),
		(size_t)number(probe, "skip"), &page, probe->error);
	json_t *bookings = json_array();

	for (size_t i = 0; i < page.count; i++)
		json_array_append_new(bookings, booking_facts(&page.bookings[i]));
	probe->facts =
		json_pack("{s:o, s:b}", "bookings", bookings, "has_more", (int)page.has_more);
	return outcome;
}

static enum outcome twilio_call(struct probe *probe, bool find)
{
	struct sms_account account = {.base_url = setting("CARE_TWILIO_BASE_URL"),
		.account_sid = setting("CARE_TWILIO_ACCOUNT_SID"),
		.auth_token = setting("CARE_TWILIO_AUTH_TOKEN"),
		.from = setting("CARE_TWILIO_FROM")};
	struct sms_message message = {.message_id = text(probe, "message_id"),
		.to = text(probe, "to"),
		.body = text(probe, "body"),
		.status_callback = text(probe, "status_callback"),
		.validity_s = (long)number(probe, "validity_s")};
	struct sms_facts facts = {0};
	enum outcome outcome = find
		? twilio.find(probe->arena, &account, &message, number(probe, "since_s"), &facts,
			  probe->error)
		: twilio.send(probe->arena, &account, &message, &facts, probe->error);

	probe->facts = json_pack("{s:s?, s:s?, s:s?}", "sid", facts.sid, "status", facts.status,
		"error_code", facts.error_code);
	return outcome;
}

static enum outcome twilio_send(struct probe *probe)
{
	return twilio_call(probe, false);
}

static enum outcome twilio_find(struct probe *probe)
{
	return twilio_call(probe, true);
}

static struct email_account mailer(void)
{
	return (struct email_account){.base_url = setting("CARE_MANDRILL_BASE_URL"),
		.api_key = setting("CARE_MANDRILL_API_KEY"),
		.from_email = setting("CARE_EMAIL_FROM"),
		.from_name = "Care"};
}

static json_t *email_facts(const struct email_facts *facts)
{
	return json_pack("{s:s?, s:s?, s:s?}", "provider_id", facts->provider_id, "status",
		facts->status, "reason", facts->reason);
}

static enum outcome mandrill_send(struct probe *probe)
{
	struct email_account account = mailer();
	const char *file = text(probe, "attachment");
	struct email_attachment attachment = {.name = "note.txt",
		.type = "text/plain",
		.bytes = file,
		.length = file ? strlen(file) : 0};
	struct email_message message = {.message_id = text(probe, "message_id"),
		.to_email = text(probe, "to_email"),
		.to_name = text(probe, "to_name"),
		.subject = text(probe, "subject"),
		.text = text(probe, "text"),
		.html = text(probe, "html"),
		.tag = text(probe, "tag"),
		.attachments = &attachment,
		.attachment_count = file ? 1 : 0};
	struct email_facts facts = {0};
	enum outcome outcome =
		mandrill.send(probe->arena, &account, &message, &facts, probe->error);

	probe->facts = email_facts(&facts);
	return outcome;
}

static enum outcome mandrill_find(struct probe *probe)
{
	struct email_account account = mailer();
	struct email_facts facts = {0};
	enum outcome outcome = mandrill.find(probe->arena, &account, text(probe, "message_id"),
		number(probe, "since_s"), &facts, probe->error);

	probe->facts = email_facts(&facts);
	return outcome;
}

static const struct {
	const char *name;
	enum outcome (*run)(struct probe *);
} calls[] = {
	{"calcom.book", calcom_book},
	{"calcom.cancel", calcom_cancel},
	{"calcom.changed", calcom_changed},
	{"calcom.find", calcom_find},
	{"calcom.get", calcom_get},
	{"calcom.reschedule", calcom_reschedule},
	{"calcom.slots", calcom_slots},
	{"mandrill.find", mandrill_find},
	{"mandrill.send", mandrill_send},
	{"paystack.initialize", paystack_initialize},
	{"paystack.refund", paystack_refund},
	{"paystack.refund_find", paystack_refund_find},
	{"paystack.verify", paystack_verify},
	{"twilio.find", twilio_find},
	{"twilio.send", twilio_send},
};

static bool answer(struct probe *probe)
{
	const char *name = text(probe, "call");

	for (size_t i = 0; name && i < sizeof(calls) / sizeof(calls[0]); i++) {
		const struct provider_error *error = probe->error;
		enum outcome outcome;
		json_t *reply;

		if (strcmp(calls[i].name, name) != 0)
			continue;
		outcome = calls[i].run(probe);
		reply = json_pack("{s:s, s:{s:i, s:s, s:s, s:I}, s:o}", "outcome",
			outcome_name(outcome), "error", "status", error->status, "code",
			error->code, "message", error->message, "retry_after_s",
			(json_int_t)error->retry_after_s, "facts",
			probe->facts ? probe->facts : json_null());
		json_dumpf(reply, stdout, JSON_COMPACT);
		json_decref(reply);
		return true;
	}
	return false;
}

static bool serve(const char *line)
{
	struct provider_error error = {0};
	json_t *ask = json_loads(line, 0, NULL);
	struct probe probe = {.arena = arena_new(), .ask = ask, .error = &error};
	bool known = answer(&probe);

	arena_free(probe.arena);
	json_decref(ask);
	putchar('\n');
	fflush(stdout);
	return known;
}

int main(void)
{
	static char line[LINE_MAX_BYTES];
	bool known = true;

	http_client_init();
	while (known && fgets(line, sizeof(line), stdin))
		known = serve(line);
	http_client_done();
	return known ? 0 : 2;
}
