/* Twilio: delivery with its callbacks, replies of people, and who does not want any more. */
#include <string.h>

#include "tests/sim/clock.h"
#include "tests/sim/later.h"
#include "tests/sim/twilio.h"
#include "tests/sim/webhook.h"

static char opted_out_mark;

static void set(json_t *fields, const char *name, const char *value)
{
	if (value)
		json_object_set_new(fields, name, json_string(value));
}

static void tell(struct sim *sim, const struct message *message)
{
	struct arena *arena = arena_new();
	struct hook hook = {.vendor = "twilio",
		.event = message->status,
		.url = message->status_callback,
		.key = setting_text(sim, "twilio_auth_token"),
		.body = json_object()};

	set(hook.body, "MessageStatus", message->status);
	set(hook.body, "ApiVersion", "2010-04-01");
	set(hook.body, "SmsSid", message->provider_id);
	set(hook.body, "SmsStatus", message->status);
	set(hook.body, "To", message->to);
	set(hook.body, "From", message->from ? message->from : "+15005550006");
	set(hook.body, "MessageSid", message->provider_id);
	set(hook.body, "AccountSid", setting_text(sim, "twilio_account_sid"));
	set(hook.body, "MessagingServiceSid", message->service);
	if (message->error_code)
		set(hook.body, "ErrorCode", arena_printf(arena, "%ld", message->error_code));
	if (!strcmp(message->status, "delivered"))
		set(hook.body, "RawDlrDoneDate", "2601010000");
	hook_send(sim, &hook);
	json_decref(hook.body);
	arena_free(arena);
}

static void enter(struct sim *sim, struct message *message, const char *status)
{
	message->status = status;
	message->updated_ms = clock_now(sim);
	if (!strcmp(status, "sent"))
		message->sent_ms = message->updated_ms;
	if (!message->from && strcmp(status, "accepted") != 0)
		message->from = "+15005550006";
	tell(sim, message);
}

static const char *error_text(long code)
{
	switch (code) {
	case 0:
		return NULL;
	case 30003:
		return "Unreachable destination handset";
	case 30005:
		return "Unknown destination handset";
	case 30006:
		return "Landline or unreachable carrier";
	case 30007:
		return "Message filtered";
	default:
		return "Unknown error";
	}
}

static void step_final(struct sim *sim, void *argument)
{
	struct message *message = argument;
	const struct outcome *outcome = map_get(sim->twilio->outcomes, message->to);

	if (outcome && !strcmp(outcome->status, "sent"))
		return;
	if (outcome) {
		message->error_code = outcome->error_code;
		message->reason = error_text(outcome->error_code);
	}
	enter(sim, message, outcome ? outcome->status : "delivered");
}

static void step_sent(struct sim *sim, void *argument)
{
	long wait_ms =
		setting_long(sim, "twilio_delivered_ms") - setting_long(sim, "twilio_sent_ms");

	enter(sim, argument, "sent");
	later_real(sim, wait_ms > 0 ? wait_ms : 0, step_final, argument);
}

static void step_queued(struct sim *sim, void *argument)
{
	enter(sim, argument, "queued");
	later_real(sim, setting_long(sim, "twilio_sent_ms"), step_sent, argument);
}

/* No callback for the status the 201 already told. */
void twilio_deliver(struct sim *sim, struct message *message)
{
	if (!strcmp(message->status, "accepted"))
		later_real(sim, 5, step_queued, message);
	else
		later_real(sim, setting_long(sim, "twilio_sent_ms"), step_sent, message);
}

static void release(struct sim *sim, void *argument)
{
	struct message *message = argument;

	if (!strcmp(message->status, "scheduled"))
		step_queued(sim, message);
}

void twilio_schedule(struct sim *sim, struct message *message, int64_t at_ms)
{
	later_sim(sim, at_ms, release, message);
}

static const char *pair(struct arena *arena, const char *sender, const char *recipient)
{
	return arena_printf(arena, "%s %s", sender, recipient);
}

bool twilio_opted_out(const struct sim *sim, const char *sender, const char *recipient)
{
	struct arena *arena = arena_new();
	bool out = map_get(sim->twilio->opted_out, pair(arena, sender, recipient));

	arena_free(arena);
	return out;
}

static bool is_word(const char *body, const char *const *words)
{
	size_t length;

	while (*body == ' ')
		body++;
	length = strlen(body);
	while (length && (body[length - 1] == ' ' || body[length - 1] == '\n'))
		length--;
	for (; *words; words++) {
		if (strlen(*words) == length && !strncasecmp(*words, body, length))
			return true;
	}
	return false;
}

