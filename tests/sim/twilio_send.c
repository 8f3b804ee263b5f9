/* Twilio: what is refused, and what is sent. */
#include <ctype.h>
#include <string.h>

#include "tests/sim/clock.h"
#include "tests/sim/twilio.h"

#define MINUTE_MS INT64_C(60000)

/* What every account's test numbers answer. */
static const struct {
	const char *number;
	int code;
	const char *message;
} magic_to[] =
	{
		{"+15005550001", 21211, "Invalid 'To' Phone Number: +15005550001"},
		{"+15005550002", 21612,
			"The 'To' phone number: +15005550002, is not currently reachable "
			"using the 'From' phone number via SMS."},
		{"+15005550003", 21408,
			"Permission to send an SMS has not been enabled for the region "
			"indicated by the 'To' number: +15005550003."},
		{"+15005550004", 21610, "Attempt to send to unsubscribed recipient"},
		{"+15005550009", 21614, "To number: +15005550009, is not a mobile number"},
},
  magic_from[] = {
	  {"+15005550001", 21212,
		  "The 'From' number +15005550001 is not a valid phone number, "
		  "shortcode, or alphanumeric sender ID."},
	  {"+15005550007", 21606,
		  "The From phone number +15005550007 is not a valid, SMS-capable "
		  "inbound phone number or short code for your account."},
	  {"+15005550008", 21611,
		  "This 'From' number has exceeded the maximum number of queued messages"},
};

/* The characters beyond ASCII that GSM 03.38 has, and those of ASCII that cost two there. */
static const char gsm_more[] = "£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà";
static const char gsm_double[] = "^{}\\[~]|";

static size_t character_bytes(const char *at)
{
	size_t bytes = 1;

	while ((at[bytes] & 0xc0) == 0x80)
		bytes++;
	return bytes;
}

static bool in_gsm(const char *at, size_t bytes)
{
	if (bytes == 1)
		return *at != '`';
	for (const char *known = gsm_more; *known; known += character_bytes(known)) {
		if (!strncmp(known, at, bytes))
			return true;
	}
	return false;
}

/* Counts both ways: septets of GSM-7, or UTF-16 units when one character is not in it. */
long twilio_segments(const char *body, size_t *ret_characters)
{
	size_t characters = 0, septets = 0, units = 0, single, joined, size;
	bool gsm = true;

	while (*body) {
		size_t bytes = character_bytes(body);

		gsm = gsm && in_gsm(body, bytes);
		septets += bytes == 1 && strchr(gsm_double, *body) ? 2 : 1;
		units += bytes == 4 ? 2 : 1;
		characters++;
		body += bytes;
	}
	if (ret_characters)
		*ret_characters = characters;
	size = gsm ? septets : units;
	single = gsm ? 160 : 70;
	joined = gsm ? 153 : 67;
	return size <= single ? 1 : (long)((size + joined - 1) / joined);
}

static bool is_number(const char *number)
{
	size_t digits = 0;

	if (*number++ != '+' || *number == '0')
		return false;
	for (; *number; number++, digits++) {
		if (!isdigit((unsigned char)*number))
			return false;
	}
	return digits >= 8 && digits <= 15;
}

/* A number, a short code, or letters: at most 11 with at least one. */
static bool is_sender(const char *from)
{
	bool letters = false;
	size_t length = strlen(from);

	if (*from == '+')
		return is_number(from);
	for (const char *at = from; *at; at++) {
		if (!isalnum((unsigned char)*at) && *at != ' ')
			return false;
		letters = letters || isalpha((unsigned char)*at);
	}
	return letters ? length <= 11 : length >= 3 && length <= 6;
}

/* The host may hold no underscore. */
static bool is_callback(const char *url)
{
	const char *host = strstr(url, "://");

	return host && (!strncmp(url, "http://", 7) || !strncmp(url, "https://", 8)) && host[3] &&
		!memchr(host + 3, '_', strcspn(host + 3, "/?#"));
}

static bool refuse(struct call *call, int code, const char *message)
{
	twilio_fail(call, 400, code, message);
	return false;
}

static bool check_to(struct call *call, const char *to)
{
	if (!to || !*to)
		return refuse(call, 21604, "A 'To' phone number is required.");
	for (size_t i = 0; i < sizeof(magic_to) / sizeof(*magic_to); i++) {
		if (!strcmp(magic_to[i].number, to))
			return refuse(call, magic_to[i].code, magic_to[i].message);
	}
	if (!is_number(to))
		return refuse(call, 21211,
			arena_printf(call->arena, "Invalid 'To' Phone Number: %s", to));
	return true;
}

