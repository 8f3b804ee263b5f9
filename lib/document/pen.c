/* Pango lays the text out, Cairo puts it on the page. */
#include "lib/document/pen.h"

#include <glib-object.h>
#include <math.h>
#include <pango/pangocairo.h>

/* Noto Sans (fonts-noto-core) has the naira sign, the Yorùbá letters with their marks placed by the
 * font, and tabular figures; DejaVu Sans (fonts-dejavu-core) has most of it. Other scripts come
 * from whatever fontconfig finds. */
static const char font_family[] = "Noto Sans, DejaVu Sans, sans-serif";

static const struct {
	double size, leading;
	PangoWeight weight;
	enum pen_colour colour;
	double letter_spacing;
} styles[] = {
	[PEN_TITLE] = {25, 31, PANGO_WEIGHT_NORMAL, PEN_ACCENT, 0},
	[PEN_NAME] = {13.5, 18, PANGO_WEIGHT_BOLD, PEN_INK, 0},
	[PEN_BODY] = {9.25, 13.5, PANGO_WEIGHT_NORMAL, PEN_INK, 0},
	[PEN_STRONG] = {9.25, 13.5, PANGO_WEIGHT_BOLD, PEN_INK, 0},
	[PEN_SOFT] = {9.25, 13.5, PANGO_WEIGHT_NORMAL, PEN_GREY, 0},
	[PEN_LABEL] = {7.25, 11, PANGO_WEIGHT_BOLD, PEN_GREY, 0.55},
	[PEN_FOOT] = {7.5, 11, PANGO_WEIGHT_NORMAL, PEN_GREY, 0},
	[PEN_SUM] = {12.5, 18, PANGO_WEIGHT_BOLD, PEN_ACCENT, 0},
	[PEN_DONE] = {8, 11, PANGO_WEIGHT_BOLD, PEN_ACCENT, 0.2},
	[PEN_OPEN] = {8, 11, PANGO_WEIGHT_BOLD, PEN_INK, 0.2},
};

static const struct {
	double red, green, blue;
} colours[] = {
	[PEN_INK] = {0.11, 0.14, 0.18},
	[PEN_GREY] = {0.36, 0.41, 0.47},
	[PEN_HAIR] = {0.84, 0.86, 0.89},
	[PEN_ACCENT] = {0.05, 0.34, 0.35},
	[PEN_DONE_TINT] = {0.88, 0.95, 0.94},
	[PEN_OPEN_TINT] = {0.99, 0.93, 0.82},
};

/* A font map of its own, freed with the context: Pango's shared one is kept for each thread and
 * remembers every size it was asked for. */
PangoContext *pen_context_new(void)
{
	PangoFontMap *fonts = pango_cairo_font_map_new();
	PangoContext *context = pango_font_map_create_context(fonts);
	cairo_font_options_t *options = cairo_font_options_create();

	cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(context, options);
	cairo_font_options_destroy(options);
	pango_cairo_context_set_resolution(context, 72);
	pango_context_set_round_glyph_positions(context, FALSE);
	pango_context_set_language(context, pango_language_from_string("en"));
	pango_context_set_base_dir(context, PANGO_DIRECTION_LTR);
	g_object_unref(fonts);
	return context;
}

static PangoFontDescription *font_of(enum pen_style style)
{
	PangoFontDescription *font = pango_font_description_new();

	pango_font_description_set_family_static(font, font_family);
	pango_font_description_set_weight(font, styles[style].weight);
	pango_font_description_set_size(font, pango_units_from_double(styles[style].size));
	return font;
}

static PangoAttrList *attributes_of(enum pen_style style)
{
	PangoAttrList *attributes = pango_attr_list_new();

	pango_attr_list_insert(attributes, pango_attr_font_features_new("tnum=1, lnum=1"));
	/* A hyphen that Pango adds where it breaks an address or a reference reads as a part of it.
	 */
	pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(FALSE));
	if (styles[style].letter_spacing > 0)
		pango_attr_list_insert(attributes,
			pango_attr_letter_spacing_new(
				pango_units_from_double(styles[style].letter_spacing)));
	return attributes;
}

PangoLayout *pen_layout(
	struct pen *pen, enum pen_style style, const struct pen_column *column, const char *text)
{
	PangoLayout *layout = pango_layout_new(pen->context);
	PangoFontDescription *font = font_of(style);
	PangoAttrList *attributes = attributes_of(style);

