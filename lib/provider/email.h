/* Transactional email (Mailchimp Transactional, "Mandrill"). */
#ifndef CARE_PROVIDER_EMAIL_H
#define CARE_PROVIDER_EMAIL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/core/arena.h"
#include "lib/provider/outcome.h"

struct email_account {
	const char *base_url;
	const char *api_key;
	const char *from_email;
	const char *from_name;
};

struct email_attachment {
	const char *name, *type;
	const char *bytes;
	size_t length;
};

struct email_message {
	const char *message_id; /* ours; metadata.message_id at the provider */
	const char *to_email, *to_name;
	const char *subject, *text, *html;
	const char *tag; /* the template's key */
	const struct email_attachment *attachments;
	size_t attachment_count;
};

struct email_facts {
	const char *provider_id;
	const char *status; /* sent, queued, scheduled, rejected, invalid */
	const char *reason; /* reject or queued reason, NULL when none */
};

struct email_provider {
	/* A recipient that is rejected or invalid is OUTCOME_REFUSED with the reason as code; where
	 * the reason is our own sender (unsigned, invalid-sender, rule, test-mode-limit) it is
	 * OUTCOME_CONFIG. No idempotency key: after OUTCOME_UNKNOWN call find before calling again.
	 */
	enum outcome (*send)(struct arena *, const struct email_account *,
		const struct email_message *, struct email_facts *ret, struct provider_error *);

	/* Searches by metadata for message_id, since since_s. Safe. */
	enum outcome (*find)(struct arena *, const struct email_account *, const char *message_id,
		int64_t since_s, struct email_facts *ret, struct provider_error *);
};

extern const struct email_provider mandrill;

#endif
