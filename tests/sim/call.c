/* Takes requests apart and puts replies together. */
#include "tests/sim/call.h"

#include <stdlib.h>
#include <string.h>
#include <ulfius.h>

static void forget_json(void *value)
{
	json_decref(value);
}

json_t *call_keep(struct call *call, json_t *value)
{
	arena_defer(call->arena, forget_json, value);
	return value;
}

static int hex_digit(char digit)
{
	const char *digits = "0123456789abcdef0123456789ABCDEF";
	const char *at = digit ? strchr(digits, digit) : NULL;

	return at ? (int)(at - digits) % 16 : -1;
}

static char *url_decode(struct arena *arena, const char *text, size_t length, bool form)
{
	char *decoded = arena_alloc(arena, length + 1);
	size_t end = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] == '%' && i + 2 < length && hex_digit(text[i + 1]) >= 0 &&
			hex_digit(text[i + 2]) >= 0) {
			decoded[end++] =
				(char)(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
			i += 2;
		} else {
			decoded[end++] = text[i];
			if (form && text[i] == '+')
				decoded[end - 1] = ' ';
		}
	}
	return decoded;
}

json_t *form_decode(struct arena *arena, const char *text, size_t length)
{
	const char *end = text + length;
	json_t *fields = json_object();

	while (text < end) {
		const char *next = memchr(text, '&', (size_t)(end - text));
		const char *stop = next ? next : end;
		const char *equals = memchr(text, '=', (size_t)(stop - text));
		const char *name_end = equals ? equals : stop;
		const char *value = equals ? equals + 1 : stop;

		if (name_end > text)
			json_object_set_new(fields,
				url_decode(arena, text, (size_t)(name_end - text), true),
				json_string(
					url_decode(arena, value, (size_t)(stop - value), true)));
		text = stop + 1;
	}
	return fields;
}

static void split_path(struct call *call, const char *path)
{
	char *last;
	size_t length;

	while (*path) {
		size_t word = strcspn(path, "/");

		if (word && call->segment_count < CALL_SEGMENTS_MAX)
			call->segments[call->segment_count++] =
				url_decode(call->arena, path, word, false);
		path += word + (path[word] == '/');
	}
	if (!call->segment_count)
		return;
	last = call->segments[call->segment_count - 1];
	length = strlen(last);
	if (length > 5 && !strcmp(last + length - 5, ".json"))
		last[length - 5] = '\0';
}

static bool fits(const struct call *call, const char *pattern)
{
	size_t at = 0;

	while (*pattern == '/') {
		size_t word = strcspn(++pattern, "/");
		bool any = word == 1 && *pattern == ':';

		if (at == call->segment_count)
			return false;
		if (!any &&
			(strlen(call->segments[at]) != word ||
				strncmp(call->segments[at], pattern, word) != 0))
			return false;
		pattern += word;
		at++;
	}
	return at == call->segment_count;
}

static void find_route(struct call *call)
{
	for (size_t i = 0; i < call->vendor->route_count; i++) {
		const struct route *route = &call->vendor->routes[i];

		if (!strcmp(route->method, call->method) && fits(call, route->pattern)) {
			call->route = route;
			return;
		}
	}
}

bool call_find(struct call *call, const struct vendor *const *vendors)
{
	for (; *vendors; vendors++) {
		size_t length = strlen((*vendors)->prefix);

		if (strncmp(call->path, (*vendors)->prefix, length) != 0 ||
			(call->path[length] && call->path[length] != '/'))
			continue;
		call->vendor = *vendors;
		split_path(call, call->path + length);
		find_route(call);
		return true;
	}
	return false;
}

void call_read(struct call *call, const char *bytes, size_t length)
{
	const char *type = call_header(call, "Content-Type");

	call->query = call_keep(
		call, form_decode(call->arena, call->query_text, strlen(call->query_text)));
	if (!length)
		return;
	if (type && !strncasecmp(type, "application/x-www-form-urlencoded", 33))
		call->body = form_decode(call->arena, bytes, length);
	if (!call->body || bytes[0] == '{') {
		json_decref(call->body);
		call->body = json_loadb(bytes, length, 0, NULL);
	}
	call_keep(call, call->body);
}

const char *call_header(const struct call *call, const char *name)
{
	return u_map_get_case(call->request->map_header, name);
}

const char *call_query(const struct call *call, const char *name)
{
	return json_string_value(json_object_get(call->query, name));
}

const char *call_field(const struct call *call, const char *name)
{
	return json_string_value(json_object_get(call->body, name));
}

const char *call_bearer(const struct call *call)
{
	const char *value = call_header(call, "Authorization");

	return value && !strncmp(value, "Bearer ", 7) ? value + 7 : NULL;
}

long call_query_long(const struct call *call, const char *name, long otherwise)
{
	const char *text = call_query(call, name);
	char *end;
	long value = text ? strtol(text, &end, 10) : 0;

	return text && *text && !*end && value >= 0 ? value : otherwise;
}

void reply_json(struct call *call, int status, json_t *body)
{
	const struct text *text = json_text(call->arena, body, 0);

	json_decref(body);
	reply_text(call, status, "application/json; charset=utf-8", text->data);
	call->reply.length = text->length;
}

void reply_text(struct call *call, int status, const char *type, const char *body)
{
	call->reply.status = status;
	call->reply.type = type;
	call->reply.body = body;
	call->reply.length = strlen(body);
}

void reply_header(struct call *call, const char *name, const char *value)
{
	struct reply *reply = &call->reply;

	if (reply->header_count < CALL_HEADERS_MAX)
		reply->headers[reply->header_count++] = (struct header){name, value};
}
