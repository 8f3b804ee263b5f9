/* An invoice on A4: who, what for, how much, and is it paid. Laid out twice: the first time to
 * count the pages, because each foot says "Page 1 of 3". */
#include "lib/document/invoice_pdf.h"

#include <cairo-pdf.h>
#include <glib-object.h>
#include <string.h>

#include "lib/core/instant.h"
#include "lib/core/text.h"
#include "lib/document/invoice_sheet.h"
#include "lib/document/plain.h"
#include "lib/domain/money.h"

static const struct pen_column left = {.x = SHEET_LEFT, .width = 250, .lines_max = 4};
static const struct pen_column right = {
	.x = SHEET_LEFT + SHEET_WIDTH - 200, .width = 200, .from_right = true, .lines_max = 2};

char *sheet_money(const struct sheet *sheet, int64_t amount_minor)
{
	return money_format(sheet->arena, amount_minor, sheet->invoice->currency);
}

static char *line_text(const struct sheet *sheet, const char *text)
{
	return plain_text(sheet->arena, text, PLAIN_LINE);
}

static void draw_foot(struct sheet *sheet)
{
	const struct pen_column whole = {.x = SHEET_LEFT, .width = SHEET_WIDTH};
	const struct pen_column name = {
		.x = SHEET_LEFT, .width = SHEET_WIDTH - 100, .lines_max = 1};
	const struct pen_column number = {
		.x = SHEET_LEFT, .width = SHEET_WIDTH, .from_right = true};
	const char *issuer =
		arena_printf(sheet->arena, "%s  ·  %s", line_text(sheet, sheet->invoice->number),
			line_text(sheet, sheet->invoice->organisation_name));
	const char *page =
		arena_printf(sheet->arena, "Page %d of %d", sheet->page, sheet->page_count);

	pen_rule(&sheet->pen, PEN_HAIR, 0.6, PEN_PAGE_HEIGHT - 56, &whole);
	pen_text_on(&sheet->pen, PEN_FOOT, &name, PEN_PAGE_HEIGHT - 42, issuer);
	pen_text_on(&sheet->pen, PEN_FOOT, &number, PEN_PAGE_HEIGHT - 42, page);
}

static void draw_running_head(struct sheet *sheet)
{
	const struct pen_column line = {.x = SHEET_LEFT, .width = SHEET_WIDTH, .lines_max = 1};
	const char *head = arena_printf(sheet->arena, "%s %s, continued",
		line_text(sheet, sheet->invoice->title), line_text(sheet, sheet->invoice->number));

	sheet->y += pen_text(&sheet->pen, PEN_SOFT, &line, sheet->y, head) + 14;
}

void sheet_new_page(struct sheet *sheet)
{
	if (sheet->page && sheet->pen.cairo)
		cairo_show_page(sheet->pen.cairo);
	sheet->page++;
	sheet->y = SHEET_TOP;
	draw_foot(sheet);
	if (sheet->page > 1)
		draw_running_head(sheet);
}

static bool is_settled(const struct invoice_document *invoice)
{
	return invoice->paid_minor >= invoice->total_minor;
}

static double draw_status(struct sheet *sheet, double y)
{
	bool settled = is_settled(sheet->invoice);
	enum pen_style style = settled ? PEN_DONE : PEN_OPEN;
	const char *status = line_text(sheet, sheet->invoice->status);
	struct pen_column inside = right;
	double width = pen_text_width(&sheet->pen, style, status);
	cairo_rectangle_t box = {.y = y, .height = 17};

	inside.width -= 9;
	inside.lines_max = 1;
	box.width = (width < inside.width - 9 ? width : inside.width - 9) + 18;
	box.x = right.x + right.width - box.width;
	inside.x = box.x + 9;
	inside.width = box.width - 18 + 0.5;
	inside.from_right = false;
	pen_box(&sheet->pen, settled ? PEN_DONE_TINT : PEN_OPEN_TINT, &box);
	pen_text_on(&sheet->pen, style, &inside, y + 11.6, status);
	return box.height;
}

static double draw_issuer(struct sheet *sheet, double y)
{
	struct pen_column address = left;
	double top = y;

	address.lines_max = 8;
	y += pen_text(&sheet->pen, PEN_NAME, &left, y,
		line_text(sheet, sheet->invoice->organisation_name));
	y += 4;
	y += pen_text(&sheet->pen, PEN_SOFT, &address, y,
		plain_text(sheet->arena, sheet->invoice->organisation_address, PLAIN_LINES));
	return y - top;
}

static double draw_title(struct sheet *sheet, double y)
{
	double top = y;

	/* The large title stands on the same cap height as the name opposite. */
	y -= 7;
	y += pen_text(&sheet->pen, PEN_TITLE, &right, y, line_text(sheet, sheet->invoice->title));
	y += pen_text(&sheet->pen, PEN_STRONG, &right, y, line_text(sheet, sheet->invoice->number));
	y += 7;
	y += draw_status(sheet, y);
	return y - top;
}

static double draw_customer(struct sheet *sheet, double y)
{
	const struct invoice_document *invoice = sheet->invoice;
	double top = y;

	y += pen_text(&sheet->pen, PEN_LABEL, &left, y, "BILLED TO") + 3;
	y += pen_text(&sheet->pen, PEN_STRONG, &left, y, line_text(sheet, invoice->customer_name));
	if (invoice->customer_email)
		y += pen_text(
			&sheet->pen, PEN_SOFT, &left, y, line_text(sheet, invoice->customer_email));
	return y - top;
}

