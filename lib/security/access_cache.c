/* A set-associative table in shards, each behind its own mutex. */
#include "lib/security/access_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/security/access_parse.h"
#include "lib/security/digest.h"

enum { SHARDS = 16, WAYS = 8, STEP = SHARDS * WAYS };

/* trusted_until_s 0: empty. */
struct entry {
	unsigned char digest[SHA256_SIZE];
	int64_t trusted_until_s;
	struct access_claims claims;
};

struct shard {
	pthread_mutex_t lock;
	uint64_t epoch; /* how often something was forgotten */
	struct entry *entries;
};

struct access_token_cache {
	int64_t trust_s;
	size_t sets; /* of a shard; each has WAYS entries */
	struct shard shards[SHARDS];
};

struct access_token_cache *access_token_cache_new(size_t entries, int64_t trust_s)
{
	struct access_token_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		abort();
	cache->trust_s = trust_s;
	cache->sets = (entries + STEP - 1) / STEP;
	if (!cache->sets)
		cache->sets = 1;
	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *shard = &cache->shards[i];

		pthread_mutex_init(&shard->lock, NULL);
		shard->entries = calloc(cache->sets * WAYS, sizeof(*shard->entries));
		if (!shard->entries)
			abort();
	}
	return cache;
}

void access_token_cache_free(struct access_token_cache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < SHARDS; i++) {
		free(cache->shards[i].entries);
		pthread_mutex_destroy(&cache->shards[i].lock);
	}
	free(cache);
}

static struct shard *shard_of(struct access_token_cache *cache, const unsigned char *digest)
{
	return &cache->shards[digest[0] % SHARDS];
}

/* The WAYS entries a digest may stand in. Whoever can choose digests still has to have signed
 * tokens. */
static struct entry *set_of(const struct access_token_cache *cache, const struct shard *shard,
	const unsigned char *digest)
{
	size_t number;

	memcpy(&number, digest + 1, sizeof(number));
	return shard->entries + number % cache->sets * WAYS;
}

/* Not in constant time: a digest of the attacker's own token tells him nothing. */
static struct entry *find_entry(struct entry *set, const unsigned char *digest)
{
	for (size_t i = 0; i < WAYS; i++)
		if (set[i].trusted_until_s && memcmp(set[i].digest, digest, SHA256_SIZE) == 0)
			return &set[i];
	return NULL;
}

static bool still_holds(const struct entry *entry, int64_t now_s)
{
	return now_s < entry->trusted_until_s &&
		access_claims_in_time(&entry->claims, now_s) == ACCESS_OK;
}

bool access_cache_find(struct access_token_cache *cache, const char *token, int64_t now_s,
	struct access_claims *ret, struct access_ticket *ret_ticket)
{
	struct access_ticket ticket;
	struct shard *shard;
	struct entry *entry;
	bool found;

	sha256_raw(token, strlen(token), ticket.digest);
	shard = shard_of(cache, ticket.digest);
	pthread_mutex_lock(&shard->lock);
	ticket.epoch = shard->epoch;
	entry = find_entry(set_of(cache, shard, ticket.digest), ticket.digest);
	found = entry && still_holds(entry, now_s);
	if (found)
		*ret = entry->claims;
	pthread_mutex_unlock(&shard->lock);
	if (!found)
		*ret_ticket = ticket;
	return found;
}

/* Its own place, else an empty one (trusted until 0), else the one that would go first anyway. */
static struct entry *place_for(struct entry *set, const unsigned char *digest)
{
	struct entry *place = find_entry(set, digest);

	if (place)
		return place;
	place = set;
	for (size_t i = 1; i < WAYS; i++)
		if (set[i].trusted_until_s < place->trusted_until_s)
			place = &set[i];
	return place;
}

void access_cache_keep(struct access_token_cache *cache, const struct access_ticket *ticket,
	const struct access_claims *claims, int64_t now_s)
{
	struct shard *shard = shard_of(cache, ticket->digest);
	int64_t until_s = claims->expires_at_s + ACCESS_SKEW_S;
	struct entry *entry;

	if (cache->trust_s && now_s + cache->trust_s < until_s)
		until_s = now_s + cache->trust_s;
	pthread_mutex_lock(&shard->lock);
	if (shard->epoch == ticket->epoch) {
		entry = place_for(set_of(cache, shard, ticket->digest), ticket->digest);
		memcpy(entry->digest, ticket->digest, SHA256_SIZE);
		entry->trusted_until_s = until_s;
		entry->claims = *claims;
	}
	pthread_mutex_unlock(&shard->lock);
}

static void forget_in(struct shard *shard, size_t count, const char *session_id)
{
	pthread_mutex_lock(&shard->lock);
	shard->epoch++;
	for (size_t i = 0; i < count; i++) {
		struct entry *entry = &shard->entries[i];

		if (entry->trusted_until_s && strcmp(entry->claims.session_id, session_id) == 0)
			entry->trusted_until_s = 0;
	}
	pthread_mutex_unlock(&shard->lock);
}

void access_token_forget(struct access_token_cache *cache, const char *session_id)
{
	for (size_t i = 0; i < SHARDS; i++)
		forget_in(&cache->shards[i], cache->sets * WAYS, session_id);
}
