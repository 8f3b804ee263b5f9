/* From an HTTP answer to an outcome: the part all providers share. */
#ifndef CARE_PROVIDER_REPLY_H
#define CARE_PROVIDER_REPLY_H

#include <jansson.h>
#include <stdbool.h>

#include "lib/core/arena.h"
#include "lib/http/client.h"
#include "lib/provider/outcome.h"

/* One call's answer while it is read. */
struct reply {
	struct arena *arena;
	struct http_answer answer;
	struct provider_error *error;
	json_t *json; /* NULL when the body is no JSON object or array */
};

/* Clears error, makes the call and parses the answer. */
void reply_fetch(struct reply *reply, const struct http_call *call);

/* Parses reply->answer, for reply_fetch and for tests with canned answers. */
void reply_open(struct reply *reply);

bool reply_is_2xx(const struct reply *reply);

/* Fills the error and returns outcome: return reply_fail(reply, OUTCOME_UNKNOWN, code, message).
 * NULL is "". What looks like an address, a number or a token in message is masked, because
 * providers quote what they were sent. */
enum outcome reply_fail(
	struct reply *reply, enum outcome outcome, const char *code, const char *message);

/* reply_fail for an answer that is not what the provider documents: it may have happened. */
enum outcome reply_malformed(struct reply *reply, const char *message);

/* What a reply means that is no success. A refusal is believed only in the provider's own form
 * (in_form), for any proxy on the way can say 400. Without an answer: BUSY when nothing was sent,
 * else UNKNOWN. */
enum outcome reply_outcome(const struct reply *reply, bool in_form);

/* reply_fail for a call that got no answer. */
enum outcome reply_unanswered(struct reply *reply);

#endif
