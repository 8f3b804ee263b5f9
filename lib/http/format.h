/* The formats of the contract's strings: one function with code behind every name. */
#ifndef CARE_HTTP_FORMAT_H
#define CARE_HTTP_FORMAT_H

#include "lib/http/schema.h"

/* NULL when text (UTF-8) has the format, else the rest of a sentence: "must be …". */
const char *format_complaint(enum schema_format format, const char *text);

#endif
