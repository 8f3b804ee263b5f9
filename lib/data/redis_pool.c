/* Opening connections to Redis, sharing them, and staying away after a failure. */
#include "lib/data/redis_pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "lib/data/connection.h"

enum { AWAY_MS = 500 };

static const struct timeval reply_timeout = {.tv_usec = REDIS_REPLY_MS * 1000L};

struct redis *redis_open(const char *url, int connections_max)
{
	struct redis_address address;
	pthread_condattr_t attributes;
	struct redis *redis;

	if (connections_max < 1 || !redis_address_parse(url, &address))
		return NULL;
	/* hiredis writes without MSG_NOSIGNAL. */
	signal(SIGPIPE, SIG_IGN);
	redis = calloc(1, sizeof(*redis));
	if (!redis)
		abort();
	redis->address = address;
	redis->connections_max = connections_max;
	redis->idle = calloc((size_t)connections_max, sizeof(redisContext *));
	if (!redis->idle)
		abort();
	redis_limit_hash(redis->limit_sha1);
	pthread_mutex_init(&redis->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&redis->freed, &attributes);
	pthread_condattr_destroy(&attributes);
	return redis;
}

void redis_close(struct redis *redis)
{
	if (!redis)
		return;
	while (redis->idle_count)
		redisFree(redis->idle[--redis->idle_count]);
	pthread_cond_destroy(&redis->freed);
	pthread_mutex_destroy(&redis->lock);
	redis_address_free(&redis->address);
	free(redis->idle);
	free(redis);
}

/* One command whose answer must not be an error. */
static bool tell(redisContext *context, int argc, const char **argv)
{
	redisReply *reply = redisCommandArgv(context, argc, argv, NULL);
	bool good = reply && reply->type != REDIS_REPLY_ERROR;

	if (reply)
		freeReplyObject(reply);
	return good;
}

static bool greet(redisContext *context, const struct redis_address *address)
{
	char number[16];

	if (address->password) {
		const char *named[] = {"AUTH", address->user, address->password};
		const char *unnamed[] = {"AUTH", address->password};

		if (!(address->user ? tell(context, 3, named) : tell(context, 2, unnamed)))
			return false;
	}
	if (address->database) {
		const char *choose[] = {"SELECT", number};

		snprintf(number, sizeof(number), "%d", address->database);
		return tell(context, 2, choose);
	}
	return true;
}

static redisContext *open_context(const struct redis_address *address)
{
	redisContext *context = address->path
		? redisConnectUnixWithTimeout(address->path, reply_timeout)
		: redisConnectWithTimeout(address->host, address->port, reply_timeout);

	if (!context)
		abort();
	if (context->err || redisSetTimeout(context, reply_timeout) != REDIS_OK ||
		!greet(context, address)) {
		redisFree(context);
		return NULL;
	}
	return context;
}

/* Nobody asked it anything, so whatever stands there to be read is its farewell. */
static bool is_alive(const redisContext *context)
{
	struct pollfd fd = {.fd = context->fd, .events = POLLIN};

	return poll(&fd, 1, 0) == 0;
}

static redisContext *pop_alive(struct redis *redis)
{
	while (redis->idle_count) {
		redisContext *context = redis->idle[--redis->idle_count];

		if (is_alive(context))
			return context;
		redisFree(context);
	}
	return NULL;
}

/* Waits until one is free; false at the deadline. Under lock. */
static bool wait_turn(struct redis *redis)
{
	int64_t deadline_ms = monotonic_ms() + REDIS_REPLY_MS;
	struct timespec until = {
		.tv_sec = (time_t)(deadline_ms / 1000),
		.tv_nsec = (long)(deadline_ms % 1000) * 1000000,
	};

	while (redis->in_use >= redis->connections_max) {
		if (pthread_cond_timedwait(&redis->freed, &redis->lock, &until) == ETIMEDOUT)
			return false;
	}
	return true;
}

redisContext *redis_take(struct redis *redis)
{
	redisContext *context = NULL;
	bool turn, away;

	pthread_mutex_lock(&redis->lock);
	away = monotonic_ms() < redis->away_until_ms;
	turn = !away && wait_turn(redis);
	if (turn) {
		redis->in_use++;
		context = pop_alive(redis);
	}
	pthread_mutex_unlock(&redis->lock);
	if (!turn || context)
		return context;
	context = open_context(&redis->address);
	if (!context)
		redis_give(redis, NULL);
	return context;
}

void redis_give(struct redis *redis, redisContext *context)
{
	bool failed = !context || context->err;

	if (context && failed)
		redisFree(context);
	pthread_mutex_lock(&redis->lock);
	redis->in_use--;
	if (failed)
		redis->away_until_ms = monotonic_ms() + AWAY_MS;
	else
		redis->idle[redis->idle_count++] = context;
	pthread_cond_signal(&redis->freed);
	pthread_mutex_unlock(&redis->lock);
}

void redis_discard(struct redis *redis, redisContext *context)
{
	redisFree(context);
	pthread_mutex_lock(&redis->lock);
	redis->in_use--;
	pthread_cond_signal(&redis->freed);
	pthread_mutex_unlock(&redis->lock);
}
