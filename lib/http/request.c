/* What a handler says to the request it answers. */
#include "lib/http/request.h"

#include <stdlib.h>
#include <string.h>

#include <ulfius.h>

#include "lib/http/etag.h"

const char *request_header(const struct request *rq, const char *name)
{
	return rq->headers ? u_map_get_case(rq->headers, name) : NULL;
}

const char *request_address(const struct request *rq)
{
	return rq->caller.address ? rq->caller.address : "";
}

static enum problem set_reply(
	struct request *rq, int status, const char *content_type, const char *body, size_t length)
{
	rq->reply.status = status;
	rq->reply.content_type = content_type;
	rq->reply.body = body;
	rq->reply.length = length;
	return P_OK;
}

enum problem reply_json(struct request *rq, int status, const char *json)
{
	return set_reply(rq, status, "application/json", json, strlen(json));
}

enum problem reply_empty(struct request *rq, int status)
{
	return set_reply(rq, status, NULL, NULL, 0);
}

enum problem reply_bytes(
	struct request *rq, const char *content_type, const char *bytes, size_t length)
{
	return set_reply(rq, 200, content_type, bytes, length);
}

enum problem reply_redirect(struct request *rq, const char *url)
{
	reply_header(rq, "Location", url);
	return reply_empty(rq, 303);
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

void reply_header(struct request *rq, const char *name, const char *value)
{
	size_t i = 0;

	if (has_control(name) || has_control(value))
		abort();
	while (i < rq->reply.header_count && strcasecmp(rq->reply.headers[i].name, name) != 0)
		i++;
	if (i == sizeof(rq->reply.headers) / sizeof(rq->reply.headers[0]))
		abort();
	rq->reply.headers[i].name = name;
	rq->reply.headers[i].value = value;
	if (i == rq->reply.header_count)
		rq->reply.header_count++;
}

enum problem request_if_match(struct request *rq, const char *current_json)
{
	const char *list = request_header(rq, "If-Match");
	const char *tag = etag_make(rq->work.arena, current_json, strlen(current_json), false);

	if (!list || etag_listed(list, tag, true))
		return P_OK;
	return fail(&rq->work, P_PRECONDITION_FAILED, "the current ETag is %s", tag);
}
