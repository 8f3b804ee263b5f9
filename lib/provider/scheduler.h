/* The scheduler (Cal.com API v2). Instants are Unix seconds; uids are secrets (they open a
 * booking). */
#ifndef CARE_PROVIDER_SCHEDULER_H
#define CARE_PROVIDER_SCHEDULER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/core/arena.h"
#include "lib/provider/outcome.h"

struct scheduler_account {
	const char *base_url;
	const char *api_key;
};

struct scheduler_slots {
	const int64_t *starts; /* ascending Unix seconds */
	size_t count;
};

struct scheduler_request {
	const char *event_type_id;
	int64_t start_at_s;
	const char *name, *email;
	const char *phone; /* E.164 or NULL */
	const char *time_zone;
	const char *reference; /* our signed reference: metadata and hidden field intake-ref */
};

/* A booking as Cal.com tells it. Strings may be NULL where Cal.com left them out. */
struct scheduler_booking {
	const char *uid;
	const char *booking_id; /* integer, as text */
	const char *event_type_id;
	const char *status; /* accepted, pending, cancelled, rejected (lower case) */
	int64_t start_at_s, end_at_s;
	int64_t updated_at_ms;
	const char *reference; /* from metadata.reference or the hidden field */
	const char *attendee_name, *attendee_email, *attendee_time_zone;
	const char *rescheduled_from_uid, *rescheduled_to_uid;
	const char *cancellation_reason;
	const char *location;
	_Bool absent; /* any attendee marked absent */
};

struct scheduler_page {
	const struct scheduler_booking *bookings;
	size_t count;
	_Bool has_more;
};

struct scheduler_provider {
	/* Free starts of an event type in [from, until). May always be repeated. */
	enum outcome (*slots)(struct arena *, const struct scheduler_account *,
		const char *event_type_id, int64_t from_s, int64_t until_s,
		struct scheduler_slots *ret, struct provider_error *);

	/* OUTCOME_REFUSED with code "slot_taken" when the slot is not free any more. No idempotency
	 * key: after OUTCOME_UNKNOWN call find before calling again. */
	enum outcome (*book)(struct arena *, const struct scheduler_account *,
		const struct scheduler_request *, struct scheduler_booking *ret,
		struct provider_error *);

	/* The booking of email in [start, start + 1 s] that carries reference, newest first. Safe.
	 */
	enum outcome (*find)(struct arena *, const struct scheduler_account *, const char *email,
		int64_t start_at_s, const char *reference, struct scheduler_booking *ret,
		struct provider_error *);

	enum outcome (*get)(struct arena *, const struct scheduler_account *, const char *uid,
		struct scheduler_booking *ret, struct provider_error *);

	/* New uid in ret. After OUTCOME_UNKNOWN get the old uid: rescheduled_to_uid tells. */
	enum outcome (*reschedule)(struct arena *, const struct scheduler_account *,
		const char *uid, int64_t start_at_s, const char *reason,
		struct scheduler_booking *ret, struct provider_error *);

	/* Accepts (or declines, with a reason or NULL) a pending booking. One that is not pending
	 * any more is OUTCOME_REFUSED: after OUTCOME_UNKNOWN get tells how it stands. */
	enum outcome (*decide)(struct arena *, const struct scheduler_account *, const char *uid,
		_Bool accept, const char *reason, struct scheduler_booking *ret,
		struct provider_error *);

	/* A booking that is cancelled already is OUTCOME_OK. May be repeated. */
	enum outcome (*cancel)(struct arena *, const struct scheduler_account *, const char *uid,
		const char *reason, struct provider_error *);

	/* Bookings changed at or after updated_after (RFC 3339), oldest change first. Safe. */
	enum outcome (*changed)(struct arena *, const struct scheduler_account *,
		const char *updated_after, size_t skip, struct scheduler_page *ret,
		struct provider_error *);
};

extern const struct scheduler_provider calcom;

#endif
