/* Services and the forms that come before a booking. */
#include "api.gen.h"
#include "api/intake_form.h"
#include "queries.gen.h"

static const char *with_inactive(const struct request *rq)
{
	return rq->caller.role == ROLE_ADMIN ? "true" : "false";
}

static enum problem reply_service(struct request *rq, int status, const char *slug)
{
	const char *json;
	enum problem p = q_service_get(&rq->work, &json, slug, with_inactive(rq));

	return p ? p : reply_json(rq, status, json);
}

enum problem service_list(struct request *rq)
{
	const char *json;
	enum problem p = q_service_list(&rq->work, &json, with_inactive(rq));

	return p ? p : reply_json(rq, 200, json);
}

enum problem service_get(struct request *rq, const struct service_get_args *args)
{
	return reply_service(rq, 200, args->slug);
}

/* A currency may be named once; the second mention would silently lose. */
static enum problem check_prices(struct request *rq)
{
	json_t *prices = json_object_get(rq->json, "prices"), *price;
	size_t i;

	json_array_foreach(prices, i, price)
	{
		const char *currency = json_string_value(json_object_get(price, "currency"));

		for (size_t j = 0; j < i; j++) {
			json_t *other = json_array_get(prices, j);

			if (text_equal(json_string_value(json_object_get(other, "currency")),
				    currency))
				return fail_at(&rq->work, P_VALIDATION_FAILED,
					arena_printf(rq->work.arena, "/prices/%zu/currency", i),
					"is named twice");
		}
	}
	return P_OK;
}

enum problem service_create(struct request *rq)
{
	const char *slug = json_string_value(json_object_get(rq->json, "slug")), *json;
	enum problem p = check_prices(rq);

	if (!p)
		p = q_service_create(&rq->work, &json, rq->body);
	if (!p)
		p = q_service_prices_put(&rq->work, rq->body, slug);
	return p ? p : reply_service(rq, 201, slug);
}

enum problem service_update(struct request *rq, const struct service_update_args *args)
{
	const char *json;
	enum problem p = check_prices(rq);

	if (!p)
		p = q_service_lock(&rq->work, &json, args->slug);
	if (!p)
		p = q_service_get(&rq->work, &json, args->slug, with_inactive(rq));
	if (!p)
		p = request_if_match(rq, json);
	if (!p)
		p = q_service_update(&rq->work, &json, rq->body, args->slug);
	if (!p && json_object_get(rq->json, "prices")) {
		p = q_service_prices_clear(&rq->work, args->slug);
		if (!p)
			p = q_service_prices_put(&rq->work, rq->body, args->slug);
	}
	return p ? p : reply_service(rq, 200, args->slug);
}

enum problem intake_form_get(struct request *rq, const struct intake_form_get_args *args)
{
	const char *json;
	enum problem p = q_intake_form_get(&rq->work, &json, args->slug, NULL);

	return p ? p : reply_json(rq, 200, json);
}

enum problem intake_form_put(struct request *rq, const struct intake_form_put_args *args)
{
	json_t *fields = json_object_get(rq->json, "fields");
	const char *json;
	enum problem p = intake_form_check(rq, fields);

	if (!p)
		p = q_service_lock(&rq->work, &json, args->slug);
	if (!p)
		p = q_intake_form_put(
			&rq->work, &json, json_text(rq->work.arena, fields), args->slug);
	return p ? p : reply_json(rq, 200, json);
}
