/* The connections to Redis. Only lib/data includes this. */
#ifndef CARE_DATA_REDIS_POOL_H
#define CARE_DATA_REDIS_POOL_H

#include <pthread.h>
#include <stdint.h>

#include <hiredis/hiredis.h>

#include "lib/data/redis.h"

enum { REDIS_REPLY_MS = 500 };

/* Where the server is, as the url says. Strings are malloc'ed, NULL when absent. */
struct redis_address {
	char *path; /* of a unix socket; NULL for TCP */
	char *host;
	int port;
	char *user;
	char *password;
	int database;
};

/* False for a url that cannot be read; nothing to free then. */
bool redis_address_parse(const char *url, struct redis_address *ret);
void redis_address_free(struct redis_address *address);

struct redis {
	struct redis_address address;
	int connections_max;
	char limit_sha1[41]; /* of the limiter's script */
	pthread_mutex_t lock;
	pthread_cond_t freed;
	/* Below under lock. */
	redisContext **idle;
	int idle_count;
	int in_use;
	int64_t away_until_ms;
};

/* A live connection, or NULL: away, or none free within REDIS_REPLY_MS. */
redisContext *redis_take(struct redis *redis);

/* Takes it back; one that has failed is closed, and the pool stays away for a moment. */
void redis_give(struct redis *redis, redisContext *context);

/* Closes it without staying away. */
void redis_discard(struct redis *redis, redisContext *context);

/* The script's name for EVALSHA. */
void redis_limit_hash(char ret_sha1[41]);

#endif
