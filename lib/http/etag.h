/* Entity tags (RFC 9110 8.8.3): strong, and made from the bytes of the answer. */
#ifndef CARE_HTTP_ETAG_H
#define CARE_HTTP_ETAG_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/core/arena.h"

/* "\"" 32 hex characters of SHA-256 "\"". The compressed form of an answer has "-gzip" before the
 * last quote, because a strong tag names bytes. */
const char *etag_make(struct arena *arena, const char *body, size_t length, bool gzip);

/* True when list, an If-Match (strong) or If-None-Match value, has * or the tag in either form. */
bool etag_listed(const char *list, const char *tag, bool strong);

#endif
