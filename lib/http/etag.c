/* Making entity tags and finding one in a list. */
#include "lib/http/etag.h"

#include <string.h>

#include "lib/security/digest.h"

enum { TAG_HEX = 32 };

const char *etag_make(struct arena *arena, const char *body, size_t length, bool gzip)
{
	return arena_printf(
		arena, "\"%.*s%s\"", TAG_HEX, sha256_hex(arena, body, length), gzip ? "-gzip" : "");
}

/* Both start with a quote and our hex; what follows is the end or -gzip. */
static bool is_same(const char *tag, const char *ours, size_t length)
{
	size_t rest = length - TAG_HEX - 1;

	return length > TAG_HEX + 1 && strncmp(tag, ours, TAG_HEX + 1) == 0 &&
		((rest == 1 && tag[TAG_HEX + 1] == '"') ||
			(rest == 6 && strncmp(tag + TAG_HEX + 1, "-gzip\"", 6) == 0));
}

bool etag_listed(const char *list, const char *tag, bool strong)
{
	while (*list) {
		bool weak;
		size_t length;

		list += strspn(list, " \t,");
		if (list[0] == '*')
			return true;
		weak = strncmp(list, "W/", 2) == 0;
		list += weak ? 2 : 0;
		length = strcspn(list, " \t,");
		if (!(weak && strong) && is_same(list, tag, length))
			return true;
		list += length;
	}
	return false;
}