/* What Twilio itself makes of a reply: STOP, START, HELP or NULL. */
static const char *opt_out_type(const char *body)
{
	static const char *const stop[] = {"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL",
		"REVOKE", "OPTOUT", "CANCEL", NULL};
	static const char *const start[] = {"START", "UNSTOP", "YES", NULL};
	static const char *const help[] = {"HELP", "INFO", NULL};

	if (is_word(body, stop))
		return "STOP";
	if (is_word(body, start))
		return "START";
	return is_word(body, help) ? "HELP" : NULL;
}

static json_t *inbound_fields(struct call *call, const char *sid, const char *type)
{
	json_t *fields = json_object();
	const char *service = call_field(call, "messaging_service_sid");
	const char *body = call_field(call, "body");

	set(fields, "ToCountry", "NG");
	set(fields, "ToState", "");
	set(fields, "SmsMessageSid", sid);
	set(fields, "NumMedia", "0");
	set(fields, "ToCity", "");
	set(fields, "FromZip", "");
	set(fields, "SmsSid", sid);
	set(fields, "FromState", "");
	set(fields, "SmsStatus", "received");
	set(fields, "FromCity", "");
	set(fields, "Body", body);
	set(fields, "FromCountry", "NG");
	set(fields, "To", call_field(call, "to"));
	set(fields, "ToZip", "");
	set(fields, "NumSegments", arena_printf(call->arena, "%ld", twilio_segments(body, NULL)));
	set(fields, "MessageSid", sid);
	set(fields, "AccountSid", setting_text(call->sim, "twilio_account_sid"));
	set(fields, "From", call_field(call, "from"));
	set(fields, "ApiVersion", "2010-04-01");
	set(fields, "MessagingServiceSid", service);
	if (service)
		set(fields, "OptOutType", type);
	return fields;
}

static const char *inbound_url(struct call *call)
{
	const char *url = call_field(call, "url");
	const char *set_url = setting_text(call->sim, "twilio_inbound_url");

	if (url)
		return url;
	return *set_url ? set_url : hook_url(call->sim, call->arena, "/webhooks/twilio");
}

void twilio_inbound(struct call *call)
{
	struct sim *sim = call->sim;
	const char *from = call_field(call, "from"), *to = call_field(call, "to"), *type, *sid;
	const char *service = call_field(call, "messaging_service_sid");
	struct hook hook = {.vendor = "twilio", .event = "received"};

	if (!from || !to || !call_field(call, "body")) {
		reply_json(call, 400, json_pack("{s:s}", "error", "from, to and body are needed"));
		return;
	}
	type = opt_out_type(call_field(call, "body"));
	if (type && strcmp(type, "HELP") != 0)
		map_put(sim->twilio->opted_out, pair(call->arena, service ? service : to, from),
			!strcmp(type, "STOP") ? &opted_out_mark : NULL);
	sid = sim_token(call->arena, "SM", ALPHABET_HEX, 32);
	hook.url = inbound_url(call);
	hook.key = setting_text(sim, "twilio_auth_token");
	hook.body = call_keep(call, inbound_fields(call, sid, type));
	hook_send(sim, &hook);
	reply_json(call, 202, json_pack("{s:s,s:s?}", "sid", sid, "opt_out_type", type));
}

void twilio_outcome(struct call *call)
{
	struct sim *sim = call->sim;
	const char *to = call_field(call, "to"), *status = call_field(call, "status");
	struct outcome *outcome = arena_alloc(sim->arena, sizeof(*outcome));

	if (!to) {
		reply_json(call, 400, json_pack("{s:s}", "error", "to is needed"));
		return;
	}
	outcome->status = arena_strdup(sim->arena, status ? status : "undelivered");
	outcome->error_code = (long)json_integer_value(json_object_get(call->body, "error_code"));
	map_put(sim->twilio->outcomes, to, outcome);
	reply_json(call, 201, json_incref(call->body));
}

/* Tells a status out of turn, as a late or repeated callback would. */
void twilio_callback(struct call *call)
{
	struct message *message = messages_find(call->sim, call_field(call, "sid"));
	const char *status = call_field(call, "status");

	if (!message || !status) {
		reply_json(call, 404, json_pack("{s:s}", "error", "no such message"));
		return;
	}
	message->error_code = (long)json_integer_value(json_object_get(call->body, "error_code"));
	enter(call->sim, message, arena_strdup(call->sim->arena, status));
	reply_json(call, 202, json_pack("{s:s}", "status", status));
}
