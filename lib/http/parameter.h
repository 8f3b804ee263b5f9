/* A request's parameters, from path, query and headers, held against the contract. */
#ifndef CARE_HTTP_PARAMETER_H
#define CARE_HTTP_PARAMETER_H

#include "lib/http/route.h"

enum { PARAMETERS_MAX = 16 };

/* Fills values in the order of the route's parameters; NULL for an absent one without a default.
 * P_BAD_REQUEST for a query string that cannot be read, P_VALIDATION_FAILED with complaints for
 * missing, unknown, repeated or unfit ones. */
enum problem parameters_read(struct request *rq, const struct route_match *match, const char *query,
	const char *values[PARAMETERS_MAX]);

#endif
