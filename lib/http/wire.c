/* The life of connections, and the deadlines that libmicrohttpd does not have. */
#include "lib/http/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
	SCAN_MS = 500,
	HEAD_MS = 10000, /* from the connection, or the request line, to a fair part of it */
	IDLE_MS = 15000, /* between two requests */
	READ_MS = 40000, /* head and body together */
	SEND_MS = 60000,
	RATE_MIN = 1024, /* bytes per second, after HEAD_MS */
};

enum phase { CONNECTED, IDLE, READING, HANDLING, SENDING };

struct wire {
	struct wires *wires;
	struct wire *next, *before;
	struct MHD_Connection *connection;
	int socket;
	atomic_int phase;
	atomic_llong since_ms;
	long long marked_ms; /* the reaper's: since_ms of the request it has marked */
	unsigned long long marked_bytes;
};

struct wires {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t reaper;
	bool stopping;
	struct wire *first;
	atomic_int open_requests;
};

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void enter(struct wire *wire, enum phase phase)
{
	atomic_store(&wire->since_ms, now_ms());
	atomic_store(&wire->phase, phase);
}

static unsigned long long received(int socket)
{
	struct tcp_info info;
	socklen_t length = sizeof(info);

	memset(&info, 0, sizeof(info));
	if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length))
		return 0;
	return info.tcpi_bytes_received;
}

/* True for a request that comes in slower than RATE_MIN. */
static bool drips(struct wire *wire, long long since_ms, long long age_ms)
{
	if (wire->marked_ms != since_ms) {
		wire->marked_ms = since_ms;
		wire->marked_bytes = received(wire->socket);
	}
	return age_ms > HEAD_MS &&
		(long long)(received(wire->socket) - wire->marked_bytes) < age_ms / 1000 * RATE_MIN;
}

static bool is_late(struct wire *wire, long long now)
{
	long long since_ms = atomic_load(&wire->since_ms), age_ms = now - since_ms;

	switch (atomic_load(&wire->phase)) {
	case CONNECTED:
		return age_ms > HEAD_MS;
	case IDLE:
		return age_ms > IDLE_MS;
	case READING:
		return age_ms > READ_MS || drips(wire, since_ms, age_ms);
	case SENDING:
		return age_ms > SEND_MS;
	default:
		return false;
	}
}

/* MHD takes a wire off the list before it closes the socket, so under the lock the socket is its.
 */
static void scan(struct wires *wires)
{
	long long now = now_ms();

	for (struct wire *wire = wires->first; wire; wire = wire->next)
		if (is_late(wire, now))
			shutdown(wire->socket, SHUT_RDWR);
}

static void *reap(void *cls)
{
	struct wires *wires = cls;
	struct timespec until;

	pthread_mutex_lock(&wires->lock);
	while (!wires->stopping) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += SCAN_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		pthread_cond_timedwait(&wires->wake, &wires->lock, &until);
		scan(wires);
	}
	pthread_mutex_unlock(&wires->lock);
	return NULL;
}

struct wires *wires_start(void)
{
	struct wires *wires = calloc(1, sizeof(*wires));

	if (!wires || pthread_mutex_init(&wires->lock, NULL) ||
		pthread_cond_init(&wires->wake, NULL) ||
		pthread_create(&wires->reaper, NULL, reap, wires))
		abort();
	return wires;
}

void wires_stop(struct wires *wires)
{
	pthread_mutex_lock(&wires->lock);
	wires->stopping = true;
	pthread_cond_signal(&wires->wake);
	pthread_mutex_unlock(&wires->lock);
	pthread_join(wires->reaper, NULL);
	pthread_cond_destroy(&wires->wake);
	pthread_mutex_destroy(&wires->lock);
	free(wires);
}

int wires_open_requests(struct wires *wires)
{
	return atomic_load(&wires->open_requests);
}

static struct wire *add(struct wires *wires, struct MHD_Connection *connection)
{
	struct wire *wire = calloc(1, sizeof(*wire));

	if (!wire)
		abort();
	wire->wires = wires;
	wire->connection = connection;
	wire->socket =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	enter(wire, CONNECTED);
	pthread_mutex_lock(&wires->lock);
	wire->next = wires->first;
	if (wire->next)
		wire->next->before = wire;
	wires->first = wire;
	pthread_mutex_unlock(&wires->lock);
	return wire;
}

static void drop(struct wire *wire)
{
	struct wires *wires = wire->wires;

	pthread_mutex_lock(&wires->lock);
	if (wire->next)
		wire->next->before = wire->before;
	if (wire->before)
		wire->before->next = wire->next;
	else
		wires->first = wire->next;
	pthread_mutex_unlock(&wires->lock);
	free(wire);
}

