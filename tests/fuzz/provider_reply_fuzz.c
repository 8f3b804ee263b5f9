/* libFuzzer: every reader of a provider's reply and of an inbound webhook. The first byte is the
 * HTTP status (times two), the rest the body. A success must hold what its header promises. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/provider/calcom_reply.h"
#include "lib/provider/mandrill_reply.h"
#include "lib/provider/paystack_reply.h"
#include "lib/provider/twilio_reply.h"
#include "lib/provider/webhook.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void read_paystack(struct reply *reply)
{
	struct paystack_search search = {
		.transaction_id = "1", .note = "n", .page = 1, .per_page = 2};
	struct payment_checkout checkout;
	struct payment_facts facts;
	struct refund_facts refund;

	if (paystack_read_checkout(reply, "r", &checkout) == OUTCOME_OK)
		must(strncmp(checkout.authorization_url, "http", 4) == 0 && checkout.access_code);
	if (paystack_read_facts(reply, "r", &facts) == OUTCOME_OK)
		must(strcmp(facts.reference, "r") == 0 && facts.amount_minor >= 0 &&
			facts.transaction_id && facts.status && facts.currency && facts.domain &&
			facts.channel && facts.gateway_response);
	if (paystack_read_refund(reply, "r", &refund) == OUTCOME_OK)
		must(refund.refund_id && refund.status && refund.amount_minor >= 0);
	if (paystack_read_refunds(reply, &search, &refund) == OUTCOME_OK)
		must(strcmp(refund.merchant_note, "n") == 0 && refund.refund_id);
}

static void read_calcom(struct reply *reply)
{
	static const struct calcom_expected expected = {.reference = "r"};
	struct scheduler_booking booking;
	struct scheduler_slots slots;
	struct scheduler_page page;

	if (calcom_read_slots(reply, 0, INT64_MAX, &slots) == OUTCOME_OK) {
		for (size_t i = 1; i < slots.count; i++)
			must(slots.starts[i - 1] < slots.starts[i]);
	}
	if (calcom_read_booking(reply, &expected, &booking) == OUTCOME_OK)
		must(*booking.uid && booking.status && booking.start_at_s);
	if (calcom_read_page(reply, 2, &page) == OUTCOME_OK) {
		for (size_t i = 0; i < page.count; i++)
			must(page.bookings[i].uid && page.bookings[i].status);
	}
	calcom_read_cancelled(reply);
}

static void read_messages(struct reply *reply)
{
	struct twilio_search search = {.to = "+1", .body = "b"};
	struct sms_facts text;
	struct email_facts mail;

	if (twilio_read_message(reply, &text) == OUTCOME_OK)
		must(*text.sid && text.status);
	if (twilio_read_messages(reply, &search, &text) == OUTCOME_OK)
		must(*text.sid && text.status);
	if (mandrill_read_sent(reply, "a@b", &mail) == OUTCOME_OK)
		must(mail.provider_id && mail.status);
	if (mandrill_read_search(reply, "m", &mail) == OUTCOME_OK)
		must(mail.provider_id && mail.status);
}

static void read_webhooks(struct arena *arena, const char *body, size_t length)
{
	struct paystack_event paystack_says;
	struct calcom_event calcom_says;

	if (webhook_paystack_read(arena, body, length, &paystack_says))
		must(paystack_says.event && paystack_says.amount_minor >= -1);
	if (webhook_calcom_read(arena, body, length, &calcom_says))
		must(calcom_says.trigger != NULL);
	must(!webhook_twilio_is_genuine("https://a/b", body, length, "c2lnbmF0dXJl", "token"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct provider_error error;
	struct reply reply = {.arena = arena_new(), .error = &error};

	if (size) {
		reply.answer = (struct http_answer){.status = 2 * data[0],
			.body = arena_strndup(reply.arena, (const char *)data + 1, size - 1),
			.body_length = size - 1,
			.content_type = "",
			.error = ""};
		reply_open(&reply);
		read_paystack(&reply);
		read_calcom(&reply);
		read_messages(&reply);
		read_webhooks(reply.arena, reply.answer.body, reply.answer.body_length);
		must(memchr(error.code, '\0', sizeof(error.code)) != NULL);
		must(memchr(error.message, '\0', sizeof(error.message)) != NULL);
	}
	arena_free(reply.arena);
	return 0;
}