static bool check_from(struct call *call, const char *from, const char *service)
{
	if (!from && !service)
		return refuse(call, 21603, "A 'From' phone number is required.");
	for (size_t i = 0; from && i < sizeof(magic_from) / sizeof(*magic_from); i++) {
		if (!strcmp(magic_from[i].number, from))
			return refuse(call, magic_from[i].code, magic_from[i].message);
	}
	if (from && !is_sender(from))
		return refuse(call, 21212,
			arena_printf(call->arena,
				"The 'From' number %s is not a valid phone number, shortcode, or "
				"alphanumeric sender ID.",
				from));
	return true;
}

static bool check_body(struct call *call, const char *body)
{
	const char *callback = call_field(call, "StatusCallback");
	size_t characters;

	if ((!body || !*body) && !call_field(call, "MediaUrl"))
		return refuse(call, 21602, "Message body is required.");
	twilio_segments(body ? body : "", &characters);
	if (characters > 1600)
		return refuse(call, 21617,
			"The concatenated message body exceeds the 1600 character limit");
	if (callback && !is_callback(callback))
		return refuse(call, 21609,
			arena_printf(call->arena, "The StatusCallback URL %s is not a valid URL.",
				callback));
	return true;
}

/* Sets ret_at_ms to 0 when it is to go at once. */
static bool check_schedule(struct call *call, const char *service, int64_t *ret_at_ms)
{
	const char *type = call_field(call, "ScheduleType"), *at = call_field(call, "SendAt");
	int64_t ahead_ms;

	*ret_at_ms = 0;
	if (!type && !at)
		return true;
	if (!type || strcmp(type, "fixed") != 0)
		return refuse(call, 35117, "ScheduleType must be fixed");
	if (!at || !clock_parse(at, ret_at_ms, NULL))
		return refuse(call, 35111, "SendAt is required with ScheduleType");
	if (!service)
		return refuse(call, 35118, "MessagingServiceSid is required to schedule a message");
	ahead_ms = *ret_at_ms - clock_now(call->sim);
	if (ahead_ms <= 5 * MINUTE_MS || ahead_ms > MINUTE_MS * 35 * 24 * 60)
		return refuse(
			call, 35114, "SendAt time must be between 300 seconds and 35 days ahead");
	return true;
}

static struct message *add(struct call *call, const char *status)
{
	struct sim *sim = call->sim;
	const char *body = call_field(call, "Body");
	struct message message = {.channel = "sms",
		.provider_id = sim_token(sim->arena, "SM", ALPHABET_HEX, 32),
		.to = arena_strdup(sim->arena, call_field(call, "To")),
		.from = arena_strdup(sim->arena, call_field(call, "From")),
		.service = arena_strdup(sim->arena, call_field(call, "MessagingServiceSid")),
		.body = arena_strdup(sim->arena, body ? body : ""),
		.status_callback = arena_strdup(sim->arena, call_field(call, "StatusCallback")),
		.status = status};

	return messages_add(sim, &message);
}

/* A callback's query often holds the sender's own id: that is the reference. */
static void add_reference(struct sim *sim, struct message *message)
{
	const char *query = message->status_callback ? strchr(message->status_callback, '?') : NULL;

	if (query)
		message->reference = arena_strndup(sim->arena, query + 1, strcspn(query + 1, "#"));
}

void twilio_send(struct call *call)
{
	const char *to = call_field(call, "To"), *from = call_field(call, "From");
	const char *service = call_field(call, "MessagingServiceSid");
	struct message *message;
	int64_t at_ms;

	if (!check_to(call, to) || !check_from(call, from, service) ||
		!check_body(call, call_field(call, "Body")) ||
		!check_schedule(call, service, &at_ms))
		return;
	if (twilio_opted_out(call->sim, service ? service : from, to)) {
		refuse(call, 21610, "Attempt to send to unsubscribed recipient");
		return;
	}
	message = add(call, at_ms ? "scheduled" : service ? "accepted" : "queued");
	add_reference(call->sim, message);
	reply_json(call, 201, twilio_view(call->sim, call->arena, message));
	if (at_ms)
		twilio_schedule(call->sim, message, at_ms);
	else
		twilio_deliver(call->sim, message);
}