void wire_connection(void *cls, struct MHD_Connection *connection, void **context,
	enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		*context = add(cls, connection);
	else if (*context)
		drop(*context);
}

static struct wire *of_connection(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
		->socket_context;
}

/* The timeout is for Ulfius' own client and unused here; it is wide enough for our pointer, which
 * nothing else of an incoming request can carry. */
void *wire_request_line(void *cls, const char *uri, struct MHD_Connection *connection)
{
	struct connection_info_struct *info = ulfius_uri_logger(cls, uri);
	struct wire *wire = of_connection(connection);

	if (!info)
		return NULL;
	atomic_fetch_add(&wire->wires->open_requests, 1);
	enter(wire, READING);
	info->request->timeout = (unsigned long)(uintptr_t)wire;
	return info;
}

void wire_completed(void *cls, struct MHD_Connection *connection, void **request,
	enum MHD_RequestTerminationCode code)
{
	struct wire *wire = of_connection(connection);

	if (*request)
		atomic_fetch_sub(&wire->wires->open_requests, 1);
	mhd_request_completed(cls, connection, request, code);
	enter(wire, IDLE);
}

struct wire *wire_of(const struct _u_request *request)
{
	struct wire *wire = (struct wire *)(uintptr_t)request->timeout;

	enter(wire, HANDLING);
	return wire;
}

void wire_handled(struct wire *wire)
{
	enter(wire, SENDING);
}

/* What wire_check counts while it walks the headers. */
struct head {
	size_t bytes;
	int seen[8];
	bool is_malformed;
	bool odd_encoding;
};

/* Each of these may come once. */
static const char *const once[] = {"Host", "Content-Length", "Transfer-Encoding", "Authorization",
	"X-Link-Token", "Idempotency-Key", "Content-Type", "If-Match"};
enum { HOST, CONTENT_LENGTH, TRANSFER_ENCODING };

static bool is_clean(const char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7f)
			return false;
	return true;
}

/* RFC 9110 §5.1. MHD leaves a space before the colon in the name, and another server may not. */
static bool is_token(const char *text)
{
	size_t length = strspn(text,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~");

	return length > 0 && text[length] == '\0';
}

/* MHD has cut a value at a NUL before it is seen here, so that a NUL cannot be told. */
static enum MHD_Result look(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct head *head = cls;

	(void)kind;
	value = value ? value : "";
	head->bytes += strlen(name) + strlen(value) + 4;
	if (!is_token(name) || !is_clean(value))
		head->is_malformed = true;
	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++)
		if (strcasecmp(name, once[i]) == 0)
			head->seen[i]++;
	if (strcasecmp(name, once[TRANSFER_ENCODING]) == 0 && strcasecmp(value, "chunked") != 0)
		head->odd_encoding = true;
	return MHD_YES;
}

enum wire_fault wire_check(struct wire *wire, size_t bytes_max, const char **ret_complaint)
{
	struct head head = {0};

	MHD_get_connection_values(wire->connection, MHD_HEADER_KIND, look, &head);
	if (head.bytes > bytes_max)
		return WIRE_TOO_LARGE;
	*ret_complaint = NULL;
	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++)
		if (head.seen[i] > 1)
			*ret_complaint = "a header that may come once is repeated";
	if (head.is_malformed)
		*ret_complaint =
			"a header's name is no token or its value holds control characters";
	if (head.odd_encoding)
		*ret_complaint = "the only Transfer-Encoding taken is chunked";
	if (head.seen[CONTENT_LENGTH] && head.seen[TRANSFER_ENCODING])
		*ret_complaint = "Content-Length and Transfer-Encoding contradict each other";
	return *ret_complaint ? WIRE_BROKEN : WIRE_FINE;
}

struct values {
	struct arena *arena;
	const char *name, *joined;
};

static enum MHD_Result join(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct values *values = cls;

	(void)kind;
	if (strcasecmp(name, values->name) != 0 || !value)
		return MHD_YES;
	values->joined = values->joined
		? arena_printf(values->arena, "%s, %s", values->joined, value)
		: arena_strdup(values->arena, value);
	return MHD_YES;
}

const char *wire_header_all(struct wire *wire, struct arena *arena, const char *name)
{
	struct values values = {arena, name, NULL};

	MHD_get_connection_values(wire->connection, MHD_HEADER_KIND, join, &values);
	return values.joined;
}

const char *wire_address(struct wire *wire, struct arena *arena)
{
	const struct sockaddr *peer =
		MHD_get_connection_info(wire->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
			->client_addr;
	char text[INET6_ADDRSTRLEN] = "";

	if (peer->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)peer)->sin_addr,
			text, sizeof(text));
	else if (peer->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr,
			text, sizeof(text));
	return arena_strdup(arena, strncmp(text, "::ffff:", 7) == 0 ? text + 7 : text);
}
