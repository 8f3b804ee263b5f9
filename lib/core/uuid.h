/* UUIDs (RFC 9562): version 7, so that ids sort by time, as the database's uuid_v7() makes them. */
#ifndef CARE_CORE_UUID_H
#define CARE_CORE_UUID_H

#include <stdbool.h>

enum { UUID_TEXT = 37 }; /* bytes of the text form with its NUL */

void uuid_v7_make(char ret_text[UUID_TEXT]);

/* Lower-case or upper-case hex with hyphens in the usual places, any version. */
bool uuid_is_valid(const char *text);

#endif
