/* Mandrill: one message to each recipient, and what the answer says of each. */
#include <string.h>

#include "tests/sim/clock.h"
#include "tests/sim/mandrill.h"

enum { ASYNC_ABOVE = 10 };

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static bool refuse(struct call *call, int code, const char *name, const char *message)
{
	mandrill_fail(call, code, name, message);
	return false;
}

static bool check_tags(struct call *call, const json_t *tags)
{
	const json_t *tag;
	size_t at;

	json_array_foreach(tags, at, tag)
	{
		const char *text = json_string_value(tag);

		if (!text || *text == '_' || strlen(text) > 50)
			return refuse(call, 9, "Invalid_Tag_Name",
				arena_printf(call->arena, "The tag name '%s' is not valid",
					text ? text : ""));
	}
	return true;
}

static bool check(struct call *call, const json_t *message)
{
	const char *subaccount = text_of(message, "subaccount");

	if (!json_is_object(message))
		return refuse(call, -2, "ValidationError", "You must specify a message value");
	if (!json_array_size(json_object_get(message, "to")))
		return refuse(call, -2, "ValidationError",
			"Validation error: {\"message\":{\"to\":\"Please enter an array\"}}");
	if (!text_of(message, "from_email"))
		return refuse(call, -2, "ValidationError",
			"Validation error: {\"message\":{\"from_email\":\"Please enter a "
			"value\"}}");
	if (subaccount && !setting_lists(call->sim, "mandrill_subaccounts", subaccount))
		return refuse(call, 12, "Unknown_Subaccount",
			arena_printf(
				call->arena, "No subaccount exists with the id '%s'", subaccount));
	return check_tags(call, json_object_get(message, "tags"));
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length >= tail && !strcasecmp(text + length - tail, end);
}

/* Addresses that never arrive, then what the deny list says; NULL for the others. */
static const char *reject_reason(struct call *call, const json_t *message, const char *email)
{
	const struct reject *reject = mandrill_rejected(call->sim, email);

	if (ends_with(text_of(message, "from_email"), "@unsigned.example"))
		return "unsigned";
	if (ends_with(email, "@reject.example"))
		return "hard-bounce";
	return reject ? reject->reason : NULL;
}

static bool is_valid(const char *email)
{
	const char *at = strchr(email, '@');

	return at && at > email && at[1] && !strpbrk(email, " \t\r\n") &&
		!ends_with(email, "@invalid.example");
}

/* What one recipient's part of the answer says. */
struct verdict {
	const char *status, *reject_reason, *queued_reason;
};

static struct verdict judge(struct call *call, const json_t *message, const char *email)
{
	const char *reason = reject_reason(call, message, email);
	size_t count = json_array_size(json_object_get(message, "to"));
	bool async = json_is_true(json_object_get(call->body, "async")) || count > ASYNC_ABOVE;
	int64_t send_at_ms;

	if (async)
		return (struct verdict){.status = "queued", .queued_reason = "multiple-recipients"};
	if (!is_valid(email))
		return (struct verdict){.status = "invalid", .reject_reason = "invalid"};
	if (reason)
		return (struct verdict){.status = "rejected", .reject_reason = reason};
	if (clock_parse(text_of(call->body, "send_at"), &send_at_ms, NULL) &&
		send_at_ms > clock_now(call->sim))
		return (struct verdict){.status = "scheduled"};
	if (json_array_size(json_object_get(message, "attachments")))
		return (struct verdict){.status = "queued", .queued_reason = "attachments"};
	return (struct verdict){.status = "sent"};
}

static void index_metadata(struct sim *sim, struct message *kept, const json_t *metadata)
{
	struct map *by_metadata = sim->mandrill->by_metadata;
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)metadata, name, value)
	{
		const char *text = json_string_value(value);
		const char *key = arena_printf(sim->arena, "%s:%s", name,
			text ? text : json_text(sim->arena, value, 0)->data);
		struct found *found = arena_alloc(sim->arena, sizeof(*found));

		found->message = kept;
		found->older = map_get(by_metadata, key);
		map_put(by_metadata, key, found);
		if (!kept->reference)
			kept->reference = text ? arena_strdup(sim->arena, text) : NULL;
	}
}

