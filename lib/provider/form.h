/* application/x-www-form-urlencoded bodies, as Twilio and Mandrill post them. */
#ifndef CARE_PROVIDER_FORM_H
#define CARE_PROVIDER_FORM_H

#include <stddef.h>

#include "lib/core/arena.h"

/* Decoded; a NUL stands behind both, and may stand inside. */
struct form_field {
	const char *name, *value;
	size_t name_length, value_length;
};

struct form {
	struct form_field *fields;
	size_t count;
};

/* "+" is a space; a "%" without two hex digits stays as it is; empty pieces are left out. */
void form_parse(struct arena *arena, const char *body, size_t length, struct form *ret);

/* The first value of name, NULL when there is none. */
const char *form_value(const struct form *form, const char *name);

#endif
