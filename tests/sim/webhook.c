/* Makes deliveries of webhooks: body, signature, headers, and the vendor's habit of retrying. */
#include "tests/sim/webhook.h"

#include <string.h>

#include "tests/sim/sign.h"

static int64_t never(const struct delivery *delivery, long status)
{
	(void)delivery;
	(void)status;
	return -1;
}

/* Exactly 200 counts. Every 3 minutes four times, then hourly for three days. */
static int64_t paystack_retry(const struct delivery *delivery, long status)
{
	if (status == 200 || delivery->posts > 4 + 72)
		return -1;
	return delivery->posts <= 4 ? 180000 : 3600000;
}

/* The newer generation's queue: three more tries from 10 s on, only when it may help. */
static int64_t calcom_g2_retry(const struct delivery *delivery, long status)
{
	static const int64_t waits_ms[] = {10000, 15000, 22500};
	bool helps = !status || status == 408 || status == 429 || status == 500 ||
		(status >= 502 && status <= 504);

	return helps && delivery->posts <= 3 ? waits_ms[delivery->posts - 1] : -1;
}

/* Connection overrides stand in the URL's fragment: #rc=3&rp=5xx,ct,rt. */
static int64_t twilio_retry(const struct delivery *delivery, long status)
{
	const char *fragment = strchr(delivery->url, '#');
	const char *count = fragment ? strstr(fragment, "rc=") : NULL;
	const char *policy = fragment ? strstr(fragment, "rp=") : NULL;
	bool retries = !status;

	if (policy && strstr(policy, "5xx"))
		retries = retries || status >= 500;
	if (policy && strstr(policy, "4xx"))
		retries = retries || (status >= 400 && status < 500);
	return retries && delivery->posts <= (count ? count[3] - '0' : 1) ? 60000 : -1;
}

static int64_t mandrill_retry(const struct delivery *delivery, long status)
{
	return status == 200 || delivery->posts > 20 ? -1 : INT64_C(300000) * delivery->posts;
}

/* Signature over a JSON body, or over the URL and a form's fields. */
static char *sign_body(
	struct arena *arena, const struct hook *hook, const char *key, const struct text *body)
{
	if (!strcmp(hook->vendor, "paystack"))
		return sign_sha512(arena, key, body->data, body->length);
	if (!strcmp(hook->vendor, "calcom"))
		return *key ? sign_sha256(arena, key, body->data, body->length)
			    : arena_strdup(arena, "no-secret-provided");
	return sign_form(arena, key, hook->url, hook->body);
}

static void add_header(struct delivery *delivery, const char *name, const char *value)
{
	int at = 0;

	while (delivery->headers[at])
		at++;
	delivery->headers[at] = arena_printf(delivery->sim->arena, "%s: %s", name, value);
}

static void dress_paystack(struct delivery *delivery, const char *signature)
{
	add_header(delivery, "User-Agent", "Paystack/2.0");
	add_header(delivery, "Content-Type", "application/json");
	add_header(delivery, "Accept", "application/json, text/plain, */*");
	add_header(delivery, "x-paystack-signature", signature);
	delivery->retry_ms = paystack_retry;
}

static void dress_calcom(struct delivery *delivery, const char *signature)
{
	add_header(delivery, "User-Agent", "node");
	add_header(delivery, "Content-Type", "application/json");
	add_header(delivery, "X-Cal-Signature-256", signature);
	add_header(delivery, "X-Cal-Webhook-Version",
		setting_text(delivery->sim, "calcom_webhook_version"));
	if (!strcmp(setting_text(delivery->sim, "calcom_generation"), "G2"))
		delivery->retry_ms = calcom_g2_retry;
}

static void dress_twilio(struct delivery *delivery, const char *signature)
{
	struct arena *arena = delivery->sim->arena;

	add_header(delivery, "User-Agent", "TwilioProxy/1.1");
	add_header(delivery, "Content-Type", "application/x-www-form-urlencoded; charset=UTF-8");
	add_header(delivery, "X-Twilio-Signature", signature);
	add_header(delivery, "I-Twilio-Idempotency-Token", sim_token(arena, "", ALPHABET_HEX, 32));
	delivery->retry_ms = twilio_retry;
}

