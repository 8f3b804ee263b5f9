/* The payment gateway (Paystack). Amounts are minor units, currencies ISO 4217. */
#ifndef CARE_PROVIDER_PAYMENT_H
#define CARE_PROVIDER_PAYMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/core/arena.h"
#include "lib/provider/outcome.h"

struct payment_gateway {
	const char *base_url;
	const char *secret_key;
};

struct payment_request {
	const char *reference; /* ours, unique per attempt; alphanumeric - . = only */
	const char *email;
	int64_t amount_minor;
	const char *currency;
	const char *callback_url;
	const char *cancel_url; /* NULL allowed; metadata.cancel_action */
};

struct payment_checkout {
	const char *authorization_url;
	const char *access_code;
};

/* What the gateway says of a transaction, as it says it: the caller applies the amount rule. */
struct payment_facts {
	const char *transaction_id; /* unsigned 64-bit, as decimal text */
	const char *status;         /* success, failed, abandoned, ongoing, pending, reversed … */
	const char *domain;         /* test or live */
	const char *reference;
	const char *currency;
	int64_t amount_minor, requested_amount_minor, fees_minor;
	const char *channel;
	const char *paid_at; /* RFC 3339 or NULL */
	const char *gateway_response;
};

struct refund_facts {
	const char *refund_id;
	const char *status; /* pending, processing, processed, failed, needs-attention */
	int64_t amount_minor;
	const char *currency;
	const char *merchant_note;
};

struct payment_provider {
	/* Not to be repeated with the same reference: a duplicate is OUTCOME_REFUSED with code
	 * duplicate_reference. After OUTCOME_UNKNOWN make a new attempt with a new reference. */
	enum outcome (*initialize)(struct arena *, const struct payment_gateway *,
		const struct payment_request *, struct payment_checkout *ret,
		struct provider_error *);

	/* May always be repeated. OUTCOME_NOT_FOUND: the gateway does not know the reference. */
	enum outcome (*verify)(struct arena *, const struct payment_gateway *,
		const char *reference, struct payment_facts *ret, struct provider_error *);

	/* Has no key of its own at the gateway: commit a refund row first, put its id into
	 * merchant_note, and after OUTCOME_UNKNOWN call refund_find before calling again. */
	enum outcome (*refund)(struct arena *, const struct payment_gateway *,
		const char *reference, int64_t amount_minor, const char *currency,
		const char *merchant_note, struct refund_facts *ret, struct provider_error *);

	/* The refund of transaction_id whose merchant_note is note. May always be repeated. */
	enum outcome (*refund_find)(struct arena *, const struct payment_gateway *,
		const char *transaction_id, const char *note, struct refund_facts *ret,
		struct provider_error *);
};

extern const struct payment_provider paystack;

#endif
