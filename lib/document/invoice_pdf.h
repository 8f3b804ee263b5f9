/* An invoice as a PDF: A4, Pango and Cairo, fonts embedded, any script. The same input gives the
 * same bytes. Call it from the worker only: it takes tens of milliseconds. */
#ifndef CARE_DOCUMENT_INVOICE_PDF_H
#define CARE_DOCUMENT_INVOICE_PDF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/core/arena.h"

struct invoice_line {
	const char *description;
	int64_t quantity;
	int64_t unit_minor;
	int64_t total_minor;
};

struct invoice_document {
	const char *number; /* "INV-2026-000001" */
	const char *title;  /* "Invoice" */
	const char *organisation_name;
	const char *organisation_address; /* lines separated by \n */
	const char *customer_name;
	const char *customer_email;    /* NULL allowed */
	const char *issued_on;         /* "22 November 2026" */
	const char *due_on;            /* NULL allowed */
	const char *status;            /* "Paid", "Due" */
	const char *payment_reference; /* NULL allowed */
	const char *currency;
	int64_t created_at_s; /* goes into the PDF's metadata, so that bytes are stable */
	int64_t subtotal_minor, tax_minor, total_minor, paid_minor;
	const struct invoice_line *lines;
	size_t line_count; /* any number: pages break */
};

/* False when the currency is unknown, the balance overflows, or Cairo could not draw (its status is
 * put into *ret_error). The bytes live in arena. */
bool invoice_pdf_render(struct arena *arena, const struct invoice_document *invoice,
	const char **ret_bytes, size_t *ret_length, const char **ret_error);

#endif
