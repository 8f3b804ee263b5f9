/* What Mandrill's replies mean. Pure functions of an answer, apart so that tests reach them. */
#ifndef CARE_PROVIDER_MANDRILL_REPLY_H
#define CARE_PROVIDER_MANDRILL_REPLY_H

#include "lib/provider/email.h"
#include "lib/provider/reply.h"

enum outcome mandrill_read_sent(struct reply *reply, const char *to_email, struct email_facts *ret);

enum outcome mandrill_read_search(
	struct reply *reply, const char *message_id, struct email_facts *ret);

#endif
