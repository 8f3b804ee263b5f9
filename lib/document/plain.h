/* Text that people typed, made safe to draw on a page or to put in a calendar. */
#ifndef CARE_DOCUMENT_PLAIN_H
#define CARE_DOCUMENT_PLAIN_H

#include "lib/core/arena.h"

enum plain_kind {
	PLAIN_LINE, /* line breaks become spaces */
	PLAIN_LINES /* line breaks of any kind become \n */
};

/* Valid UTF-8 (bad bytes become U+FFFD) without control characters, which become spaces. Never
 * NULL: a NULL string gives "". */
char *plain_text(struct arena *arena, const char *string, enum plain_kind kind);

#endif
