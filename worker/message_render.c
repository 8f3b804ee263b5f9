/* Fills in templates with what the booking, the invoice and the links are. */
#include "worker/message_render.h"

#include <string.h>

#include "lib/core/instant.h"
#include "lib/document/calendar.h"
#include "lib/domain/money.h"
#include "lib/domain/template.h"
#include "lib/security/encode.h"
#include "lib/security/link_token.h"
#include "worker/steps.h"

enum { VARIABLES_MAX = 24, LINK_DAYS = 90 };

struct variables {
	struct template_variable list[VARIABLES_MAX + 1]; /* a NULL name ends it */
	size_t count;
};

static void add(struct variables *variables, const char *name, const char *value)
{
	if (value && variables->count < VARIABLES_MAX)
		variables->list[variables->count++] = (struct template_variable){name, value};
}

/* A link into the front end. The token stands behind #, so that it is in no server's log. */
static const char *link_to(
	struct job *job, const struct rows *content, const char *page, const char *id)
{
	struct link_claims claims = {.purpose = LINK_INTAKE,
		.expires_at_s = rows_integer(content, 0, "planned_s") + LINK_DAYS * 86400LL};
	const char *intake = rows_text(content, 0, "intake_submission_id");

	if (!id)
		return NULL;
	memcpy(claims.subject, intake, UUID_TEXT_SIZE);
	return arena_printf(job->work.arena, "%s/%s/%s#token=%s", job->config->site_url, page, id,
		link_token_make(job->work.arena, job->keys->link, &claims));
}

static bool fill_event(struct job *job, const struct rows *content, struct calendar_event *ret)
{
	const char *booking_id = rows_text(content, 0, "booking_id");
	const char *state = rows_text(content, 0, "booking_state");
	const char *service = rows_text(content, 0, "service_name");
	bool cancelled = state && strcmp(state, "cancelled") == 0;

	if (!booking_id)
		return false;
	*ret = (struct calendar_event){
		.uid = arena_printf(job->work.arena, "%s@%s", booking_id,
			strstr(job->config->public_url, "://") + 3),
		.sequence = (int)rows_integer(content, 0, "sequence"),
		.status = cancelled ? "CANCELLED" : "CONFIRMED",
		.summary = arena_printf(
			job->work.arena, "%s: %s", job->config->organisation_name, service),
		.description = arena_printf(job->work.arena, "Your consultation with %s.",
			job->config->organisation_name),
		.location = rows_text(content, 0, "location"),
		.organiser_name = job->config->organisation_name,
		.organiser_email = job->config->email_from,
		.attendee_name = rows_text(content, 0, "contact_name"),
		.attendee_email = rows_text(content, 0, "recipient"),
		.start_at_s = rows_integer(content, 0, "start_s"),
		.end_at_s = rows_integer(content, 0, "end_s"),
		.stamp_at_s = rows_integer(content, 0, "updated_s"),
	};
	return true;
}

static void add_times(struct job *job, const struct rows *content, struct variables *variables)
{
	struct arena *arena = job->work.arena;
	int64_t start_s;

	if (!rows_text(content, 0, "start_s"))
		return;
	start_s = rows_integer(content, 0, "start_s");
	add(variables, "start_client",
		instant_format_person(arena, start_s, rows_text(content, 0, "time_zone")));
	add(variables, "start_care",
		instant_format_person(arena, start_s, job->config->organisation_time_zone));
	add(variables, "time_zone", rows_text(content, 0, "time_zone"));
}

static void add_links(struct job *job, const struct rows *content, struct variables *variables)
{
	struct calendar_event event;
	const char *booking_id = rows_text(content, 0, "booking_id");

	add(variables, "manage_url", link_to(job, content, "bookings", booking_id));
	add(variables, "feedback_url", link_to(job, content, "feedback", booking_id));
	add(variables, "choose_url",
		link_to(job, content, "schedule", rows_text(content, 0, "intake_submission_id")));
	if (!fill_event(job, content, &event))
		return;
	add(variables, "google_url", calendar_google_url(job->work.arena, &event));
	add(variables, "outlook_url", calendar_outlook_url(job->work.arena, &event));
}

static const char *reason_of(struct job *job, const struct rows *content)
{
	const char *reason = json_field(job, rows_text(content, 0, "variables"), "reason");

	return reason && *reason ? reason : "no reason was given";
}

static void gather(struct job *job, const struct rows *content, struct variables *variables)
{
	const char *location = rows_text(content, 0, "location");

	add(variables, "client_name", rows_text(content, 0, "contact_name"));
	add(variables, "organisation_name", job->config->organisation_name);
	add(variables, "service_name", rows_text(content, 0, "service_name"));
	add(variables, "duration_minutes", rows_text(content, 0, "duration_minutes"));
	add(variables, "location", *location ? location : "We will tell you before it starts");
	add(variables, "invoice_number", rows_text(content, 0, "invoice_number"));
	add(variables, "reference", rows_text(content, 0, "reference"));
	add(variables, "reason", reason_of(job, content));
	if (rows_text(content, 0, "amount_minor"))
		add(variables, "amount",
			money_format(job->work.arena, rows_integer(content, 0, "amount_minor"),
				rows_text(content, 0, "currency")));
	add_times(job, content, variables);
	add_links(job, content, variables);
}

static bool carries_calendar(const char *template_key)
{
	return strcmp(template_key, "booking_confirmation") == 0 ||
		strcmp(template_key, "booking_rescheduled") == 0 ||
		strcmp(template_key, "booking_cancelled") == 0;
}

static void attach_calendar(struct job *job, const struct rows *content, struct rendered *ret)
{
	struct calendar_event event;
	const char *ics;

	if (!carries_calendar(rows_text(content, 0, "template_key")) ||
		!fill_event(job, content, &event))
		return;
	ics = calendar_ics(job->work.arena, &event);
	ret->attachments[ret->attachment_count++] =
		(struct email_attachment){"consultation.ics", "text/calendar", ics, strlen(ics)};
}

static void attach_invoice(struct job *job, const struct rows *content, struct rendered *ret)
{
	const char *hex = rows_text(content, 0, "pdf_hex");
	size_t length = hex ? strlen(hex) / 2 : 0;
	unsigned char *bytes = arena_alloc(job->work.arena, length + 1);

	if (!hex || !hex_decode(hex, bytes, length))
		return;
	ret->attachments[ret->attachment_count++] = (struct email_attachment){
		arena_printf(job->work.arena, "%s.pdf", rows_text(content, 0, "invoice_number")),
		"application/pdf", (const char *)bytes, length};
}

bool message_render(
	struct job *job, const struct rows *content, struct rendered *ret, const char **ret_missing)
{
	const char *subject = rows_text(content, 0, "subject");
	const char *html = rows_text(content, 0, "body_html");
	struct arena *arena = job->work.arena;
	struct variables variables = {0};

	*ret = (struct rendered){0};
	gather(job, content, &variables);
	ret->text = template_render(arena, rows_text(content, 0, "body_text"), TEMPLATE_TEXT,
		variables.list, ret_missing);
	if (subject)
		ret->subject = template_render(
			arena, subject, TEMPLATE_HEADER, variables.list, ret_missing);
	if (html)
		ret->html =
			template_render(arena, html, TEMPLATE_HTML, variables.list, ret_missing);
	if (!ret->text || (subject && !ret->subject) || (html && !ret->html))
		return false;
	attach_calendar(job, content, ret);
	attach_invoice(job, content, ret);
	return true;
}
