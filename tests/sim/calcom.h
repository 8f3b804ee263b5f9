/* Cal.com API v2: slots, bookings, event types, webhooks. Instants are Unix milliseconds. */
#ifndef CARE_SIM_CALCOM_H
#define CARE_SIM_CALCOM_H

#include "tests/sim/call.h"

/* Made on first use; each has a host of its own, so that tests do not meet. */
struct event_type {
	long id;
	const char *title, *slug, *time_zone, *host_email, *host_name;
	long length_min, step_min, notice_min;
	long opens_min, closes_min; /* minutes of the host's day */
	unsigned days;              /* bit 0 is Sunday */
	bool requires_confirmation, blocks_unconfirmed, deleted;
	struct list bookings; /* of struct booking, oldest first */
	struct list reservations;
};

struct booking {
	long id;
	const char *uid, *ical_uid;
	struct event_type *type;
	const char *status; /* accepted, pending, cancelled, rejected */
	const char *name, *email, *phone, *time_zone, *language, *location;
	json_t *metadata, *responses, *guests;
	int64_t start_ms, end_ms, created_ms, updated_ms;
	const char *cancellation_reason, *cancelled_by;
	const char *rescheduling_reason, *rescheduled_by, *rejection_reason;
	struct booking *from, *to; /* rescheduled */
	bool absent, absent_host;
	int sequence;
};

struct reservation {
	const char *uid;
	struct event_type *type;
	int64_t start_ms, end_ms, until_ms;
	long duration_min;
};

struct subscription {
	const char *id, *url, *secret, *version;
	json_t *triggers;
	bool active, deleted;
};

struct calcom {
	struct map *types; /* by id */
	struct list type_list;
	struct map *bookings; /* by uid */
	struct list booking_list;
	struct map *reservations;
	struct list subscriptions;
};

/* What somebody does to a booking. Texts may be NULL; ui: in Cal.com's own pages. */
struct change {
	int64_t start_ms;
	const char *reason, *by;
	bool ui, request_reschedule;
};

struct calcom *calcom_new(struct sim *sim);

/* calcom.c: error envelopes A and B, and success. data is taken over. */
void calcom_fail(struct call *call, int status, const char *message);
void calcom_fail_plain(struct call *call, int status, const char *message);
void calcom_invalid(struct call *call, const char *property, const char *message);
void calcom_succeed(struct call *call, int status, json_t *data);
bool calcom_versioned(const struct call *call, const char *version);

/* calcom_types.c. NULL: refused id, or deleted. */
struct event_type *calcom_type(struct sim *sim, const json_t *id);
struct event_type *calcom_type_text(struct sim *sim, const char *id);
void calcom_types_list(struct call *call);
void calcom_types_get(struct call *call);
void calcom_types_change(struct call *call); /* PUT /_sim/calcom/event-types/:id */
void calcom_types_delete(struct call *call);

/* calcom_slots.c */
void calcom_slots(struct call *call);
bool calcom_open(const struct event_type *type, int64_t start_ms);

/* True when no booking but except, and no reservation where they count, stands in the way. */
bool calcom_free(struct sim *sim, const struct event_type *type, int64_t start_ms,
	const struct booking *except, bool count_reservations);

/* calcom_reservations.c */
void calcom_reserve(struct call *call);
void calcom_reservation_get(struct call *call);
void calcom_reservation_change(struct call *call);
void calcom_reservation_delete(struct call *call);

/* calcom_bookings.c */
void calcom_book(struct call *call);
void calcom_book_in_page(struct call *call); /* POST /_sim/calcom/book */
struct booking *calcom_asked(struct call *call, size_t segment);
void calcom_get(struct call *call);
void calcom_links(struct call *call);
struct booking *calcom_add(struct sim *sim, struct event_type *type, int64_t start_ms);
void calcom_schedule_meeting(struct sim *sim, struct booking *booking);

/* calcom_list.c */
void calcom_list(struct call *call);

/* calcom_changes.c: over the API, and the same in Cal.com's own pages. */
void calcom_reschedule(struct call *call);
void calcom_cancel(struct call *call);
void calcom_confirm(struct call *call);
void calcom_decline(struct call *call);
void calcom_mark_absent(struct call *call);
void calcom_page_reschedule(struct call *call);
void calcom_page_cancel(struct call *call);
void calcom_page_confirm(struct call *call);
void calcom_page_decline(struct call *call);
void calcom_page_no_show(struct call *call);

/* calcom_views.c; new references */
json_t *calcom_view(struct arena *arena, const struct booking *booking);
json_t *calcom_view_old(struct arena *arena, const struct booking *booking);
json_t *calcom_view_type(const struct event_type *type);

/* calcom_payloads.c: bodies of webhooks; new references */
json_t *calcom_payload_booked(struct sim *sim, struct arena *arena, const struct booking *booking);
json_t *calcom_payload_ended(struct sim *sim, struct arena *arena, const struct booking *booking);
json_t *calcom_payload_meeting(struct arena *arena, const struct booking *booking);

/* calcom_hooks.c */
enum calcom_origin { ORIGIN_API, ORIGIN_PAGE, ORIGIN_CONFIRM };
void calcom_tell_booked(struct sim *sim, const struct booking *booking, enum calcom_origin origin);
void calcom_tell_moved(struct sim *sim, const struct booking *booking, enum calcom_origin origin);
void calcom_tell_cancelled(struct sim *sim, const struct booking *booking, bool request_reschedule);
void calcom_tell_rejected(struct sim *sim, const struct booking *booking);
void calcom_tell_absent(struct sim *sim, const struct booking *booking);
void calcom_tell_meeting(struct sim *sim, const struct booking *booking, bool ended);
void calcom_ping(struct call *call); /* POST /_sim/calcom/ping */

/* calcom_subscriptions.c */
void calcom_webhook_create(struct call *call);
void calcom_webhook_list(struct call *call);
void calcom_webhook_get(struct call *call);
void calcom_webhook_change(struct call *call);
void calcom_webhook_delete(struct call *call);

#endif
