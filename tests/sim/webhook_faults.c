/* Faults of webhooks: dropped, doubled, late, out of order, badly signed, with fields unheard of.
 */
#include <string.h>

#include "tests/sim/later.h"
#include "tests/sim/webhook.h"

enum rule_action {
	RULE_DROP,
	RULE_DUPLICATE,
	RULE_DELAY,
	RULE_REORDER,
	RULE_WRONG_SIGNATURE,
	RULE_EXTRA_FIELDS,
	RULE_UNKNOWN,
};

static const char *const action_names[] = {
	"drop", "duplicate", "delay", "reorder", "wrong_signature", "extra_fields"};

struct hook_rule {
	enum rule_action action;
	const char *vendor, *event;
	long times; /* below 0: for ever */
	long copies, ms, n;
	struct list held; /* of deliveries waiting to be turned round */
};

struct hook_rules {
	struct list rules;
	struct list delayed;
};

struct hook_rules *hook_rules_new(struct sim *sim)
{
	struct hook_rules *rules = arena_alloc(sim->arena, sizeof(*rules));

	rules->rules.arena = rules->delayed.arena = sim->arena;
	return rules;
}

static bool matches(const char *wanted, const char *is)
{
	return !wanted || !strcmp(wanted, "*") || !strcmp(wanted, is);
}

struct hook_rule *hook_rule_take(struct sim *sim, const struct hook *hook)
{
	const struct list *rules = &sim->hook_rules->rules;

	for (size_t i = 0; i < rules->count; i++) {
		struct hook_rule *rule = rules->items[i];

		if (rule->times && matches(rule->vendor, hook->vendor) &&
			matches(rule->event, hook->event)) {
			if (rule->times > 0)
				rule->times--;
			return rule;
		}
	}
	return NULL;
}

bool hook_rule_spoils_signature(const struct hook_rule *rule)
{
	return rule && rule->action == RULE_WRONG_SIGNATURE;
}

bool hook_rule_adds_fields(const struct hook_rule *rule)
{
	return rule && rule->action == RULE_EXTRA_FIELDS;
}

static void release(struct sim *sim, void *argument)
{
	struct delivery *delivery = argument;

	if (!delivery->waiting)
		return;
	delivery->waiting = false;
	sender_push(sim->sender, delivery);
}

static size_t release_held(struct sim *sim, struct list *held)
{
	size_t count = held->count;

	while (held->count)
		release(sim, held->items[--held->count]);
	return count;
}

static void delay(struct sim *sim, long ms, struct delivery *delivery)
{
	delivery->waiting = true;
	list_add(&sim->hook_rules->delayed, delivery);
	later_real(sim, ms, release, delivery);
}

static void hold(struct sim *sim, struct hook_rule *rule, struct delivery *delivery)
{
	delivery->waiting = true;
	list_add(&rule->held, delivery);
	if (rule->held.count >= (size_t)rule->n)
		release_held(sim, &rule->held);
}

void hook_rule_dispatch(struct sim *sim, struct hook_rule *rule, struct delivery *delivery)
{
	switch (rule ? rule->action : RULE_UNKNOWN) {
	case RULE_DROP:
		sender_note(sim->sender, delivery, "dropped by a webhook fault");
		break;
	case RULE_DUPLICATE:
		for (long i = 0; i <= rule->copies; i++)
			sender_push(sim->sender, delivery);
		break;
	case RULE_DELAY:
		delay(sim, rule->ms, delivery);
		break;
	case RULE_REORDER:
		hold(sim, rule, delivery);
		break;
	default:
		sender_push(sim->sender, delivery);
	}
}

void hooks_flush(struct call *call)
{
	struct sim *sim = call->sim;
	struct list *delayed = &sim->hook_rules->delayed;
	size_t released = 0;

	for (size_t i = 0; i < delayed->count; i++) {
		struct delivery *delivery = delayed->items[i];

		released += delivery->waiting;
		release(sim, delivery);
	}
	delayed->count = 0;
	for (size_t i = 0; i < sim->hook_rules->rules.count; i++)
		released += release_held(
			sim, &((struct hook_rule *)sim->hook_rules->rules.items[i])->held);
	reply_json(call, 200,
		json_pack("{s:I,s:I}", "released", (json_int_t)released, "pending",
			(json_int_t)sender_pending(sim->sender)));
}

static long number(const json_t *body, const char *name, long otherwise)
{
	const json_t *value = json_object_get(body, name);

	return json_is_integer(value) ? (long)json_integer_value(value) : otherwise;
}

void hook_fault_add(struct call *call)
{
	struct sim *sim = call->sim;
	struct hook_rule *rule = arena_alloc(sim->arena, sizeof(*rule));
	const char *action = call_field(call, "action");

	while (rule->action < RULE_UNKNOWN &&
		(!action || strcmp(action, action_names[rule->action]) != 0))
		rule->action++;
	if (rule->action == RULE_UNKNOWN) {
		reply_json(call, 400, json_pack("{s:s}", "error", "unknown action"));
		return;
	}
	rule->vendor = arena_strdup(sim->arena, call_field(call, "vendor"));
	rule->event = arena_strdup(sim->arena, call_field(call, "event"));
	rule->n = number(call->body, "n", 2);
	rule->times = number(call->body, "times", rule->action == RULE_REORDER ? rule->n : -1);
	rule->copies = number(call->body, "copies", 1);
	rule->ms = number(call->body, "ms", 1000);
	rule->held.arena = sim->arena;
	list_add(&sim->hook_rules->rules, rule);
	reply_json(call, 201, json_incref(call->body));
}

void hook_fault_list(struct call *call)
{
	const struct list *rules = &call->sim->hook_rules->rules;
	json_t *shown = json_array();

	for (size_t i = 0; i < rules->count; i++) {
		const struct hook_rule *rule = rules->items[i];

		if (rule->times)
			json_array_append_new(shown,
				json_pack("{s:s,s:s?,s:s?,s:I,s:I}", "action",
					action_names[rule->action], "vendor", rule->vendor, "event",
					rule->event, "times", (json_int_t)rule->times, "held",
					(json_int_t)rule->held.count));
	}
	reply_json(call, 200, json_pack("{s:o}", "webhook_faults", shown));
}

void hook_fault_clear(struct call *call)
{
	struct list *rules = &call->sim->hook_rules->rules;

	for (size_t i = 0; i < rules->count; i++)
		((struct hook_rule *)rules->items[i])->times = 0;
	reply_text(call, 204, "application/json", "");
}
