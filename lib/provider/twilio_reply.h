/* What Twilio's replies mean. Pure functions of an answer, apart so that tests reach them. */
#ifndef CARE_PROVIDER_TWILIO_REPLY_H
#define CARE_PROVIDER_TWILIO_REPLY_H

#include <stdbool.h>

#include "lib/provider/reply.h"
#include "lib/provider/sms.h"

enum outcome twilio_read_message(struct reply *reply, struct sms_facts *ret);

/* A page of messages and which of them is looked for. */
struct twilio_search {
	const char *to, *body;
	int64_t since_s;
	const char *next_path; /* out: where the list goes on, NULL at its end */
};

/* OUTCOME_NOT_FOUND: not on this page. The list goes on only while it is as young as since_s. */
enum outcome twilio_read_messages(
	struct reply *reply, struct twilio_search *search, struct sms_facts *ret);

/* "Mon, 19 Oct 2015 07:07:03 +0000" (RFC 2822, always in UTC). */
bool twilio_instant(struct arena *arena, const char *rfc2822, int64_t *ret_s);

#endif
