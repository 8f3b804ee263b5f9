/* What providers tell us: check the signature over the raw bytes, store once, answer at once. */
#include "api.gen.h"
#include "lib/core/text.h"
#include "lib/provider/webhook.h"
#include "lib/security/digest.h"
#include "lib/security/encode.h"
#include "queries.gen.h"

struct delivery {
	const char *provider, *event_type, *job_kind;
};

static const char *kept_headers(struct request *rq)
{
	static const char *const names[] = {"user-agent", "content-type", "x-cal-webhook-version"};
	struct text *out = text_new(rq->work.arena);

	text_add(out, "{");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		text_addf(out, "%s\"%s\":", i ? "," : "", names[i]);
		text_add_json(out, request_header(rq, names[i]));
	}
	text_add(out, "}");
	return out->data;
}

static enum problem store(struct request *rq, const struct delivery *delivery)
{
	struct arena *arena = rq->work.arena;
	const char *json;
	enum problem p = q_inbound_store(&rq->work, &json, delivery->provider, delivery->event_type,
		sha256_hex(arena, rq->raw_body, rq->raw_length), kept_headers(rq),
		hex_encode(arena, rq->raw_body, rq->raw_length), delivery->job_kind);

	return p ? p : reply_empty(rq, 200);
}

enum problem webhook_paystack(struct request *rq)
{
	const struct config *config = rq->service->config;
	struct paystack_event event;
	struct delivery delivery = {"paystack", "unreadable", "paystack_event"};

	if (!webhook_paystack_is_genuine(rq->raw_body, rq->raw_length,
		    request_header(rq, "x-paystack-signature"), config->paystack_secret_key,
		    config->paystack_secret_key_old))
		return P_INVALID_SIGNATURE;
	if (webhook_paystack_read(rq->work.arena, rq->raw_body, rq->raw_length, &event))
		delivery.event_type = event.event;
	return store(rq, &delivery);
}

enum problem webhook_calcom(struct request *rq)
{
	struct calcom_event event;
	struct delivery delivery = {"calcom", "unreadable", "calcom_event"};

	if (!webhook_calcom_is_genuine(rq->raw_body, rq->raw_length,
		    request_header(rq, "x-cal-signature-256"),
		    rq->service->config->calcom_webhook_secret))
		return P_INVALID_SIGNATURE;
	if (webhook_calcom_read(rq->work.arena, rq->raw_body, rq->raw_length, &event))
		delivery.event_type = event.trigger;
	return store(rq, &delivery);
}

enum problem inbound_event_list(struct request *rq, const struct inbound_event_list_args *args)
{
	const char *json;
	enum problem p = q_inbound_event_list(
		&rq->work, &json, args->limit, args->provider, args->starting_after);

	return p ? p : reply_json(rq, 200, json);
}
