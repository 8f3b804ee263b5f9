/* The pages of one invoice while they are drawn: where we are, and what starts and ends a page. */
#ifndef CARE_DOCUMENT_INVOICE_SHEET_H
#define CARE_DOCUMENT_INVOICE_SHEET_H

#include "lib/document/invoice_pdf.h"
#include "lib/document/pen.h"

#define SHEET_LEFT 56.0
#define SHEET_WIDTH (PEN_PAGE_WIDTH - 2 * SHEET_LEFT)
#define SHEET_TOP 56.0
#define SHEET_BOTTOM (PEN_PAGE_HEIGHT - 78.0)

struct sheet {
	struct pen pen;
	struct arena *arena;
	const struct invoice_document *invoice;
	int page, page_count; /* page_count is 0 while the pages are being counted */
	double y;             /* the next free point */
};

/* Ends the page, if there is one, and starts the next with its running head and foot. */
void sheet_new_page(struct sheet *sheet);

/* An amount of the invoice's currency, which the caller of all this has checked. */
char *sheet_money(const struct sheet *sheet, int64_t amount_minor);

/* The lines of the invoice from sheet->y on, over as many pages as they need. */
void invoice_table_draw(struct sheet *sheet);

/* Subtotal to balance, on one page. */
void invoice_totals_draw(struct sheet *sheet, int64_t balance_minor);

#endif
