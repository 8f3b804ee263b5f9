/* redis://[[user]:password@]host[:port][/database] or unix:/path */
#include <stdlib.h>
#include <string.h>

#include "lib/data/redis_pool.h"

enum { PORT = 6379, PORT_MAX = 65535, DATABASE_MAX = 1023 };

static char *copy(const char *bytes, size_t length)
{
	char *twin = strndup(bytes, length);

	if (!twin)
		abort();
	return twin;
}

/* A whole number up to most that ends at end. */
static bool read_number(const char *text, const char *end, long most, int *ret)
{
	char *stop;
	long number = strtol(text, &stop, 10);

	if (stop == text || stop != end || number < 0 || number > most)
		return false;
	*ret = (int)number;
	return true;
}

static void read_user(const char *text, const char *at, struct redis_address *ret)
{
	const char *colon = memchr(text, ':', (size_t)(at - text));

	if (!colon) {
		ret->password = copy(text, (size_t)(at - text));
		return;
	}
	if (colon != text)
		ret->user = copy(text, (size_t)(colon - text));
	ret->password = copy(colon + 1, (size_t)(at - colon - 1));
}

/* host, host:port, [::1]:port */
static bool read_host(const char *text, const char *end, struct redis_address *ret)
{
	const char *close = *text == '[' ? memchr(text, ']', (size_t)(end - text)) : NULL;
	const char *from = close ? close : text;
	const char *colon = memchr(from, ':', (size_t)(end - from));
	const char *host_end = colon ? colon : end;

	if (host_end == text || (close && close + 1 != host_end))
		return false;
	if (colon && !read_number(colon + 1, end, PORT_MAX, &ret->port))
		return false;
	ret->host = close ? copy(text + 1, (size_t)(close - text - 1))
			  : copy(text, (size_t)(host_end - text));
	return true;
}

static bool read_tcp(const char *text, struct redis_address *ret)
{
	const char *end = text + strlen(text), *slash = strchr(text, '/'), *at = NULL;
	const char *authority_end = slash ? slash : end;

	for (const char *p = text; p < authority_end; p++) {
		if (*p == '@')
			at = p;
	}
	if (at)
		read_user(text, at, ret);
	if (slash && slash[1] && !read_number(slash + 1, end, DATABASE_MAX, &ret->database))
		return false;
	return read_host(at ? at + 1 : text, authority_end, ret);
}

bool redis_address_parse(const char *url, struct redis_address *ret)
{
	static const char tcp[] = "redis://", local[] = "unix:/";
	struct redis_address address = {.port = PORT};

	if (strncmp(url, local, strlen(local)) == 0) {
		const char *path = url + strlen(local) - 1;

		address.path = copy(path, strlen(path));
	} else if (strncmp(url, tcp, strlen(tcp)) != 0 || !read_tcp(url + strlen(tcp), &address)) {
		redis_address_free(&address);
		return false;
	}
	*ret = address;
	return true;
}

void redis_address_free(struct redis_address *address)
{
	free(address->path);
	free(address->host);
	free(address->user);
	free(address->password);
}
