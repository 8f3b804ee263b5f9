/* Finding the route of a path: the contract's table, most literal path first. */
#include "lib/http/route.h"

#include <string.h>

#include "lib/core/text.h"
#include "lib/http/url.h"

enum { SEGMENTS_MAX = 16 };

struct segments {
	const char *parts[SEGMENTS_MAX];
	size_t count;
};

/* Decoded once. False for a path that cannot be any route's: empty segments (a slash at the end
 * makes one), encoded slashes, broken escapes. */
static bool split(struct arena *arena, const char *path, struct segments *ret)
{
	ret->count = 0;
	while (*path == '/') {
		size_t length = strcspn(path + 1, "/");
		const char *part = url_decode(arena, path + 1, length, false);

		if (!part || !*part || strchr(part, '/') || ret->count == SEGMENTS_MAX)
			return false;
		ret->parts[ret->count++] = part;
		path += 1 + length;
	}
	return *path == '\0';
}

/* Compares segment by segment; {parameters} take any segment into ret. */
static bool fits(const char *pattern, const struct segments *segments, struct route_match *ret)
{
	size_t taken = 0;

	for (size_t i = 0; i < segments->count; i++) {
		const char *part = segments->parts[i];
		size_t length;

		if (*pattern != '/')
			return false;
		length = strcspn(++pattern, "/");
		if (*pattern == '{')
			ret->values[taken++] = part;
		else if (strlen(part) != length || strncmp(pattern, part, length) != 0)
			return false;
		pattern += length;
	}
	return *pattern == '\0';
}

/* The methods of the path that starts at index; routes of one path stand together. */
static const char *allowed(struct arena *arena, int index)
{
	struct text *text = text_new(arena);

	for (int i = index; i < route_count && strcmp(routes[i].path, routes[index].path) == 0;
		i++) {
		text_add(text, routes[i].method);
		text_add(text, strcmp(routes[i].method, "GET") == 0 ? ", HEAD, " : ", ");
	}
	text_add(text, "OPTIONS");
	return text->data;
}

static const struct route *with_method(int index, const char *method)
{
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	for (int i = index; i < route_count && strcmp(routes[i].path, routes[index].path) == 0; i++)
		if (strcmp(routes[i].method, method) == 0)
			return &routes[i];
	return NULL;
}

void route_find(struct arena *arena, const char *method, const char *path, bool ops,
	struct route_match *ret)
{
	struct segments segments;

	memset(ret, 0, sizeof(*ret));
	if (!split(arena, path, &segments))
		return;
	for (int i = 0; i < route_count; i++) {
		if (routes[i].ops != ops || !fits(routes[i].path, &segments, ret))
			continue;
		ret->route = with_method(i, method);
		ret->allow = allowed(arena, i);
		return;
	}
}
