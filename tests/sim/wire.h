/* What Ulfius does not offer: replies that come late, in drops, or not at all. */
#ifndef CARE_SIM_WIRE_H
#define CARE_SIM_WIRE_H

#include <microhttpd.h>

#include "tests/sim/call.h"
#include "tests/sim/fault.h"

struct _u_response;

/* For MHD_OPTION_URI_LOG_CALLBACK: Ulfius' own, and remembers the connection with the request. */
void *wire_log_uri(void *nothing, const char *uri, struct MHD_Connection *connection);

/* Carries out what a fault does to the connection. Call last in the handler, from its thread. */
void wire_apply(struct call *call, struct _u_response *response, const struct fault *fault);

#endif
