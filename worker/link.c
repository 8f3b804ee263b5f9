/* Redis comes and goes; the log tells once per change. */
#include "worker/link.h"

#include "lib/core/log.h"
#include "worker/bell.h"

enum { MOMENT_MS = 1000 };

void link_init(struct link *link)
{
	*link = (struct link){.forgetful = true};
	pthread_mutex_init(&link->lock, NULL);
}

void link_done(struct link *link)
{
	pthread_mutex_destroy(&link->lock);
}

void link_good(struct link *link)
{
	bool back;

	pthread_mutex_lock(&link->lock);
	back = link->away;
	if (link->failing_since_ms)
		link->forgetful = true;
	link->failing_since_ms = 0;
	link->away = false;
	pthread_mutex_unlock(&link->lock);
	if (back)
		log_event(LOG_LEVEL_INFO, "redis_back", NULL);
}

void link_bad(struct link *link, const char *error)
{
	int64_t now_ms = clock_ms();
	bool gone = false;

	pthread_mutex_lock(&link->lock);
	if (!link->failing_since_ms)
		link->failing_since_ms = now_ms;
	if (!link->away && now_ms - link->failing_since_ms >= MOMENT_MS) {
		link->away = gone = true;
		link->losses++;
	}
	pthread_mutex_unlock(&link->lock);
	if (gone)
		log_event(LOG_LEVEL_WARNING, "redis_away", "error", error, NULL);
}

void link_forgot(struct link *link)
{
	bool first;

	pthread_mutex_lock(&link->lock);
	first = !link->forgetful;
	link->forgetful = true;
	if (first)
		link->losses++;
	pthread_mutex_unlock(&link->lock);
	if (first)
		log_event(LOG_LEVEL_WARNING, "redis_forgot", NULL);
}

bool link_is_away(struct link *link)
{
	bool away;

	pthread_mutex_lock(&link->lock);
	away = link->away;
	pthread_mutex_unlock(&link->lock);
	return away;
}

bool link_is_forgetful(struct link *link)
{
	bool forgetful;

	pthread_mutex_lock(&link->lock);
	forgetful = link->forgetful;
	pthread_mutex_unlock(&link->lock);
	return forgetful;
}

void link_restored(struct link *link)
{
	pthread_mutex_lock(&link->lock);
	link->forgetful = false;
	pthread_mutex_unlock(&link->lock);
}

uint64_t link_losses(struct link *link)
{
	uint64_t losses;

	pthread_mutex_lock(&link->lock);
	losses = link->losses;
	pthread_mutex_unlock(&link->lock);
	return losses;
}
