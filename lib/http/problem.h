/* Problems as RFC 9457 documents. */
#ifndef CARE_HTTP_PROBLEM_H
#define CARE_HTTP_PROBLEM_H

#include "lib/data/work.h"

/* application/problem+json with type, title, status, code, request_id, and where work has them
 * detail and errors. Details of internal problems are for the log and left out. In work's arena. */
const char *problem_document(const struct work *work, enum problem p);

#endif
