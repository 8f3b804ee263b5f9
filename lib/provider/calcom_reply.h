/* What Cal.com's replies mean. Pure functions of an answer, apart so that tests reach them. */
#ifndef CARE_PROVIDER_CALCOM_REPLY_H
#define CARE_PROVIDER_CALCOM_REPLY_H

#include "lib/provider/reply.h"
#include "lib/provider/scheduler.h"

/* Starts in [from_s, until_s), ascending, each once. */
enum outcome calcom_read_slots(
	struct reply *reply, int64_t from_s, int64_t until_s, struct scheduler_slots *ret);

/* What a single booking must be to be the one asked for: NULL and 0 ask nothing. */
struct calcom_expected {
	const char *uid;       /* is this uid */
	const char *old_uid;   /* is another uid, moved from this one */
	const char *reference; /* has this reference, if it has one */
	int64_t start_at_s;
};

enum outcome calcom_read_booking(
	struct reply *reply, const struct calcom_expected *expected, struct scheduler_booking *ret);

/* take is the page size asked for, for replies without pagination. */
enum outcome calcom_read_page(struct reply *reply, size_t take, struct scheduler_page *ret);

enum outcome calcom_read_cancelled(struct reply *reply);

#endif