static double draw_fact(struct sheet *sheet, double y, const char *label, const char *value)
{
	struct pen_column labels = right, values = right;

	if (!value)
		return 0;
	labels.from_right = false;
	labels.lines_max = 1;
	values.x += 56;
	values.width -= 56;
	values.lines_max = 4;
	pen_text(&sheet->pen, PEN_SOFT, &labels, y, label);
	return pen_text(&sheet->pen, PEN_BODY, &values, y, line_text(sheet, value)) + 2;
}

static double draw_facts(struct sheet *sheet, double y)
{
	const struct invoice_document *invoice = sheet->invoice;
	double top = y;

	y += draw_fact(sheet, y, "Issued", invoice->issued_on);
	y += draw_fact(sheet, y, "Due", invoice->due_on);
	y += draw_fact(sheet, y, "Reference", invoice->payment_reference);
	return y - top;
}

static void draw_side_by_side(struct sheet *sheet, double (*draw_left)(struct sheet *, double),
	double (*draw_right)(struct sheet *, double), double gap)
{
	double left_height = draw_left(sheet, sheet->y);
	double right_height = draw_right(sheet, sheet->y);

	sheet->y += (left_height > right_height ? left_height : right_height) + gap;
}

static void draw_invoice(struct sheet *sheet)
{
	const struct invoice_document *invoice = sheet->invoice;

	sheet->page = 0;
	sheet_new_page(sheet);
	draw_side_by_side(sheet, draw_issuer, draw_title, 34);
	draw_side_by_side(sheet, draw_customer, draw_facts, 34);
	invoice_table_draw(sheet);
	invoice_totals_draw(sheet, invoice->total_minor - invoice->paid_minor);
}

static cairo_status_t add_bytes(void *closure, const unsigned char *bytes, unsigned int length)
{
	text_add_bytes(closure, (const char *)bytes, length);
	return CAIRO_STATUS_SUCCESS;
}

/* Without a creation date of ours Cairo writes the present time, and no two runs would agree. */
static void describe(cairo_surface_t *surface, const struct sheet *sheet)
{
	const struct invoice_document *invoice = sheet->invoice;
	const char *title = arena_printf(sheet->arena, "%s %s", line_text(sheet, invoice->title),
		line_text(sheet, invoice->number));

	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title);
	cairo_pdf_surface_set_metadata(
		surface, CAIRO_PDF_METADATA_AUTHOR, line_text(sheet, invoice->organisation_name));
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE,
		instant_format_utc(sheet->arena, invoice->created_at_s));
}

static cairo_status_t draw_pdf(struct sheet *sheet, struct text *bytes)
{
	cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(
		add_bytes, bytes, PEN_PAGE_WIDTH, PEN_PAGE_HEIGHT);
	cairo_status_t status;

	describe(surface, sheet);
	sheet->pen.cairo = cairo_create(surface);
	draw_invoice(sheet);
	status = cairo_status(sheet->pen.cairo);
	cairo_destroy(sheet->pen.cairo);
	cairo_surface_finish(surface);
	if (!status)
		status = cairo_surface_status(surface);
	cairo_surface_destroy(surface);
	return status;
}

/* Cairo 1.16 leaves out the "D:" that ISO 32000-1 7.9.4 wants before a date. There are two spaces
 * to spare in front of the key, so nothing moves and the cross-reference table stays true. */
static void mark_date(struct sheet *sheet, struct text *bytes)
{
	const char *date = instant_format_utc(sheet->arena, sheet->invoice->created_at_s);
	struct text *compact = text_new(sheet->arena);
	const char *bare, *marked;
	char *at;

	for (; *date; date++)
		if (!strchr("-:T", *date))
			text_add_bytes(compact, date, 1);
	bare = arena_printf(sheet->arena, "   /CreationDate (%s)", compact->data);
	marked = arena_printf(sheet->arena, " /CreationDate (D:%s)", compact->data);
	at = memmem(bytes->data, bytes->length, bare, strlen(bare));
	for (; at && *marked; marked++)
		*at++ = *marked;
}

static const char *complaint(struct arena *arena, const struct invoice_document *invoice)
{
	int64_t balance_minor;

	if (!money_format(arena, 0, invoice->currency))
		return "unknown currency";
	if (__builtin_sub_overflow(invoice->total_minor, invoice->paid_minor, &balance_minor))
		return "amounts out of range";
	return NULL;
}

bool invoice_pdf_render(struct arena *arena, const struct invoice_document *invoice,
	const char **ret_bytes, size_t *ret_length, const char **ret_error)
{
	struct sheet sheet = {.arena = arena, .invoice = invoice};
	struct text *bytes = text_new(arena);
	const char *why = complaint(arena, invoice);
	cairo_status_t status;

	if (why) {
		*ret_error = why;
		return false;
	}
	sheet.pen.context = pen_context_new();
	draw_invoice(&sheet);
	sheet.page_count = sheet.page;
	status = draw_pdf(&sheet, bytes);
	g_object_unref(sheet.pen.context);
	if (status) {
		*ret_error = cairo_status_to_string(status);
		return false;
	}
	mark_date(&sheet, bytes);
	*ret_bytes = bytes->data;
	*ret_length = bytes->length;
	return true;
}
