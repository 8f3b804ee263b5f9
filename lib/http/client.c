/* Outgoing HTTP on pooled libcurl handles. A handle keeps its connections, so the pool is a stack:
 * the handle used last is used first and its connections are warm. */
#include "lib/http/client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/core/text.h"

enum {
	POOL_MAX = 32,
	TIMEOUT_MS = 10000,
	CONNECT_MS = 3000,
	STALL_S_MIN = 10,
	REPLY_MAX = 1024 * 1024,
	HEADERS_MAX = 64 * 1024,
	RETRY_AFTER_MAX_S = 3600,
};

static CURL *pool[POOL_MAX];
static size_t pool_count;
static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;

/* What the callbacks of one call share. */
struct transfer {
	struct text *body;
	size_t reply_max;
	size_t header_bytes;
	long reset_s;    /* x-ratelimit-reset */
	bool repeatable; /* the method may be carried out twice */
	bool too_large;
	bool headers_whole; /* the empty line behind the headers has come */
	int requests;       /* how often the request was put on a connection */
};

static const struct {
	CURLoption option;
	long value;
} fixed[] = {
	{CURLOPT_NOSIGNAL, 1},
	{CURLOPT_FOLLOWLOCATION, 0},
	{CURLOPT_SSL_VERIFYPEER, 1},
	{CURLOPT_SSL_VERIFYHOST, 2},
	{CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
	{CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
	{CURLOPT_HTTPAUTH, CURLAUTH_BASIC},
	{CURLOPT_PATH_AS_IS, 1},
	{CURLOPT_MAXCONNECTS, 8},
	{CURLOPT_MAXAGE_CONN, 30},
	{CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS},
	{CURLOPT_LOW_SPEED_LIMIT, 1},
};

void http_client_init(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
}

void http_client_done(void)
{
	while (pool_count)
		curl_easy_cleanup(pool[--pool_count]);
	curl_global_cleanup();
}

static CURL *borrow(void)
{
	CURL *curl = NULL;

	pthread_mutex_lock(&pool_lock);
	if (pool_count)
		curl = pool[--pool_count];
	pthread_mutex_unlock(&pool_lock);
	return curl ? curl : curl_easy_init();
}

/* curl_easy_reset keeps the connections and forgets the options, credentials among them. */
static void give_back(CURL *curl)
{
	curl_easy_reset(curl);
	pthread_mutex_lock(&pool_lock);
	if (pool_count < POOL_MAX) {
		pool[pool_count++] = curl;
		curl = NULL;
	}
	pthread_mutex_unlock(&pool_lock);
	curl_easy_cleanup(curl);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *data)
{
	struct transfer *transfer = data;
	size_t length = size * count;

	if (length > transfer->reply_max - transfer->body->length) {
		transfer->too_large = true;
		return 0;
	}
	text_add_bytes(transfer->body, bytes, length);
	return length;
}

/* Seconds until the limit resets. Paystack sends a span, some of Cal.com's pages speak of a Unix
 * time: nothing that large is a span. */
static long parse_reset(const char *value, size_t length)
{
	long seconds = 0, now = (long)time(NULL);

	for (size_t i = 0; i < length && seconds < 1000000000000; i++) {
		if (value[i] >= '0' && value[i] <= '9')
			seconds = 10 * seconds + (value[i] - '0');
		else if (seconds || (value[i] != ' ' && value[i] != '\t'))
			break;
	}
	return seconds > 1000000000 ? seconds - now : seconds;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *data)
{
	static const char reset[] = "x-ratelimit-reset";
	struct transfer *transfer = data;
	size_t length = size * count;
	const char *colon = memchr(bytes, ':', length);

	transfer->header_bytes += length;
	if (transfer->header_bytes > HEADERS_MAX) {
		transfer->too_large = true;
		return 0;
	}
	if (length >= 5 && memcmp(bytes, "HTTP/", 5) == 0)
		transfer->headers_whole = false;
	if (*bytes == '\r' || *bytes == '\n')
		transfer->headers_whole = true;
	if (colon && (size_t)(colon - bytes) >= strlen(reset) &&
		strncasecmp(bytes, reset, strlen(reset)) == 0)
		transfer->reset_s = parse_reset(colon + 1, length - (size_t)(colon + 1 - bytes));
	return length;
}

/* Runs when a connection stands and before the request goes out. curl sends a request again, POST
 * too, when a reused connection dies before the first byte of a reply; but the first copy may have
 * been carried out, so only a method that may be repeated goes out twice. */
static int on_request(void *data, char *there, char *here, int port_there, int port_here)
{
	struct transfer *transfer = data;

	(void)there;
	(void)here;
	(void)port_there;
	(void)port_here;
	if (transfer->requests && !transfer->repeatable)
		return CURL_PREREQFUNC_ABORT;
	transfer->requests++;
	return CURL_PREREQFUNC_OK;
}

static bool set_limits(CURL *curl, const struct http_call *call)
{
	long timeout_ms = call->timeout_ms > 0 ? call->timeout_ms : TIMEOUT_MS;
	long stall_s = timeout_ms / 2000;
	bool ok = true;

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		ok &= curl_easy_setopt(curl, fixed[i].option, fixed[i].value) == CURLE_OK;
	ok &= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
	ok &= curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK;
	ok &= curl_easy_setopt(curl, CURLOPT_USERAGENT, "care/0.1") == CURLE_OK;
	ok &= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms) == CURLE_OK;
	ok &= curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME,
		      stall_s > STALL_S_MIN ? stall_s : STALL_S_MIN) == CURLE_OK;
	return ok;
}

