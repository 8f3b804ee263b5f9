/* Text, rules and boxes on A4 pages, in points from the top left corner: what the invoice needs of
 * Pango and Cairo. A pen without a page (cairo is NULL) measures and draws nothing, so that one
 * layout routine both counts the pages and draws them. */
#ifndef CARE_DOCUMENT_PEN_H
#define CARE_DOCUMENT_PEN_H

#include <cairo.h>
#include <pango/pango.h>
#include <stdbool.h>

#define PEN_PAGE_WIDTH 595.276
#define PEN_PAGE_HEIGHT 841.89

enum pen_style {
	PEN_TITLE,
	PEN_NAME,
	PEN_BODY,
	PEN_STRONG,
	PEN_SOFT,  /* second-rank facts: addresses, emails */
	PEN_LABEL, /* column heads and field names */
	PEN_FOOT,
	PEN_SUM,  /* the amount that matters */
	PEN_DONE, /* a status that asks for nothing */
	PEN_OPEN, /* a status that asks for money */
};

enum pen_colour { PEN_INK, PEN_GREY, PEN_HAIR, PEN_ACCENT, PEN_DONE_TINT, PEN_OPEN_TINT };

struct pen {
	cairo_t *cairo; /* NULL: measure only */
	PangoContext *context;
};

/* A column of text. Lines hang from its left edge, or from its right edge when from_right. */
struct pen_column {
	double x, width;
	bool from_right;
	int lines_max; /* the rest is cut off with an ellipsis; 0: no limit */
};

/* One laid-out line: what pen_line needs and how much room it takes. */
struct pen_line {
	PangoLayoutLine *line;
	double width;
	double ascent, height;
};

/* A context that does not depend on the screen, the locale or the user's hinting settings. */
PangoContext *pen_context_new(void);

/* Text laid out to column's width; unref it after use. */
PangoLayout *pen_layout(
	struct pen *pen, enum pen_style style, const struct pen_column *column, const char *text);

/* The line under iter, at least as high as the style's leading. */
struct pen_line pen_line_at(PangoLayoutIter *iter, enum pen_style style);

double pen_layout_height(PangoLayout *layout, enum pen_style style);

void pen_line(struct pen *pen, enum pen_style style, const struct pen_column *column,
	double baseline, const struct pen_line *line);

/* Draws text from y downwards and returns the height it took. */
double pen_text(struct pen *pen, enum pen_style style, const struct pen_column *column, double y,
	const char *text);

/* Draws one line of text so that it stands on baseline. */
void pen_text_on(struct pen *pen, enum pen_style style, const struct pen_column *column,
	double baseline, const char *text);

/* The width text takes on one line. */
double pen_text_width(struct pen *pen, enum pen_style style, const char *text);

void pen_rule(struct pen *pen, enum pen_colour colour, double thickness, double y,
	const struct pen_column *column);

/* A rounded, filled box. */
void pen_box(struct pen *pen, enum pen_colour colour, const cairo_rectangle_t *box);

#endif
