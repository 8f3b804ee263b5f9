/* A server on a free loopback port that plays a script, one scene for each request it reads. */
#ifndef CARE_TESTS_UNIT_SCRIPTED_SERVER_H
#define CARE_TESTS_UNIT_SCRIPTED_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum scene_end {
	KEEP,  /* wait for the next request on this connection */
	CLOSE, /* close it after the words */
	WAIT,  /* say nothing more until the caller goes away */
	FLOOD, /* say again over and over until the caller goes away */
};

struct scene {
	const char *words;
	enum scene_end end;
	const char *again;
};

struct server {
	const struct scene *scenes;
	size_t scene_count;
	pthread_t thread;
	int listener, port;
	_Atomic size_t closed; /* connections that we have closed */
	/* Read these after server_stop. */
	size_t connections, requests;
	char request[8192];
};

/* Reads one request: headers, and as many bytes of body as Content-Length says. */
static inline bool server_read(int connection, char *buffer, size_t size)
{
	size_t used = 0;

	while (used + 1 < size) {
		ssize_t got = recv(connection, buffer + used, size - 1 - used, 0);
		const char *end, *length;

		if (got <= 0)
			return false;
		used += (size_t)got;
		buffer[used] = '\0';
		end = strstr(buffer, "\r\n\r\n");
		length = strcasestr(buffer, "content-length:");
		if (end &&
			used >= (size_t)(end + 4 - buffer) +
					(length ? strtoul(length + 15, NULL, 10) : 0))
			return true;
	}
	return false;
}

static inline bool server_say(int connection, const char *words)
{
	size_t length = strlen(words);

	return send(connection, words, length, MSG_NOSIGNAL) == (ssize_t)length;
}

/* True when the connection goes on. */
static inline bool server_play(int connection, const struct scene *scene)
{
	char byte;
	bool open = server_say(connection, scene->words);

	while (open && scene->end == FLOOD)
		open = server_say(connection, scene->again);
	while (open && scene->end == WAIT)
		open = recv(connection, &byte, 1, 0) > 0;
	return open && scene->end == KEEP;
}

static inline void *server_run(void *data)
{
	struct server *server = data;
	int connection;

	while ((connection = accept(server->listener, NULL, NULL)) >= 0) {
		bool open = true;

		server->connections++;
		while (open && server_read(connection, server->request, sizeof(server->request))) {
			open = server->requests < server->scene_count &&
				server_play(connection, &server->scenes[server->requests]);
			server->requests++;
		}
		close(connection);
		server->closed++;
	}
	return NULL;
}

static inline void server_start(
	struct server *server, const struct scene *scenes, size_t scene_count)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);

	memset(server, 0, sizeof(*server));
	server->scenes = scenes;
	server->scene_count = scene_count;
	server->listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(server->listener, (struct sockaddr *)&address, length) ||
		listen(server->listener, 8) ||
		getsockname(server->listener, (struct sockaddr *)&address, &length) ||
		pthread_create(&server->thread, NULL, server_run, server))
		abort();
	server->port = ntohs(address.sin_port);
}

/* Returns when the first connection was closed by the script. */
static inline void server_wait_closed(const struct server *server)
{
	while (!server->closed)
		sched_yield();
}

/* Ends after the caller has closed its connections. */
static inline void server_stop(struct server *server)
{
	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->listener);
}

#endif
