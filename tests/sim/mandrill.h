/* Mailchimp Transactional (Mandrill): sending, searching, the deny list, events. */
#ifndef CARE_SIM_MANDRILL_H
#define CARE_SIM_MANDRILL_H

#include "tests/sim/call.h"
#include "tests/sim/messages.h"

struct mandrill {
	struct map *by_metadata; /* "key:value" to struct found, newest first */
	struct map *rejects;     /* by lower-case address, of struct reject */
	struct list reject_list;
	json_t *batch; /* events not yet told; NULL: none */
};

struct found {
	struct found *older;
	struct message *message;
};

struct reject {
	const char *email, *reason, *detail;
	int64_t created_ms;
	bool deleted;
};

struct mandrill *mandrill_new(struct sim *sim);

/* mandrill.c */
void mandrill_fail(struct call *call, int code, const char *name, const char *message);

/* mandrill_send.c */
void mandrill_send(struct call *call);

/* mandrill_rejects.c */
struct reject *mandrill_rejected(const struct sim *sim, const char *email);
void mandrill_reject(struct sim *sim, const char *email, const char *reason, const char *detail);
void mandrill_rejects_list(struct call *call);
void mandrill_rejects_add(struct call *call);
void mandrill_rejects_delete(struct call *call);

/* mandrill_events.c: batched and signed. event names as in webhooks: send, hard_bounce … */
void mandrill_tell(struct sim *sim, const struct message *message, const char *event);
void mandrill_event(struct call *call); /* POST /_sim/mandrill/events */

#endif
