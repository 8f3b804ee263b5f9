/* Mandrill: the deny list. */
#include <string.h>

#include "tests/sim/clock.h"
#include "tests/sim/mandrill.h"

static char *lower(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text);

	for (char *at = copy; *at; at++) {
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');
	}
	return copy;
}

struct reject *mandrill_rejected(const struct sim *sim, const char *email)
{
	struct arena *arena = arena_new();
	struct reject *reject = map_get(sim->mandrill->rejects, lower(arena, email));

	arena_free(arena);
	return reject && !reject->deleted ? reject : NULL;
}

void mandrill_reject(struct sim *sim, const char *email, const char *reason, const char *detail)
{
	const char *key = lower(sim->arena, email);
	struct reject *reject = map_get(sim->mandrill->rejects, key);

	if (!reject) {
		reject = arena_alloc(sim->arena, sizeof(*reject));
		map_put(sim->mandrill->rejects, key, reject);
		list_add(&sim->mandrill->reject_list, reject);
	}
	reject->email = key;
	reject->reason = arena_strdup(sim->arena, reason);
	reject->detail = arena_strdup(sim->arena, detail);
	reject->created_ms = clock_now(sim);
	reject->deleted = false;
}

void mandrill_rejects_list(struct call *call)
{
	const struct list *all = &call->sim->mandrill->reject_list;
	const char *email = call_field(call, "email");
	json_t *rows = json_array();

	for (size_t i = 0; i < all->count && json_array_size(rows) < 1000; i++) {
		const struct reject *reject = all->items[i];
		const char *at = clock_plain(call->arena, reject->created_ms);

		if (!reject->deleted && (!email || !strcasecmp(email, reject->email)))
			json_array_append_new(rows,
				json_pack("{s:s,s:s,s:s?,s:s,s:s,s:n,s:b,s:n,s:n}", "email",
					reject->email, "reason", reject->reason, "detail",
					reject->detail, "created_at", at, "last_event_at", at,
					"expires_at", "expired", 0, "sender", "subaccount"));
	}
	reply_json(call, 200, rows);
}

void mandrill_rejects_add(struct call *call)
{
	const char *email = call_field(call, "email");

	if (!email) {
		mandrill_fail(call, -2, "ValidationError", "You must specify an email value");
		return;
	}
	mandrill_reject(call->sim, email, "custom", call_field(call, "comment"));
	reply_json(call, 200, json_pack("{s:s,s:b}", "email", email, "added", 1));
}

void mandrill_rejects_delete(struct call *call)
{
	const char *email = call_field(call, "email");
	struct reject *reject = email ? mandrill_rejected(call->sim, email) : NULL;

	if (reject)
		reject->deleted = true;
	reply_json(call, 200,
		json_pack("{s:s,s:b,s:n}", "email", email ? email : "", "deleted", reject != NULL,
			"subaccount"));
}
