/* Redis through hiredis: a small pool, 500 ms deadlines, and it may be away. Redis holds only what
 * may be lost: streams of job ids, rate limits, caches. Every call says whether it worked; after a
 * failure the pool stays away for a moment instead of making every caller wait. */
#ifndef CARE_DATA_REDIS_H
#define CARE_DATA_REDIS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/core/arena.h"

struct redis;

/* url: redis://[[user]:password@]host[:port][/db] or unix:/path; nothing is percent-decoded. Never
 * fails for an unreachable server; NULL only for a url it cannot read. Makes the process ignore
 * SIGPIPE, because hiredis writes without MSG_NOSIGNAL. */
struct redis *redis_open(const char *url, int connections_max);
void redis_close(struct redis *redis);
bool redis_is_reachable(struct redis *redis);

/* A reply, copied into the arena. */
enum redis_kind { REDIS_NONE, REDIS_TEXT, REDIS_INTEGER, REDIS_LIST, REDIS_ERROR };
struct redis_reply {
	enum redis_kind kind;
	const char *text; /* also an error's words */
	long long integer;
	const struct redis_reply *items;
	size_t count;
};

/* One command; argv are NUL-terminated. block_ms > 0 lengthens the deadline for XREADGROUP BLOCK.
 * False when the server could not be asked; an error reply is true with REDIS_ERROR. A command that
 * meets a closing connection is sent again once, so in theory it may run twice. */
bool redis_command(struct redis *redis, struct arena *arena, int block_ms, int argc,
	const char *const *argv, struct redis_reply *ret);

/* Many commands in one round trip; replies in order. */
struct redis_batch {
	int argc;
	const char *const *argv;
};
bool redis_pipeline(struct redis *redis, struct arena *arena, const struct redis_batch *commands,
	size_t count, struct redis_reply *ret);

/* Takes one of limit per window_s from key (GCRA: at once as many as limit, then one each
 * window_s / limit seconds). False when Redis is away: the caller fails open and says so in the
 * log. */
struct redis_limit {
	long long remaining; /* that could be taken at once now */
	long reset_s;        /* until one can be taken again when exceeded, else until all can */
	bool exceeded;
};
bool redis_limit_take(struct redis *redis, struct arena *arena, const char *key, long limit,
	long window_s, struct redis_limit *ret);

#endif
