/* Message templates: "{{name}}" is replaced by a variable's value, escaped for its channel. */
#ifndef CARE_DOMAIN_TEMPLATE_H
#define CARE_DOMAIN_TEMPLATE_H

#include <stddef.h>

#include "lib/core/arena.h"

enum template_escape { TEMPLATE_TEXT, TEMPLATE_HTML, TEMPLATE_HEADER };

struct template_variable {
	const char *name;
	const char *value;
};

/* Renders source with variables, a list that ends with a NULL name. Blanks around a name do not
 * count: "{{ name }}" is "{{name}}". A value is never rendered again.
 *
 * TEMPLATE_TEXT puts values in as they are, TEMPLATE_HTML escapes them for HTML; in both, control
 * characters of a value other than newline become a blank. TEMPLATE_HEADER does so with every
 * control character and line separator of the whole result: a subject cannot smuggle a header.
 *
 * On a variable that is missing or whose value is NULL, or an unclosed "{{", returns NULL and sets
 * *ret_missing to its name (or to the text from the opening braces). */
char *template_render(struct arena *arena, const char *source, enum template_escape escape,
	const struct template_variable *variables, const char **ret_missing);

/* SMS segments: GSM 03.38 7-bit 160/153, else UCS-2 70/67 (3GPP TS 23.038 and 23.040). A character
 * that takes two units is not split between segments. 0 for an empty text. */
size_t template_sms_segments(const char *utf8);

#endif
