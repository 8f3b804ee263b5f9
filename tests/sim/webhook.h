/* What the vendors tell us of their own accord: signed the vendor's way, posted by the sender. */
#ifndef CARE_SIM_WEBHOOK_H
#define CARE_SIM_WEBHOOK_H

#include "tests/sim/call.h"
#include "tests/sim/sender.h"

struct hook_rules;

struct hook {
	const char *vendor; /* paystack, calcom, twilio, mandrill */
	const char *event;  /* the vendor's name of it; for logs and faults */
	const char *url;    /* nothing is sent when it is empty */
	const char *key;    /* signs; "" for Cal.com: no secret */
	json_t *body;       /* borrowed; an object, of strings for twilio and mandrill */
	void (*gone)(struct sim *sim, void *delivery);
};

struct hook_rules *hook_rules_new(struct sim *sim);

/* Call with the state's lock held. */
void hook_send(struct sim *sim, const struct hook *hook);

/* $WEBHOOK_BASE and path, or "" when there is no base. */
const char *hook_url(struct sim *sim, struct arena *arena, const char *path);

/* Handlers of /_sim/webhooks… and /_sim/webhook-faults. */
void hooks_show(struct call *call);
void hooks_flush(struct call *call);
void hooks_resend(struct call *call);
void hook_fault_add(struct call *call);
void hook_fault_list(struct call *call);
void hook_fault_clear(struct call *call);

/* The faults of webhooks (webhook_faults.c): decides what becomes of a delivery just made. */
struct hook_rule;
struct hook_rule *hook_rule_take(struct sim *sim, const struct hook *hook);
bool hook_rule_spoils_signature(const struct hook_rule *rule);
bool hook_rule_adds_fields(const struct hook_rule *rule);
void hook_rule_dispatch(struct sim *sim, struct hook_rule *rule, struct delivery *delivery);

#endif
