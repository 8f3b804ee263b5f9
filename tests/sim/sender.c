/* Posts webhooks with one curl multi handle; wakes by curl_multi_wakeup, never polls. */
#include "tests/sim/sender.h"

#include <curl/curl.h>
#include <string.h>

#include "tests/sim/clock.h"
#include "tests/sim/later.h"

enum { TRANSFERS_MAX = 256 };

/* One post, or one that never left: an entry of the log, and of the queue while it waits. */
struct attempt {
	struct attempt *next;
	struct delivery *delivery;
	struct sender *sender;
	struct curl_slist *headers;
	CURL *easy;
	size_t index;
	int64_t at_ms, took_ms;
	long status;
	const char *error;
	bool done;
};

struct sender {
	struct sim *sim;
	struct arena *own_arena;
	struct arena *arena; /* of attempts */
	CURLM *multi;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t idle;
	struct attempt *first, *last;
	struct list attempts;
	struct list running; /* only the thread's */
	size_t pending;
	bool stopping, resetting;
};

static size_t ignore_reply(char *bytes, size_t size, size_t count, void *nothing)
{
	(void)bytes;
	(void)nothing;
	return size * count;
}

static void start_transfer(struct attempt *attempt)
{
	const struct delivery *delivery = attempt->delivery;
	CURL *easy = curl_easy_init();

	attempt->headers = curl_slist_append(NULL, "Expect:");
	for (int i = 0; i < DELIVERY_HEADERS_MAX && delivery->headers[i]; i++)
		attempt->headers = curl_slist_append(attempt->headers, delivery->headers[i]);
	curl_easy_setopt(easy, CURLOPT_URL, delivery->url);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, attempt->headers);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)delivery->length);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, delivery->body);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, delivery->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore_reply);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, (void *)attempt);
	attempt->easy = easy;
	attempt->at_ms = clock_real_ms();
	curl_multi_add_handle(attempt->sender->multi, easy);
	list_add(&attempt->sender->running, attempt);
}

static void end_transfer(struct attempt *attempt)
{
	struct list *running = &attempt->sender->running;

	curl_multi_remove_handle(attempt->sender->multi, attempt->easy);
	curl_easy_cleanup(attempt->easy);
	curl_slist_free_all(attempt->headers);
	attempt->easy = NULL;
	for (size_t i = 0; i < running->count; i++) {
		if (running->items[i] == attempt) {
			running->items[i] = running->items[--running->count];
			return;
		}
	}
}

static void push_again(struct sim *sim, void *delivery)
{
	sender_push(sim->sender, delivery);
}

static void plan_retry(struct attempt *attempt)
{
	struct delivery *delivery = attempt->delivery;
	int64_t wait_ms;

	delivery->posts++;
	if (attempt->status == 410 && delivery->gone)
		later_real(delivery->sim, 0, delivery->gone, delivery);
	wait_ms = delivery->retry_ms(delivery, attempt->status);
	if (wait_ms >= 0)
		later_real(delivery->sim, (int64_t)((double)wait_ms * delivery->scale), push_again,
			delivery);
}

static void finish(struct sender *sender, const CURLMsg *message)
{
	struct attempt *attempt = NULL;
	CURLcode result = message->data.result;

	curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&attempt);
	pthread_mutex_lock(&sender->lock);
	curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &attempt->status);
	if (result != CURLE_OK) {
		attempt->status = 0;
		attempt->error = curl_easy_strerror(result);
	}
	attempt->took_ms = clock_real_ms() - attempt->at_ms;
	attempt->done = true;
	sender->pending--;
	pthread_mutex_unlock(&sender->lock);
	plan_retry(attempt);
	end_transfer(attempt);
}

static void start_queued(struct sender *sender)
{
	while (sender->first && sender->running.count < TRANSFERS_MAX) {
		struct attempt *attempt = sender->first;

		sender->first = attempt->next;
		if (!sender->first)
			sender->last = NULL;
		start_transfer(attempt);
	}
}

static void forget_all(struct sender *sender)
{
	while (sender->running.count)
		end_transfer(sender->running.items[0]);
	sender->first = sender->last = NULL;
	sender->pending = 0;
	arena_free(sender->arena);
	sender->arena = arena_new();
	sender->attempts = (struct list){.arena = sender->arena};
	sender->resetting = false;
	pthread_cond_broadcast(&sender->idle);
}

/* One turn of the loop under the lock; false when it is over. */
static bool take_orders(struct sender *sender)
{
	bool going;

	pthread_mutex_lock(&sender->lock);
	going = !sender->stopping;
	if (sender->resetting || !going)
		forget_all(sender);
	else
		start_queued(sender);
	pthread_mutex_unlock(&sender->lock);
	return going;
}

static void *sender_loop(void *argument)
{
	struct sender *sender = argument;
	const CURLMsg *message;
	int count;

	while (take_orders(sender)) {
		bool finished = false;

		curl_multi_perform(sender->multi, &count);
		while ((message = curl_multi_info_read(sender->multi, &count))) {
			finish(sender, message);
			finished = true;
		}
		if (!finished)
			curl_multi_poll(sender->multi, NULL, 0, 60000, NULL);
	}
	return NULL;
}

