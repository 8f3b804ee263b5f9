/* The vendors' signatures, and the encoding of forms. */
#ifndef CARE_SIM_SIGN_H
#define CARE_SIM_SIGN_H

#include <jansson.h>
#include <stddef.h>

#include "lib/core/text.h"

/* Lower-case hexadecimal HMAC of the bytes. */
char *sign_sha512(struct arena *arena, const char *key, const char *bytes, size_t length);
char *sign_sha256(struct arena *arena, const char *key, const char *bytes, size_t length);

/* Twilio and Mandrill: base64 of HMAC-SHA1 over the URL without its fragment, then each field's
 * name and value, fields sorted by name. fields is an object of strings. */
char *sign_form(struct arena *arena, const char *key, const char *url, const json_t *fields);

/* application/x-www-form-urlencoded, with + for the space as the vendors do. */
struct text *form_encode(struct arena *arena, const json_t *fields);

char *encode_base64(struct arena *arena, const char *bytes, size_t length);

#endif