static bool set_callbacks(CURL *curl, struct transfer *transfer)
{
	bool ok = true;

	ok &= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK;
	ok &= curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer) == CURLE_OK;
	ok &= curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK;
	ok &= curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer) == CURLE_OK;
	ok &= curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, on_request) == CURLE_OK;
	ok &= curl_easy_setopt(curl, CURLOPT_PREREQDATA, transfer) == CURLE_OK;
	return ok;
}

static bool set_request(CURL *curl, const struct http_call *call)
{
	bool post = strcmp(call->method, "POST") == 0;
	bool ok = curl_easy_setopt(curl, CURLOPT_URL, call->url) == CURLE_OK;

	if (call->body || post) {
		ok &= curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body ? call->body : "") ==
			CURLE_OK;
		ok &= curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
			      (curl_off_t)(call->body ? call->body_length : 0)) == CURLE_OK;
	}
	if (!post)
		ok &= curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method) == CURLE_OK;
	if (call->username) {
		ok &= curl_easy_setopt(curl, CURLOPT_USERNAME, call->username) == CURLE_OK;
		ok &= curl_easy_setopt(curl, CURLOPT_PASSWORD, call->password) == CURLE_OK;
	}
	return ok;
}

static bool is_one_line(const char *string)
{
	return !strpbrk(string, "\r\n");
}

/* "Expect:" keeps curl from waiting for 100 Continue before a body. */
static bool make_headers(const struct http_call *call, struct curl_slist **ret)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	bool ok = list != NULL;

	for (size_t i = 0; ok && call->headers && call->headers[i]; i++) {
		struct curl_slist *longer = is_one_line(call->headers[i])
			? curl_slist_append(list, call->headers[i])
			: NULL;

		ok = longer != NULL;
		list = longer ? longer : list;
	}
	*ret = list;
	return ok;
}

static long cap_retry(long seconds)
{
	if (seconds < 0)
		return 0;
	return seconds > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : seconds;
}

static void read_answer(
	struct arena *arena, CURL *curl, const struct transfer *transfer, struct http_answer *ret)
{
	const char *type = NULL;
	curl_off_t after = 0;
	long status = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
	curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &after);
	ret->failure = HTTP_ANSWERED;
	ret->status = (int)status;
	ret->body = transfer->body->data;
	ret->body_length = transfer->body->length;
	ret->content_type = type ? arena_strdup(arena, type) : "";
	ret->retry_after_s = cap_retry(after ? (long)after : transfer->reset_s);
}

/* Nothing of the request leaves before on_request was called: that, not the error code, tells
 * what was certainly not sent. */
static enum http_failure failure_of(const struct transfer *transfer)
{
	if (transfer->too_large)
		return HTTP_TOO_LARGE;
	return transfer->requests ? HTTP_LOST : HTTP_NOT_SENT;
}

static void perform(struct arena *arena, CURL *curl, const struct http_call *call,
	struct curl_slist *headers, struct http_answer *ret)
{
	struct transfer transfer = {
		.body = text_new(arena),
		.reply_max = call->reply_max ? call->reply_max : REPLY_MAX,
		.repeatable =
			strcmp(call->method, "POST") != 0 && strcmp(call->method, "PATCH") != 0,
	};
	CURLcode code = CURLE_FAILED_INIT;

	if (set_limits(curl, call) && set_callbacks(curl, &transfer) && set_request(curl, call) &&
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK)
		code = curl_easy_perform(curl);
	/* curl takes headers that are cut short for whole ones. */
	if (code == CURLE_OK && transfer.headers_whole) {
		read_answer(arena, curl, &transfer, ret);
		return;
	}
	ret->failure = failure_of(&transfer);
	ret->error = transfer.too_large ? "Reply too large"
		: code == CURLE_OK      ? "Headers cut short"
					: curl_easy_strerror(code);
}

void http_client_call(struct arena *arena, const struct http_call *call, struct http_answer *ret)
{
	struct curl_slist *headers = NULL;
	CURL *curl = borrow();

	*ret = (struct http_answer){
		.failure = HTTP_NOT_SENT, .body = "", .content_type = "", .error = ""};
	if (!curl || !is_one_line(call->url) || !make_headers(call, &headers))
		ret->error = "Request could not be made";
	else
		perform(arena, curl, call, headers, ret);
	curl_slist_free_all(headers);
	if (curl)
		give_back(curl);
}
