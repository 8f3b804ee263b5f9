/* Text messages (Twilio Programmable Messaging). */
#ifndef CARE_PROVIDER_SMS_H
#define CARE_PROVIDER_SMS_H

#include <stdint.h>

#include "lib/core/arena.h"
#include "lib/provider/outcome.h"

struct sms_account {
	const char *base_url;
	const char *account_sid;
	const char *auth_token;
	const char *from; /* a number, an alphanumeric id, or a messaging service (MG…) */
};

struct sms_message {
	const char *message_id; /* ours; goes into the status callback's query string */
	const char *to;         /* E.164 */
	const char *body;
	const char *status_callback; /* base URL of the callback, or NULL */
	long validity_s;             /* how long it is worth delivering */
};

struct sms_facts {
	const char *sid;
	const char *status;     /* queued, accepted, sent, delivered, undelivered, failed … */
	const char *error_code; /* NULL when none */
};

struct sms_provider {
	/* No idempotency key: after OUTCOME_UNKNOWN call find before calling again. */
	enum outcome (*send)(struct arena *, const struct sms_account *, const struct sms_message *,
		struct sms_facts *ret, struct provider_error *);

	/* Looks among messages to the same number since since_s for the same body. Safe. */
	enum outcome (*find)(struct arena *, const struct sms_account *, const struct sms_message *,
		int64_t since_s, struct sms_facts *ret, struct provider_error *);
};

extern const struct sms_provider twilio;

#endif
