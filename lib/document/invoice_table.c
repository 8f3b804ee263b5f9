/* The invoice's lines and its totals: columns sized to the amounts, rows that break over pages. */
#include <glib-object.h>
#include <inttypes.h>

#include "lib/document/invoice_sheet.h"
#include "lib/document/plain.h"

static const double row_padding = 6.5, column_gap = 16;

struct columns {
	struct pen_column description, quantity, unit, total;
};

struct row {
	const char *description, *quantity, *unit, *total;
};

static struct row row_of(const struct sheet *sheet, const struct invoice_line *line)
{
	return (struct row){
		.description = plain_text(sheet->arena, line->description, PLAIN_LINES),
		.quantity = arena_printf(sheet->arena, "%" PRId64, line->quantity),
		.unit = sheet_money(sheet, line->unit_minor),
		.total = sheet_money(sheet, line->total_minor),
	};
}

static void widen(struct sheet *sheet, struct pen_column *column, const char *text)
{
	double width = pen_text_width(&sheet->pen, PEN_BODY, text);

	if (width > column->width)
		column->width = width;
}

/* Numbers are never wrapped: their columns are as wide as the widest, the description has the rest.
 */
static struct columns columns_of(struct sheet *sheet)
{
	struct columns columns = {
		.quantity = {.width = 30, .from_right = true},
		.unit = {.width = 72, .from_right = true},
		.total = {.width = 72, .from_right = true},
	};
	double right = SHEET_LEFT + SHEET_WIDTH;

	for (size_t i = 0; i < sheet->invoice->line_count; i++) {
		struct row row = row_of(sheet, &sheet->invoice->lines[i]);

		widen(sheet, &columns.quantity, row.quantity);
		widen(sheet, &columns.unit, row.unit);
		widen(sheet, &columns.total, row.total);
	}
	columns.total.x = right - columns.total.width;
	columns.unit.x = columns.total.x - column_gap - columns.unit.width;
	columns.quantity.x = columns.unit.x - column_gap - columns.quantity.width;
	columns.description.x = SHEET_LEFT;
	columns.description.width = columns.quantity.x - column_gap - SHEET_LEFT;
	return columns;
}

static const struct pen_column whole = {.x = SHEET_LEFT, .width = SHEET_WIDTH};

static void draw_heads(struct sheet *sheet, const struct columns *columns)
{
	double baseline = sheet->y + 9;

	pen_text_on(&sheet->pen, PEN_LABEL, &columns->description, baseline, "DESCRIPTION");
	pen_text_on(&sheet->pen, PEN_LABEL, &columns->quantity, baseline, "QTY");
	pen_text_on(&sheet->pen, PEN_LABEL, &columns->unit, baseline, "UNIT PRICE");
	pen_text_on(&sheet->pen, PEN_LABEL, &columns->total, baseline, "AMOUNT");
	sheet->y += 17;
	pen_rule(&sheet->pen, PEN_ACCENT, 1, sheet->y, &whole);
	sheet->y += 1;
}

static void continue_table(struct sheet *sheet, const struct columns *columns)
{
	sheet_new_page(sheet);
	draw_heads(sheet, columns);
}

/* A row that fits on a page of its own is not cut; a longer one starts where a few lines fit. */
static void make_room(struct sheet *sheet, const struct columns *columns, double height)
{
	const double page = SHEET_BOTTOM - SHEET_TOP - 60, few_lines = 60;
	double needed = height < page ? height : few_lines;

	if (sheet->y + needed + 2 * row_padding > SHEET_BOTTOM)
		continue_table(sheet, columns);
}

static void draw_numbers(
	struct sheet *sheet, const struct columns *columns, const struct row *row, double baseline)
{
	pen_text_on(&sheet->pen, PEN_BODY, &columns->quantity, baseline, row->quantity);
	pen_text_on(&sheet->pen, PEN_BODY, &columns->unit, baseline, row->unit);
	pen_text_on(&sheet->pen, PEN_BODY, &columns->total, baseline, row->total);
}

