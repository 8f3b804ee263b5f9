/* Intake submissions: where a booking journey starts. */
#include <string.h>

#include "api.gen.h"
#include "api/intake_form.h"
#include "lib/core/instant.h"
#include "lib/core/text.h"
#include "lib/core/uuid.h"
#include "lib/domain/visitor_zone.h"
#include "lib/security/link_token.h"
#include "queries.gen.h"

enum { LINK_DAYS = 90 };

static const char *body_text(const struct request *rq, const char *name)
{
	return json_string_value(json_object_get(rq->json, name));
}

/* Reads the version that was shown (the newest when the caller names none) and checks the answers
 * against it. */
static enum problem check_against_form(struct request *rq, const char **ret_version)
{
	json_t *wanted = json_object_get(rq->json, "form_version"), *form;
	const char *json;
	enum problem p;

	*ret_version =
		wanted ? arena_printf(rq->work.arena, "%lld", json_integer_value(wanted)) : NULL;
	p = q_intake_form_get(&rq->work, &json, body_text(rq, "service"), *ret_version);
	if (p == P_NOT_FOUND)
		return fail_at(&rq->work, p, wanted ? "/form_version" : "/service",
			wanted ? "this service has no such form version"
			       : "there is no such service");
	if (p)
		return p;
	form = json_loads(json, 0, NULL);
	arena_defer(rq->work.arena, (void (*)(void *))json_decref, form);
	*ret_version = arena_printf(
		rq->work.arena, "%lld", json_integer_value(json_object_get(form, "version")));
	return intake_answers_check(
		rq, json_object_get(form, "fields"), json_object_get(rq->json, "answers"));
}

static enum problem reply_created(struct request *rq, const char *id, const char *event_type)
{
	struct link_claims claims = {
		.purpose = LINK_INTAKE, .expires_at_s = instant_now_s() + LINK_DAYS * 86400LL};
	struct text *out = text_new(rq->work.arena);
	const char *json;
	enum problem p = q_intake_get(&rq->work, &json, id);

	if (p)
		return p;
	memcpy(claims.subject, id, UUID_TEXT);
	text_add_bytes(out, json, strlen(json) - 1);
	text_add(out, ",\"link_token\":");
	text_add_json(out, link_token_make(rq->work.arena, rq->service->link_key, &claims));
	text_add(out, ",\"link_token_expires_at\":");
	text_add_json(out, instant_format_utc(rq->work.arena, claims.expires_at_s));
	text_add(out, ",\"embed\":{\"calcom_event_type_id\":");
	text_add_json(out, event_type);
	text_add(out, ",\"reference\":");
	text_add_json(out, reference_sign(rq->work.arena, rq->service->reference_key, id));
	text_add(out, ",\"metadata_key\":\"reference\",\"hidden_field\":\"intake-ref\"}}");
	return reply_json(rq, 201, out->data);
}

enum problem intake_create(struct request *rq, const struct intake_create_args *args)
{
	struct visitor_zone zone =
		visitor_zone_choose(body_text(rq, "time_zone"), args->cf_timezone,
			args->accept_language, rq->service->config->organisation_time_zone);
	json_t *contact = json_object_get(rq->json, "contact"), *created;
	const char *email = json_string_value(json_object_get(contact, "email")), *json, *version;
	bool is_client = rq->caller.role == ROLE_CLIENT;
	char *id = arena_alloc(rq->work.arena, UUID_TEXT);
	enum problem p = check_against_form(rq, &version);

	if (p)
		return p;
	uuid_v7_make(id);
	if (rq->caller.role == ROLE_PUBLIC)
		p = q_intake_adopt(&rq->work, id);
	if (p)
		return p;
	p = q_intake_create(&rq->work, &json, id, is_client ? rq->caller.user_id : NULL, rq->body,
		text_lower(rq->work.arena, email), zone.zone, zone.source, body_text(rq, "service"),
		version);
	if (p)
		return p;
	created = json_loads(json, 0, NULL);
	arena_defer(rq->work.arena, (void (*)(void *))json_decref, created);
	return reply_created(
		rq, id, json_string_value(json_object_get(created, "calcom_event_type_id")));
}

enum problem intake_list(struct request *rq, const struct intake_list_args *args)
{
	const char *json;
	enum problem p = q_intake_list(&rq->work, &json, args->limit, args->starting_after);

	return p ? p : reply_json(rq, 200, json);
}

enum problem intake_get(struct request *rq, const struct intake_get_args *args)
{
	const char *json;
	enum problem p = q_intake_get(&rq->work, &json, args->intake_submission_id);

	return p ? p : reply_json(rq, 200, json);
}
