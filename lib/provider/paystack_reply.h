/* What Paystack's replies mean. Pure functions of an answer, apart so that tests reach them. */
#ifndef CARE_PROVIDER_PAYSTACK_REPLY_H
#define CARE_PROVIDER_PAYSTACK_REPLY_H

#include "lib/provider/payment.h"
#include "lib/provider/reply.h"

/* A reply for another reference than the one asked for is never a success. */
enum outcome paystack_read_checkout(
	struct reply *reply, const char *reference, struct payment_checkout *ret);
enum outcome paystack_read_facts(
	struct reply *reply, const char *reference, struct payment_facts *ret);
enum outcome paystack_read_refund(
	struct reply *reply, const char *reference, struct refund_facts *ret);

/* A page of refunds and which of them is looked for. */
struct paystack_search {
	const char *transaction_id, *note;
	size_t page, per_page;
	bool more; /* out: there is a next page */
};

/* OUTCOME_NOT_FOUND: not on this page. */
enum outcome paystack_read_refunds(
	struct reply *reply, struct paystack_search *search, struct refund_facts *ret);

#endif