static void draw_description(struct sheet *sheet, const struct columns *columns,
	PangoLayout *layout, const struct row *row)
{
	PangoLayoutIter *iter = pango_layout_get_iter(layout);
	bool first = true;

	do {
		struct pen_line line = pen_line_at(iter, PEN_BODY);

		if (sheet->y + line.height + row_padding > SHEET_BOTTOM) {
			continue_table(sheet, columns);
			sheet->y += row_padding;
		}
		if (first)
			draw_numbers(sheet, columns, row, sheet->y + line.ascent);
		first = false;
		pen_line(&sheet->pen, PEN_BODY, &columns->description, sheet->y + line.ascent,
			&line);
		sheet->y += line.height;
	} while (pango_layout_iter_next_line(iter));
	pango_layout_iter_free(iter);
}

static void draw_row(struct sheet *sheet, const struct columns *columns, const struct row *row)
{
	PangoLayout *layout =
		pen_layout(&sheet->pen, PEN_BODY, &columns->description, row->description);

	make_room(sheet, columns, pen_layout_height(layout, PEN_BODY));
	sheet->y += row_padding;
	draw_description(sheet, columns, layout, row);
	g_object_unref(layout);
	sheet->y += row_padding;
	pen_rule(&sheet->pen, PEN_HAIR, 0.6, sheet->y, &whole);
	sheet->y += 0.6;
}

void invoice_table_draw(struct sheet *sheet)
{
	struct columns columns = columns_of(sheet);

	draw_heads(sheet, &columns);
	for (size_t i = 0; i < sheet->invoice->line_count; i++) {
		struct row row = row_of(sheet, &sheet->invoice->lines[i]);

		draw_row(sheet, &columns, &row);
	}
}

struct sum {
	const char *label;
	int64_t amount_minor;
	enum pen_style style;
	bool ruled; /* a line above it */
};

static void draw_sum(struct sheet *sheet, const struct pen_column *area, const struct sum *sum)
{
	struct pen_column labels = *area, amounts = *area;
	enum pen_style label = sum->style == PEN_BODY ? PEN_SOFT : PEN_STRONG;
	double height = sum->style == PEN_SUM ? 20 : 16, baseline;

	amounts.from_right = true;
	if (sum->ruled) {
		sheet->y += 5;
		pen_rule(&sheet->pen, PEN_HAIR, 0.6, sheet->y, area);
		sheet->y += 5.6;
	}
	baseline = sheet->y + height - 4;
	pen_text_on(&sheet->pen, label, &labels, baseline, sum->label);
	pen_text_on(
		&sheet->pen, sum->style, &amounts, baseline, sheet_money(sheet, sum->amount_minor));
	sheet->y += height;
}

static struct pen_column totals_area(struct sheet *sheet, const struct sum *sums, size_t count)
{
	double width = 0;

	for (size_t i = 0; i < count; i++) {
		const char *amount = sheet_money(sheet, sums[i].amount_minor);
		double one = pen_text_width(&sheet->pen, sums[i].style, amount);

		if (one > width)
			width = one;
	}
	width = width + 100 < 220 ? 220 : width + 100;
	return (struct pen_column){.x = SHEET_LEFT + SHEET_WIDTH - width, .width = width};
}

void invoice_totals_draw(struct sheet *sheet, int64_t balance_minor)
{
	const struct invoice_document *invoice = sheet->invoice;
	const struct sum sums[] = {
		{"Subtotal", invoice->subtotal_minor, PEN_BODY, false},
		{"Tax", invoice->tax_minor, PEN_BODY, false},
		{"Total", invoice->total_minor, PEN_STRONG, true},
		{"Paid", invoice->paid_minor, PEN_BODY, false},
		{"Balance due", balance_minor, PEN_SUM, true},
	};
	const size_t count = sizeof(sums) / sizeof(sums[0]);
	struct pen_column area = totals_area(sheet, sums, count);

	if (sheet->y + 130 > SHEET_BOTTOM)
		sheet_new_page(sheet);
	sheet->y += 12;
	for (size_t i = 0; i < count; i++)
		draw_sum(sheet, &area, &sums[i]);
}
