/* Connections as libmicrohttpd has them: what Ulfius hides and what no timeout of theirs covers.
 *
 * MHD's timeout sees only silence, so a client that drips bytes is never cut. Each connection has a
 * phase and the time it began; a thread cuts those that take too long. */
#ifndef CARE_HTTP_WIRE_H
#define CARE_HTTP_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include <microhttpd.h>
#include <ulfius.h>

#include "lib/core/arena.h"

struct wires;
struct wire;

struct wires *wires_start(void);
void wires_stop(struct wires *wires);

/* For MHD_OPTION_NOTIFY_CONNECTION, MHD_OPTION_URI_LOG_CALLBACK and MHD_OPTION_NOTIFY_COMPLETED;
 * cls is the struct wires. */
void wire_connection(void *cls, struct MHD_Connection *connection, void **context,
	enum MHD_ConnectionNotificationCode code);
void *wire_request_line(void *cls, const char *uri, struct MHD_Connection *connection);
void wire_completed(void *cls, struct MHD_Connection *connection, void **request,
	enum MHD_RequestTerminationCode code);

/* The connection of a request that Ulfius hands over; wire_handled ends the handler's phase. */
struct wire *wire_of(const struct _u_request *request);
void wire_handled(struct wire *wire);

/* Requests begun and not yet wholly answered. */
int wires_open_requests(struct wires *wires);

enum wire_fault { WIRE_FINE, WIRE_TOO_LARGE, WIRE_BROKEN };

/* Looks at every header: WIRE_TOO_LARGE past bytes_max; WIRE_BROKEN, with a sentence, for what
 * could be read in two ways (control characters, repeated or contradicting framing, repeated
 * credentials). */
enum wire_fault wire_check(struct wire *wire, size_t bytes_max, const char **ret_complaint);

/* All values of a header, in order, joined by ", "; NULL when absent. */
const char *wire_header_all(struct wire *wire, struct arena *arena, const char *name);

/* The peer's address as text; IPv4 in IPv6 is IPv4. */
const char *wire_address(struct wire *wire, struct arena *arena);

#endif