static void dress_mandrill(struct delivery *delivery, const char *signature)
{
	add_header(delivery, "User-Agent", "Mandrill-Webhook/1.0");
	add_header(delivery, "Content-Type", "application/x-www-form-urlencoded");
	add_header(delivery, "X-Mandrill-Signature", signature);
	delivery->retry_ms = mandrill_retry;
}

static void dress(struct delivery *delivery, const char *signature)
{
	switch (delivery->vendor[0]) {
	case 'p':
		dress_paystack(delivery, signature);
		break;
	case 'c':
		dress_calcom(delivery, signature);
		break;
	case 't':
		dress_twilio(delivery, signature);
		break;
	default:
		dress_mandrill(delivery, signature);
	}
}

static struct delivery *make(struct sim *sim, const struct hook *hook, const struct hook_rule *rule)
{
	struct delivery *delivery = arena_alloc(sim->arena, sizeof(*delivery));
	bool form = hook->vendor[0] == 't' || hook->vendor[0] == 'm';
	const struct text *body =
		form ? form_encode(sim->arena, hook->body) : json_text(sim->arena, hook->body, 0);
	const char *key = hook_rule_spoils_signature(rule) ? "not-the-key" : hook->key;

	delivery->sim = sim;
	delivery->id = sim_next(sim);
	delivery->vendor = hook->vendor;
	delivery->event = arena_strdup(sim->arena, hook->event);
	delivery->url = arena_strdup(sim->arena, hook->url);
	delivery->body = body->data;
	delivery->length = body->length;
	delivery->timeout_ms = setting_long(sim, "webhook_timeout_ms");
	delivery->scale = setting_real(sim, "webhook_retry_scale");
	delivery->retry_ms = never;
	delivery->gone = hook->gone;
	dress(delivery, sign_body(sim->arena, hook, key, body));
	return delivery;
}

/* New keys appear at vendors without notice; a receiver must not mind. */
static void add_fields(const struct hook *hook)
{
	if (hook->vendor[0] == 't' || hook->vendor[0] == 'm') {
		json_object_set_new(hook->body, "SimExtra", json_string("1"));
		return;
	}
	json_object_set_new(hook->body, "sim_extra", json_pack("{s:[i,s]}", "new", 1, "two"));
	json_object_set_new(json_object_get(hook->body, "data"), "sim_extra", json_string("new"));
	json_object_set_new(json_object_get(hook->body, "payload"), "simExtra", json_string("new"));
}

void hook_send(struct sim *sim, const struct hook *hook)
{
	struct hook_rule *rule;

	if (!hook->url || !*hook->url)
		return;
	rule = hook_rule_take(sim, hook);
	if (hook_rule_adds_fields(rule))
		add_fields(hook);
	hook_rule_dispatch(sim, rule, make(sim, hook, rule));
}

const char *hook_url(struct sim *sim, struct arena *arena, const char *path)
{
	const char *base = setting_text(sim, "webhook_base");

	return *base ? arena_printf(arena, "%s%s", base, path) : "";
}

void hooks_show(struct call *call)
{
	reply_json(call, 200,
		json_pack("{s:o,s:I}", "webhooks",
			sender_log(call->sim->sender, call_query(call, "vendor"),
				call_query(call, "event"),
				(size_t)call_query_long(call, "from", 0)),
			"pending", (json_int_t)sender_pending(call->sim->sender)));
}

void hooks_resend(struct call *call)
{
	json_int_t index = json_integer_value(json_object_get(call->body, "index"));
	struct delivery *delivery = sender_delivery(call->sim->sender, (size_t)index);

	if (!delivery) {
		reply_json(call, 404, json_pack("{s:s}", "error", "no such webhook"));
		return;
	}
	sender_push(call->sim->sender, delivery);
	reply_json(call, 202, json_pack("{s:I}", "delivery", (json_int_t)delivery->id));
}
