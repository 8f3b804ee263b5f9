/* Completing an answer. A header that the handler has set is left alone. */
#include "api/finish.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "lib/core/text.h"
#include "lib/http/etag.h"
#include "lib/http/route.h"

enum { GZIP_MIN = 1024, GZIP_LEVEL = 5 };

static const char *find(const struct reply *reply, const char *name)
{
	for (size_t i = 0; i < reply->header_count; i++)
		if (strcasecmp(reply->headers[i].name, name) == 0)
			return reply->headers[i].value;
	return NULL;
}

static void set_default(struct request *rq, const char *name, const char *value)
{
	if (!find(&rq->reply, name))
		reply_header(rq, name, value);
}

/* True when list ("a, b;q=0.5") has the word, and not with q=0. */
static bool accepts(const char *list, const char *word)
{
	size_t length = strlen(word);

	while (list && *list) {
		const char *quality;
		size_t item;

		list += strspn(list, " \t,");
		item = strcspn(list, ",");
		quality = memmem(list, item, "q=", 2);
		if (strcspn(list, " \t,;") == length && strncasecmp(list, word, length) == 0)
			return !quality || strtod(quality + 2, NULL) > 0;
		list += item;
	}
	return false;
}

static bool is_text(const char *content_type)
{
	return content_type &&
		(strncmp(content_type, "text/", 5) == 0 || strstr(content_type, "json"));
}

static bool wants_gzip(const struct request *rq)
{
	return rq->reply.length > GZIP_MIN && is_text(rq->reply.content_type) &&
		!find(&rq->reply, "Content-Encoding") &&
		accepts(request_header(rq, "Accept-Encoding"), "gzip");
}

static bool compress_body(struct request *rq)
{
	z_stream stream = {0};
	size_t room;
	char *packed;
	int result;

	if (deflateInit2(&stream, GZIP_LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	room = deflateBound(&stream, rq->reply.length);
	packed = arena_alloc(rq->work.arena, room);
	stream.next_in = (z_const Bytef *)(uintptr_t)rq->reply.body;
	stream.avail_in = (uInt)rq->reply.length;
	stream.next_out = (Bytef *)packed;
	stream.avail_out = (uInt)room;
	result = deflate(&stream, Z_FINISH);
	deflateEnd(&stream);
	if (result != Z_STREAM_END)
		return false;
	rq->reply.body = packed;
	rq->reply.length = stream.total_out;
	reply_header(rq, "Content-Encoding", "gzip");
	return true;
}

/* The tag names the bytes before compression, with a mark when they are compressed. True when the
 * caller has them already. */
static bool add_etag(struct request *rq, bool gzip)
{
	const char *known = request_header(rq, "If-None-Match"), *tag;

	if (!rq->route || !rq->route->etag || rq->reply.status != 200)
		return false;
	tag = etag_make(rq->work.arena, rq->reply.body, rq->reply.length, gzip);
	reply_header(rq, "ETag", tag);
	return known && strcmp(rq->route->method, "GET") == 0 && etag_listed(known, tag, false);
}

static void shrink(struct request *rq)
{
	bool gzip = wants_gzip(rq);

	if (add_etag(rq, gzip)) {
		reply_empty(rq, 304);
		return;
	}
	if (gzip)
		compress_body(rq);
}

static bool is_allowed_origin(const char *list, const char *origin)
{
	size_t length = strlen(origin);

	while (*list) {
		size_t item = strcspn(list, ", ");

		if (item == length && strncmp(list, origin, length) == 0)
			return true;
		list += item + strspn(list + item, ", ");
	}
	return false;
}

static void add_cors(struct server *server, struct request *rq)
{
	const char *origin = request_header(rq, "Origin"), *allow = find(&rq->reply, "Allow");

	if (!origin || !is_allowed_origin(server->service.config->cors_origins, origin))
		return;
	reply_header(rq, "Access-Control-Allow-Origin", arena_strdup(rq->work.arena, origin));
	if (strcmp(rq->method, "OPTIONS") != 0) {
		reply_header(rq, "Access-Control-Expose-Headers",
			"Age, ETag, Idempotent-Replayed, Location, RateLimit, RateLimit-Policy, "
			"Retry-After, X-Request-Id");
		return;
	}
	/* Nothing at this path: nothing is allowed there. */
	if (!allow || !request_header(rq, "Access-Control-Request-Method"))
		return;
	set_default(rq, "Access-Control-Allow-Methods", allow);
	reply_header(rq, "Access-Control-Allow-Headers",
		"Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, "
		"X-Link-Token, X-Request-Id, traceparent");
	reply_header(rq, "Access-Control-Max-Age", "600");
}

/* Nobody between us and the caller keeps an answer; a public one with a tag may be kept and asked
 * about. */
static const char *cache_rule(const struct request *rq)
{
	bool is_public = rq->caller.role == ROLE_PUBLIC && !request_header(rq, "Authorization");

	return is_public && find(&rq->reply, "ETag") ? "no-cache" : "no-store";
}

static void add_safety(struct server *server, struct request *rq)
{
	set_default(rq, "Cache-Control", cache_rule(rq));
	set_default(rq, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
	reply_header(rq, "X-Content-Type-Options", "nosniff");
	reply_header(rq, "Referrer-Policy", "no-referrer");
	if (strncmp(server->service.config->public_url, "https://", 8) == 0)
		reply_header(rq, "Strict-Transport-Security", "max-age=31536000");
	if (atomic_load(&server->draining))
		reply_header(rq, "Connection", "close");
}

void finish(struct server *server, struct request *rq)
{
	if (rq->reply.status == 200)
		shrink(rq);
	reply_header(rq, "X-Request-Id", rq->work.request_id);
	reply_header(rq, "Vary", "Accept-Encoding, Authorization, Origin, X-Link-Token");
	add_cors(server, rq);
	add_safety(server, rq);
}
