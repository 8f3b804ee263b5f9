/* One request as the handlers see it, the reply they give, and the tables that lead to them. */
#ifndef CARE_SIM_CALL_H
#define CARE_SIM_CALL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/core/text.h"
#include "tests/sim/state.h"

enum { CALL_SEGMENTS_MAX = 12, CALL_HEADERS_MAX = 12 };

struct call;
struct _u_request;

struct route {
	const char *method;
	const char *pattern;   /* below the prefix; ":" stands for any one segment */
	const char *operation; /* paystack.verify: the name faults and logs use */
	void (*run)(struct call *call);
};

struct vendor {
	const char *name;
	const char *prefix;
	const struct route *routes;
	size_t route_count;
	bool (*admit)(struct call *call);   /* replies and gives false when the key is wrong */
	void (*unknown)(struct call *call); /* no such path */
	void (*limited)(struct call *call); /* what this vendor answers with 429 */
};

struct header {
	const char *name, *value;
};

struct reply {
	int status;
	const char *type;
	const char *body;
	size_t length;
	struct header headers[CALL_HEADERS_MAX];
	size_t header_count;
};

struct call {
	struct sim *sim;
	struct arena *arena;
	const struct _u_request *request;
	const char *method;
	const char *path;       /* with the prefix, without the query */
	const char *query_text; /* as it came, without ? */
	const struct vendor *vendor;
	const struct route *route;         /* NULL: unknown path */
	char *segments[CALL_SEGMENTS_MAX]; /* below the prefix, decoded; a last ".json" is cut off
					    */
	size_t segment_count;
	json_t *query; /* object of strings */
	json_t *body;  /* JSON, or an object of the form's fields, or NULL */
	struct reply reply;
};

/* Finds the vendor and the route; false when no prefix fits. */
bool call_find(struct call *call, const struct vendor *const *vendors);

/* Reads query and body; what cannot be read is an empty query or no body. */
void call_read(struct call *call, const char *bytes, size_t length);

/* Decodes a=b&c=d into an object of strings. */
json_t *form_decode(struct arena *arena, const char *text, size_t length);

/* Objects of this call, freed with it. */
json_t *call_keep(struct call *call, json_t *value);

/* NULL when missing or no string. */
const char *call_header(const struct call *call, const char *name);
const char *call_query(const struct call *call, const char *name);
const char *call_field(const struct call *call, const char *name);

/* The token behind "Bearer ", or NULL. */
const char *call_bearer(const struct call *call);

long call_query_long(const struct call *call, const char *name, long otherwise);

/* Takes body over. */
void reply_json(struct call *call, int status, json_t *body);
void reply_text(struct call *call, int status, const char *type, const char *body);
void reply_header(struct call *call, const char *name, const char *value);

#endif
