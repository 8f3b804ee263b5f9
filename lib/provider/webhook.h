/* Inbound webhooks: is it genuine, and what does it say.
 *
 * Pure functions of the raw bytes. Signatures hold no time, so a replay is genuine too: who stores
 * events keeps them once. NULL signatures and empty keys are never genuine. */
#ifndef CARE_PROVIDER_WEBHOOK_H
#define CARE_PROVIDER_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/core/arena.h"
#include "lib/provider/scheduler.h"

/* x-paystack-signature: HMAC-SHA512 of the body in lower-case hex, keyed with the secret key.
 * old_key is still believed while keys rotate; NULL allowed. */
bool webhook_paystack_is_genuine(const char *body, size_t length, const char *signature,
	const char *key, const char *old_key);

/* X-Cal-Signature-256: HMAC-SHA256 of the body in lower-case hex; "sha256=" before it is let pass.
 * Without a secret Cal.com sends the words no-secret-provided: not genuine. */
bool webhook_calcom_is_genuine(
	const char *body, size_t length, const char *signature, const char *secret);

/* X-Twilio-Signature: Base64 HMAC-SHA1 of the URL and the form's fields, sorted. url is the one
 * Twilio was given, as callers see it; with and without port, and ' as %27, are tried, because
 * Twilio signs them all. */
bool webhook_twilio_is_genuine(const char *url, const char *body, size_t length,
	const char *signature, const char *auth_token);

/* X-Mandrill-Signature: the same scheme, over the URL exactly as entered at Mandrill. */
bool webhook_mandrill_is_genuine(
	const char *url, const char *body, size_t length, const char *signature, const char *key);

/* The members that tell a Paystack event apart; NULL where it has none. Money is to be believed
 * only after asking Paystack. */
struct paystack_event {
	const char *event;     /* charge.success … */
	const char *reference; /* the transaction's, wherever the event keeps it */
	const char *id;        /* of the event's object, as decimal text */
	const char *status;
	const char *domain;
	const char *currency;
	int64_t amount_minor; /* -1 without an amount */
	const char *refund_reference;
	const char *merchant_note; /* our refund's id, on refund.* */
	const char *updated_at;    /* RFC 3339, tells a dispute's events apart */
	const char *due_at;        /* RFC 3339, when a dispute must be answered */
};

/* False when body is no JSON object that names its event. */
bool webhook_paystack_read(
	struct arena *arena, const char *body, size_t length, struct paystack_event *ret);

struct calcom_event {
	const char *trigger;              /* BOOKING_CREATED … */
	const char *uid;                  /* of the booking, NULL on a ping and on forms */
	const char *reschedule_uid;       /* of the booking it replaces */
	struct scheduler_booking booking; /* what the event says of it */
	int64_t created_at_ms;   /* when it was sent, but of MEETING_* the booking's own; 0: none */
	bool request_reschedule; /* cancelled, but the host asks for another time */
	bool no_show;            /* an attendee or the host is marked as not having come */
};

/* False when body is no JSON object that names its trigger. */
bool webhook_calcom_read(
	struct arena *arena, const char *body, size_t length, struct calcom_event *ret);

#endif
