/* Everything that was sent, by email and SMS, oldest first. */
#ifndef CARE_SIM_MESSAGES_H
#define CARE_SIM_MESSAGES_H

#include "tests/sim/call.h"

/* Texts belong to the state's arena; JSON texts are "null" when there is nothing. status and what
 * follows change as the vendor learns more. */
struct message {
	size_t id;           /* counts from 1 */
	const char *channel; /* email, sms */
	const char *provider_id;
	const char *to, *from, *subject, *body, *html;
	const char *service; /* Twilio's messaging service, or NULL */
	const char *reference;
	const char *metadata_json, *tags_json, *attachments_json;
	const char *status_callback;
	int64_t at_ms, sim_at_ms;
	int64_t sent_ms, updated_ms; /* simulated; 0: not yet */
	const char *status, *reason;
	long error_code;
	bool deleted;
	struct message *older; /* to the same recipient */
};

struct messages *messages_new(struct sim *sim);

/* Numbers and dates the message and keeps it; returns the one kept. */
struct message *messages_add(struct sim *sim, const struct message *message);

struct message *messages_find(const struct sim *sim, const char *provider_id);

/* The newest to a recipient on a channel; follow older. */
struct message *messages_newest(const struct sim *sim, const char *channel, const char *to);

/* All, oldest first. */
const struct list *messages_all(const struct sim *sim);

/* The attachments as JSON with names, types, sizes and contents, while the memory for them lasts.
 */
const char *messages_attachments(struct sim *sim, const json_t *attachments);

/* GET /_sim/messages */
void messages_show(struct call *call);

#endif