struct sender *sender_start(struct sim *sim)
{
	struct arena *arena = arena_new();
	struct sender *sender = arena_alloc(arena, sizeof(*sender));

	sender->own_arena = arena;
	sender->sim = sim;
	sender->running = (struct list){.arena = arena};
	sender->arena = arena_new();
	sender->attempts = (struct list){.arena = sender->arena};
	sender->multi = curl_multi_init();
	curl_multi_setopt(sender->multi, CURLMOPT_MAXCONNECTS, (long)TRANSFERS_MAX);
	pthread_mutex_init(&sender->lock, NULL);
	pthread_cond_init(&sender->idle, NULL);
	pthread_create(&sender->thread, NULL, sender_loop, sender);
	return sender;
}

void sender_stop(struct sender *sender)
{
	pthread_mutex_lock(&sender->lock);
	sender->stopping = true;
	pthread_mutex_unlock(&sender->lock);
	curl_multi_wakeup(sender->multi);
	pthread_join(sender->thread, NULL);
}

void sender_free(struct sender *sender)
{
	curl_multi_cleanup(sender->multi);
	arena_free(sender->arena);
	pthread_mutex_destroy(&sender->lock);
	pthread_cond_destroy(&sender->idle);
	arena_free(sender->own_arena);
}

void sender_reset(struct sender *sender)
{
	pthread_mutex_lock(&sender->lock);
	sender->resetting = true;
	curl_multi_wakeup(sender->multi);
	while (sender->resetting)
		pthread_cond_wait(&sender->idle, &sender->lock);
	pthread_mutex_unlock(&sender->lock);
}

static struct attempt *new_attempt(struct sender *sender, struct delivery *delivery)
{
	struct attempt *attempt = arena_alloc(sender->arena, sizeof(*attempt));

	attempt->sender = sender;
	attempt->delivery = delivery;
	attempt->index = sender->attempts.count;
	attempt->at_ms = clock_real_ms();
	list_add(&sender->attempts, attempt);
	return attempt;
}

void sender_push(struct sender *sender, struct delivery *delivery)
{
	struct attempt *attempt;

	pthread_mutex_lock(&sender->lock);
	attempt = new_attempt(sender, delivery);
	if (sender->last)
		sender->last->next = attempt;
	else
		sender->first = attempt;
	sender->last = attempt;
	sender->pending++;
	pthread_mutex_unlock(&sender->lock);
	curl_multi_wakeup(sender->multi);
}

void sender_note(struct sender *sender, struct delivery *delivery, const char *reason)
{
	struct attempt *attempt;

	pthread_mutex_lock(&sender->lock);
	attempt = new_attempt(sender, delivery);
	attempt->error = reason;
	attempt->done = true;
	pthread_mutex_unlock(&sender->lock);
}

static json_t *show_attempt(const struct attempt *attempt)
{
	const struct delivery *delivery = attempt->delivery;
	json_t *headers = json_array();
	json_t *status = attempt->status ? json_integer(attempt->status) : json_null();

	for (int i = 0; i < DELIVERY_HEADERS_MAX && delivery->headers[i]; i++)
		json_array_append_new(headers, json_string(delivery->headers[i]));
	return json_pack("{s:I,s:I,s:s,s:s,s:s,s:s%,s:o,s:o,s:s?,s:b,s:I,s:I}", "index",
		(json_int_t)attempt->index, "delivery", (json_int_t)delivery->id, "vendor",
		delivery->vendor, "event", delivery->event, "url", delivery->url, "body",
		delivery->body, delivery->length, "headers", headers, "status", status, "error",
		attempt->error, "done", attempt->done, "at", (json_int_t)attempt->at_ms, "took_ms",
		(json_int_t)attempt->took_ms);
}

json_t *sender_log(struct sender *sender, const char *vendor, const char *event, size_t first)
{
	json_t *log = json_array();

	pthread_mutex_lock(&sender->lock);
	for (size_t i = first; i < sender->attempts.count; i++) {
		const struct attempt *attempt = sender->attempts.items[i];

		if ((!vendor || !strcmp(vendor, attempt->delivery->vendor)) &&
			(!event || !strcmp(event, attempt->delivery->event)))
			json_array_append_new(log, show_attempt(attempt));
	}
	pthread_mutex_unlock(&sender->lock);
	return log;
}

struct delivery *sender_delivery(struct sender *sender, size_t index)
{
	struct delivery *delivery = NULL;

	pthread_mutex_lock(&sender->lock);
	if (index < sender->attempts.count)
		delivery = ((struct attempt *)sender->attempts.items[index])->delivery;
	pthread_mutex_unlock(&sender->lock);
	return delivery;
}

size_t sender_pending(struct sender *sender)
{
	size_t pending;

	pthread_mutex_lock(&sender->lock);
	pending = sender->pending;
	pthread_mutex_unlock(&sender->lock);
	return pending;
}