	pango_layout_set_font_description(layout, font);
	pango_layout_set_attributes(layout, attributes);
	pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_width(
		layout, column->width > 0 ? pango_units_from_double(column->width) : -1);
	if (column->lines_max) {
		pango_layout_set_height(layout, -column->lines_max);
		pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
	}
	pango_layout_set_text(layout, text, -1);
	pango_font_description_free(font);
	pango_attr_list_unref(attributes);
	return layout;
}

struct pen_line pen_line_at(PangoLayoutIter *iter, enum pen_style style)
{
	struct pen_line line = {.line = pango_layout_iter_get_line_readonly(iter)};
	PangoRectangle box;
	double spare;

	pango_layout_line_get_extents(line.line, NULL, &box);
	line.width = pango_units_to_double(box.width);
	line.ascent = pango_units_to_double(PANGO_ASCENT(box));
	line.height = pango_units_to_double(box.height);
	spare = styles[style].leading - line.height;
	if (spare > 0) {
		line.ascent += spare / 2;
		line.height += spare;
	}
	return line;
}

double pen_layout_height(PangoLayout *layout, enum pen_style style)
{
	PangoLayoutIter *iter = pango_layout_get_iter(layout);
	double height = 0;

	do {
		height += pen_line_at(iter, style).height;
	} while (pango_layout_iter_next_line(iter));
	pango_layout_iter_free(iter);
	return height;
}

static void set_colour(struct pen *pen, enum pen_colour colour)
{
	cairo_set_source_rgb(
		pen->cairo, colours[colour].red, colours[colour].green, colours[colour].blue);
}

void pen_line(struct pen *pen, enum pen_style style, const struct pen_column *column,
	double baseline, const struct pen_line *line)
{
	double x = column->from_right ? column->x + column->width - line->width : column->x;

	if (!pen->cairo)
		return;
	set_colour(pen, styles[style].colour);
	cairo_move_to(pen->cairo, x, baseline);
	pango_cairo_show_layout_line(pen->cairo, line->line);
}

double pen_text(struct pen *pen, enum pen_style style, const struct pen_column *column, double y,
	const char *text)
{
	PangoLayout *layout = pen_layout(pen, style, column, text);
	PangoLayoutIter *iter = pango_layout_get_iter(layout);
	double top = y;
	int lines = 0;

	do {
		struct pen_line line = pen_line_at(iter, style);

		pen_line(pen, style, column, y + line.ascent, &line);
		y += line.height;
		lines++;
	} while (lines != column->lines_max && pango_layout_iter_next_line(iter));
	pango_layout_iter_free(iter);
	g_object_unref(layout);
	return y - top;
}

void pen_text_on(struct pen *pen, enum pen_style style, const struct pen_column *column,
	double baseline, const char *text)
{
	PangoLayout *layout = pen_layout(pen, style, column, text);
	PangoLayoutIter *iter = pango_layout_get_iter(layout);
	struct pen_line line = pen_line_at(iter, style);

	pen_line(pen, style, column, baseline, &line);
	pango_layout_iter_free(iter);
	g_object_unref(layout);
}

double pen_text_width(struct pen *pen, enum pen_style style, const char *text)
{
	static const struct pen_column unbounded = {0};
	PangoLayout *layout = pen_layout(pen, style, &unbounded, text);
	PangoRectangle box;

	pango_layout_get_extents(layout, NULL, &box);
	g_object_unref(layout);
	return pango_units_to_double(box.width);
}

void pen_rule(struct pen *pen, enum pen_colour colour, double thickness, double y,
	const struct pen_column *column)
{
	if (!pen->cairo)
		return;
	set_colour(pen, colour);
	cairo_rectangle(pen->cairo, column->x, y, column->width, thickness);
	cairo_fill(pen->cairo);
}

void pen_box(struct pen *pen, enum pen_colour colour, const cairo_rectangle_t *box)
{
	const double radius = 3.5, right = box->x + box->width, bottom = box->y + box->height;

	if (!pen->cairo)
		return;
	set_colour(pen, colour);
	cairo_new_sub_path(pen->cairo);
	cairo_arc(pen->cairo, right - radius, box->y + radius, radius, -M_PI_2, 0);
	cairo_arc(pen->cairo, right - radius, bottom - radius, radius, 0, M_PI_2);
	cairo_arc(pen->cairo, box->x + radius, bottom - radius, radius, M_PI_2, M_PI);
	cairo_arc(pen->cairo, box->x + radius, box->y + radius, radius, M_PI, -M_PI_2);
	cairo_close_path(pen->cairo);
	cairo_fill(pen->cairo);
}
