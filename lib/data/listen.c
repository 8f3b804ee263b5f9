/* LISTEN on a connection of its own, so that the dispatcher sleeps until there is work. */
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/data/connection.h"

/* After a failed connect, how long a wait without a connection lasts at most. */
enum { AWAY_MS = 1000, LISTEN_MS = 2000 };

struct db_listener {
	struct db_options options;
	char *url;
	char *channel;
	struct db_connection *connection;
	int wake_fd;
};

static char *copy(const char *string)
{
	char *twin = strdup(string);

	if (!twin)
		abort();
	return twin;
}

struct db_listener *db_listen(const char *url, const char *channel)
{
	struct db_listener *listener = calloc(1, sizeof(*listener));

	if (!listener)
		abort();
	listener->url = copy(url);
	listener->channel = copy(channel);
	listener->options.url = listener->url;
	listener->options.application_name = "care-listener";
	listener->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (listener->wake_fd < 0)
		abort();
	return listener;
}

static void drop(struct db_listener *listener)
{
	connection_close(listener->connection);
	listener->connection = NULL;
}

void db_listener_close(struct db_listener *listener)
{
	if (!listener)
		return;
	drop(listener);
	close(listener->wake_fd);
	free(listener->url);
	free(listener->channel);
	free(listener);
}

void db_listener_wake(struct db_listener *listener)
{
	const uint64_t one = 1;

	/* A full counter wakes as well. */
	if (write(listener->wake_fd, &one, sizeof(one)) < 0)
		return;
}

/* The channel is ours, from the program's text. */
static bool listen_on(struct db_listener *listener, struct arena *arena)
{
	const char *sql = arena_printf(arena, "LISTEN %s", listener->channel);
	PGresult *result = connection_query(listener->connection, sql, 0, NULL, LISTEN_MS);
	bool good = result && !result_is_error(result);

	PQclear(result);
	return good;
}

static bool open_listener(struct db_listener *listener)
{
	struct arena *arena = arena_new();
	const char *complaint;

	listener->connection = connection_open(&listener->options, arena, &complaint);
	if (listener->connection && !listen_on(listener, arena))
		drop(listener);
	arena_free(arena);
	return listener->connection != NULL;
}

static bool take_notifications(PGconn *pg)
{
	bool notified = false;
	PGnotify *notify;

	while ((notify = PQnotifies(pg))) {
		PQfreemem(notify);
		notified = true;
	}
	return notified;
}

static bool take_wake(const struct db_listener *listener)
{
	uint64_t count;

	return read(listener->wake_fd, &count, sizeof(count)) > 0;
}

/* Sleeps on both sockets; a closed connection is fd -1, which poll ignores. */
static void sleep_on(const struct db_listener *listener, int timeout_ms)
{
	struct pollfd fds[] = {
		{.fd = listener->wake_fd, .events = POLLIN},
		{.fd = listener->connection ? PQsocket(listener->connection->pg) : -1,
			.events = POLLIN},
	};

	poll(fds, 2, timeout_ms < 0 ? 0 : timeout_ms);
}

static bool wait_away(struct db_listener *listener, int timeout_ms)
{
	sleep_on(listener, timeout_ms < AWAY_MS ? timeout_ms : AWAY_MS);
	return take_wake(listener);
}

bool db_listener_wait(struct db_listener *listener, int timeout_ms)
{
	int64_t deadline_ms = monotonic_ms() + timeout_ms;

	if (!listener->connection) {
		/* What was notified while nobody listened is lost: the caller looks now. */
		return open_listener(listener) ? take_wake(listener)
					       : wait_away(listener, timeout_ms);
	}
	for (;;) {
		if (take_wake(listener) || take_notifications(listener->connection->pg))
			return true;
		if (monotonic_ms() >= deadline_ms)
			return false;
		sleep_on(listener, (int)(deadline_ms - monotonic_ms()));
		if (!PQconsumeInput(listener->connection->pg)) {
			drop(listener);
			return false;
		}
	}
}
