/* Draws an invoice's PDF once, stores it, and sends it. */
#include "lib/document/invoice_pdf.h"
#include "lib/security/digest.h"
#include "lib/security/encode.h"
#include "queries.gen.h"
#include "worker/jobs.h"
#include "worker/steps.h"

static struct invoice_line *lines_of(struct job *job, const struct rows *rows)
{
	struct invoice_line *lines =
		arena_alloc(job->work.arena, sizeof(*lines) * (size_t)rows->count);

	for (int i = 0; i < rows->count; i++) {
		lines[i] = (struct invoice_line){
			.description = rows_text(rows, i, "description"),
			.quantity = rows_integer(rows, i, "quantity"),
			.unit_minor = rows_integer(rows, i, "unit_minor"),
			.total_minor = rows_integer(rows, i, "line_minor"),
		};
	}
	return lines;
}

static const char *address_lines(struct job *job)
{
	char *address = arena_strdup(job->work.arena, job->config->organisation_address);

	for (char *at = address; *at; at++) {
		if (*at == '|')
			*at = '\n';
	}
	return address;
}

static struct invoice_document document_of(struct job *job, const struct rows *rows)
{
	return (struct invoice_document){
		.number = rows_text(rows, 0, "number"),
		.title = "Invoice",
		.organisation_name = job->config->organisation_name,
		.organisation_address = address_lines(job),
		.customer_name = rows_text(rows, 0, "customer_name"),
		.customer_email = rows_text(rows, 0, "customer_email"),
		.issued_on = rows_text(rows, 0, "issued_on"),
		.status = "Paid",
		.payment_reference = rows_text(rows, 0, "reference"),
		.currency = rows_text(rows, 0, "currency"),
		.created_at_s = rows_integer(rows, 0, "issued_s"),
		.subtotal_minor = rows_integer(rows, 0, "subtotal_minor"),
		.tax_minor = rows_integer(rows, 0, "tax_minor"),
		.total_minor = rows_integer(rows, 0, "total_minor"),
		.paid_minor = rows_integer(rows, 0, "paid_minor"),
		.lines = lines_of(job, rows),
		.line_count = (size_t)rows->count,
	};
}

enum job_result invoice_render(struct job *job)
{
	struct arena *arena = job->work.arena;
	struct invoice_document document;
	const char *bytes, *error;
	struct rows rows;
	size_t length;
	enum problem p;

	work_begin(&job->work, WORK_READ);
	p = job_read(job,
		q_invoice_document(
			&job->work, &rows, job->config->organisation_time_zone, job->subject_id));
	if (p || rows.count == 0)
		return p ? job_problem(job, p) : JOB_DONE;
	document = document_of(job, &rows);
	if (!invoice_pdf_render(arena, &document, &bytes, &length, &error))
		return job_retry(job, "the PDF could not be drawn: %s", error);
	work_begin(&job->work, WORK_WRITE);
	p = q_invoice_pdf_put(&job->work, job->subject_id, hex_encode(arena, bytes, length),
		sha256_hex(arena, bytes, length));
	if (!p)
		p = q_invoice_send(&job->work, job->subject_id);
	return job_commit(job, p);
}
