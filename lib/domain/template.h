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

/* TEMPLATE_HTML escapes for HTML; TEMPLATE_HEADER replaces control characters (a subject line
 * cannot smuggle a header); TEMPLATE_TEXT leaves the value but for control characters other than
 * newline. On a variable that is missing, or an unclosed "{{", returns NULL and sets
 * *ret_missing to its name (or to the text from the opening braces). */
char *template_render(struct arena *arena, const char *source, enum template_escape escape,
	const struct template_variable *variables, size_t count, const char **ret_missing);

/* SMS segments: GSM 03.38 7-bit 160/153, else UCS-2 70/67 (3GPP TS 23.038). */
size_t template_sms_segments(const char *utf8);

#endif
