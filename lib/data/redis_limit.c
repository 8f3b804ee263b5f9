/* The rate limit: GCRA, one key a limit, in one step inside Redis by Redis' own clock. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "lib/data/redis_pool.h"

/* The key holds the instant (ms) at which everything taken is paid back. Each take adds
 * window / limit to it, and is refused when that would lie more than a window ahead. A tolerance of
 * 0.01 ms swallows what rounding leaves. */
static const char script[] =
	"local t = redis.call('TIME')\n"
	"local now = t[1] * 1000 + t[2] / 1000\n"
	"local window = ARGV[2] * 1000\n"
	"local step = window / ARGV[1]\n"
	"local full = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now) + step\n"
	"local left = now - (full - window)\n"
	"if left < -0.01 then return {1, 0, math.ceil(-left / 1000)} end\n"
	"redis.call('SET', KEYS[1], string.format('%.3f', full), 'PX', math.ceil(full - now))\n"
	"return {0, math.floor((left + 0.01) / step), math.ceil((full - now) / 1000)}\n";

void redis_limit_hash(char ret_sha1[41])
{
	unsigned char digest[20];

	if (gnutls_hash_fast(GNUTLS_DIG_SHA1, script, strlen(script), digest) < 0)
		abort();
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(ret_sha1 + 2 * i, 3, "%02x", digest[i]);
}

static bool is_unknown_script(const struct redis_reply *reply)
{
	return reply->kind == REDIS_ERROR && strncmp(reply->text, "NOSCRIPT", 8) == 0;
}

static bool run_script(
	struct redis *redis, struct arena *arena, const char **argv, struct redis_reply *ret)
{
	if (!redis_command(redis, arena, 0, 6, argv, ret))
		return false;
	if (!is_unknown_script(ret))
		return true;
	argv[0] = "EVAL";
	argv[1] = script;
	return redis_command(redis, arena, 0, 6, argv, ret);
}

bool redis_limit_take(struct redis *redis, struct arena *arena, const char *key, long limit,
	long window_s, struct redis_limit *ret)
{
	const char *argv[] = {"EVALSHA", redis->limit_sha1, "1", key,
		arena_printf(arena, "%ld", limit), arena_printf(arena, "%ld", window_s)};
	struct redis_reply reply;

	if (limit < 1 || window_s < 1)
		abort();
	if (!run_script(redis, arena, argv, &reply) || reply.kind != REDIS_LIST || reply.count != 3)
		return false;
	*ret = (struct redis_limit){
		.exceeded = reply.items[0].integer == 1,
		.remaining = reply.items[1].integer,
		.reset_s = (long)reply.items[2].integer,
	};
	return true;
}
