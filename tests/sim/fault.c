/* Faults of our own making: kept as the JSON they were given in, applied to the next calls. */
#include "tests/sim/fault.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	enum fault_action action;
	bool effect;
} actions[] = {
	{"status", FAULT_STATUS, false},
	{"timeout_before", FAULT_TIMEOUT_BEFORE, false},
	{"timeout_after", FAULT_TIMEOUT_AFTER, true},
	{"delay", FAULT_DELAY, true},
	{"drop", FAULT_DROP, false},
	{"malformed", FAULT_MALFORMED, true},
	{"slow_drip", FAULT_SLOW_DRIP, true},
	{"rate_limit", FAULT_RATE_LIMIT, false},
};

#define ACTION_COUNT (sizeof(actions) / sizeof(*actions))

static bool matches(const char *wanted, const char *is)
{
	return !wanted || !strcmp(wanted, "*") || !strcmp(wanted, is);
}

/* "paystack.verify", "verify" and "*" all mean paystack.verify. */
static bool matches_operation(const char *wanted, const char *operation)
{
	const char *dot = strchr(operation, '.');

	return matches(wanted, operation) || (dot && !strcmp(wanted, dot + 1));
}

static bool strikes(const json_t *fault)
{
	const json_t *probability = json_object_get(fault, "probability");

	return !json_is_number(probability) || drand48() < json_number_value(probability);
}

static struct fault read_fault(struct call *call, const json_t *entry)
{
	const char *name = json_string_value(json_object_get(entry, "action"));
	const json_t *body = json_object_get(entry, "body"),
		     *effect = json_object_get(entry, "effect");
	const json_t *bytes = json_object_get(entry, "bytes");
	struct fault fault = {.status = 503, .bytes = 1, .type = "application/json; charset=utf-8"};

	for (size_t i = 0; i < ACTION_COUNT; i++) {
		if (!strcmp(actions[i].name, name)) {
			fault.action = actions[i].action;
			fault.effect = actions[i].effect;
			fault.name = actions[i].name;
		}
	}
	if (json_object_get(entry, "status"))
		fault.status = (int)json_integer_value(json_object_get(entry, "status"));
	fault.ms = (long)json_integer_value(json_object_get(entry, "ms"));
	if (json_integer_value(bytes) > 0)
		fault.bytes = (long)json_integer_value(bytes);
	if (effect)
		fault.effect = json_is_true(effect);
	if (json_is_string(body)) {
		fault.type = "text/html; charset=utf-8";
		fault.body = arena_strdup(call->arena, json_string_value(body));
	} else {
		fault.body = body ? json_text(call->arena, body, 0)->data
				  : "{\"message\":\"Service Unavailable\"}";
	}
	return fault;
}

/* times counts down; without it the fault stays until it is deleted. */
static void use_up(json_t *faults, size_t at)
{
	json_t *entry = json_array_get(faults, at), *times = json_object_get(entry, "times");

	if (!json_is_integer(times))
		return;
	json_integer_set(times, json_integer_value(times) - 1);
	if (json_integer_value(times) <= 0)
		json_array_remove(faults, at);
}

struct fault fault_take(struct call *call)
{
	json_t *faults = call->sim->faults, *entry;
	size_t at;

	json_array_foreach(faults, at, entry)
	{
		const char *vendor = json_string_value(json_object_get(entry, "vendor"));
		const char *operation = json_string_value(json_object_get(entry, "operation"));

		if (matches(vendor, call->vendor->name) &&
			matches_operation(operation, call->route->operation) && strikes(entry)) {
			struct fault fault = read_fault(call, entry);

			use_up(faults, at);
			return fault;
		}
	}
	return (struct fault){0};
}

void fault_spoil(struct call *call, const struct fault *fault)
{
	if (fault->action == FAULT_STATUS)
		reply_text(call, fault->status, fault->type, fault->body);
	else if (fault->action == FAULT_RATE_LIMIT)
		call->vendor->limited(call);
	else if (fault->action == FAULT_MALFORMED)
		call->reply.length /= 2;
}

static bool known_action(const char *name)
{
	for (size_t i = 0; name && i < ACTION_COUNT; i++) {
		if (!strcmp(actions[i].name, name))
			return true;
	}
	return false;
}

void fault_add(struct call *call)
{
	json_t *entry;

	if (!known_action(call_field(call, "action"))) {
		reply_json(call, 400, json_pack("{s:s}", "error", "unknown action"));
		return;
	}
	entry = json_deep_copy(call->body);
	json_object_set_new(entry, "id", json_integer((json_int_t)sim_next(call->sim)));
	json_array_append_new(call->sim->faults, entry);
	reply_json(call, 201, json_incref(entry));
}

void fault_list(struct call *call)
{
	reply_json(call, 200, json_pack("{s:O}", "faults", call->sim->faults));
}

void fault_clear(struct call *call)
{
	json_array_clear(call->sim->faults);
	reply_text(call, 204, "application/json", "");
}