static const char *keep_json(struct sim *sim, const json_t *value)
{
	return value ? json_text(sim->arena, value, 0)->data : NULL;
}

static struct message *keep(struct call *call, const json_t *message, const char *email)
{
	struct sim *sim = call->sim;
	const json_t *metadata = json_object_get(message, "metadata");
	struct message made = {.channel = "email",
		.provider_id = sim_token(sim->arena, "", ALPHABET_HEX, 32),
		.to = arena_strdup(sim->arena, email),
		.from = arena_strdup(sim->arena, text_of(message, "from_email")),
		.subject = arena_strdup(sim->arena, text_of(message, "subject")),
		.body = arena_strdup(sim->arena, text_of(message, "text")),
		.html = arena_strdup(sim->arena, text_of(message, "html")),
		.metadata_json = keep_json(sim, metadata),
		.tags_json = keep_json(sim, json_object_get(message, "tags")),
		.attachments_json =
			messages_attachments(sim, json_object_get(message, "attachments")),
		.status = "sent"};
	struct message *kept = messages_add(sim, &made);

	index_metadata(sim, kept, metadata);
	return kept;
}

/* The event that follows: refusals that the answer could not tell come as events too. */
static void tell(struct call *call, const json_t *mail, struct message *message)
{
	struct sim *sim = call->sim;
	const char *email = message->to, *reason = reject_reason(call, mail, email);

	message->sent_ms = clock_now(sim);
	if (reason || !is_valid(email)) {
		message->status = "rejected";
		message->reason = reason ? reason : "invalid";
		mandrill_tell(sim, message, "reject");
		return;
	}
	mandrill_tell(sim, message, "send");
	if (ends_with(email, "@bounce.example")) {
		message->status = "bounced";
		mandrill_reject(sim, email, "hard-bounce", "550 no such mailbox");
		mandrill_tell(sim, message, "hard_bounce");
	} else if (ends_with(email, "@soft.example")) {
		message->status = "soft-bounced";
		mandrill_tell(sim, message, "soft_bounce");
	}
}

/* A refused recipient is told of by an event, but nothing was sent to it. */
static void tell_refused(struct call *call, const struct message *shape)
{
	struct message refused = *shape;

	refused.status = "rejected";
	refused.sim_at_ms = clock_now(call->sim);
	mandrill_tell(call->sim, &refused, "reject");
}

static json_t *send_to(struct call *call, const json_t *message, const char *email)
{
	struct verdict verdict = judge(call, message, email);
	bool refused = !strcmp(verdict.status, "rejected") || !strcmp(verdict.status, "invalid");
	const char *id;

	if (refused) {
		struct message shape = {.channel = "email",
			.provider_id = sim_token(call->arena, "", ALPHABET_HEX, 32),
			.to = email,
			.from = text_of(message, "from_email"),
			.subject = text_of(message, "subject"),
			.metadata_json = keep_json(call->sim, json_object_get(message, "metadata")),
			.tags_json = keep_json(call->sim, json_object_get(message, "tags"))};

		id = shape.provider_id;
		tell_refused(call, &shape);
	} else {
		struct message *kept = keep(call, message, email);

		id = kept->provider_id;
		tell(call, message, kept);
	}
	return json_pack("{s:s,s:s,s:s?,s:s?,s:s}", "email", email, "status", verdict.status,
		"reject_reason", verdict.reject_reason, "queued_reason", verdict.queued_reason,
		"_id", id);
}

void mandrill_send(struct call *call)
{
	const json_t *message = json_object_get(call->body, "message"), *to;
	json_t *answer;
	size_t at;

	if (!check(call, message))
		return;
	answer = json_array();
	json_array_foreach(json_object_get(message, "to"), at, to)
	{
		const char *email = text_of(to, "email");

		json_array_append_new(answer, send_to(call, message, email ? email : ""));
	}
	reply_json(call, 200, answer);
}
