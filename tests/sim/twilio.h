/* Twilio Programmable Messaging: sending, reading back, delivery reports, replies, opt-outs. */
#ifndef CARE_SIM_TWILIO_H
#define CARE_SIM_TWILIO_H

#include "tests/sim/call.h"
#include "tests/sim/messages.h"

/* What shall become of messages to a number; set by POST /_sim/twilio/outcomes. */
struct outcome {
	const char *status; /* delivered, undelivered, failed, sent (and nothing more) */
	long error_code;
};

struct twilio {
	struct map *opted_out; /* "sender recipient" of a static mark */
	struct map *outcomes;  /* by number */
};

struct twilio *twilio_new(struct sim *sim);

/* twilio.c */
void twilio_fail(struct call *call, int status, int code, const char *message);
json_t *twilio_view(struct sim *sim, struct arena *arena, const struct message *message);

/* twilio_send.c */
void twilio_send(struct call *call);
long twilio_segments(const char *body, size_t *ret_characters);

/* twilio_delivery.c: from queued to the end, with a callback at each step. */
void twilio_deliver(struct sim *sim, struct message *message);
void twilio_schedule(struct sim *sim, struct message *message, int64_t at_ms);
bool twilio_opted_out(const struct sim *sim, const char *sender, const char *recipient);
void twilio_inbound(struct call *call);  /* POST /_sim/twilio/inbound */
void twilio_outcome(struct call *call);  /* POST /_sim/twilio/outcomes */
void twilio_callback(struct call *call); /* POST /_sim/twilio/callback */

#endif
