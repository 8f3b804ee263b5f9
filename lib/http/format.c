/* Checks of string formats. They read characters, never regular expressions, so no input is slow.
 */
#include "lib/http/format.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/instant.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_uuid(const char *text)
{
	size_t i;

	for (i = 0; i < 36 && text[i]; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (is_dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
	}
	return i == 36 && !text[36];
}

/* instant_parse knows the calendar; year 0 does not exist for PostgreSQL. */
static bool is_date(const char *text)
{
	char midnight[32];
	int64_t at;

	if (strlen(text) != 10 || strncmp(text, "0000", 4) == 0)
		return false;
	snprintf(midnight, sizeof(midnight), "%sT00:00:00Z", text);
	return instant_parse(midnight, &at);
}

static bool is_date_time(const char *text)
{
	int64_t at;

	return strlen(text) <= 40 && strncmp(text, "0000", 4) != 0 && instant_parse(text, &at);
}

/* RFC 5321 dot-atom: no quotes, no comments, no dot at the ends or twice. */
static bool is_local_part(const char *text, size_t length)
{
	char before = '.';

	if (length < 1 || length > 64)
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if (c == '.' ? before == '.'
			     : !is_letter(c) && !is_digit(c) &&
					(!c || !strchr("!#$%&'*+-/=?^_`{|}~", c)))
			return false;
		before = c;
	}
	return before != '.';
}

static bool is_label(const char *text, size_t length)
{
	if (length < 1 || length > 63 || text[0] == '-' || text[length - 1] == '-')
		return false;
	for (size_t i = 0; i < length; i++)
		if (!is_letter(text[i]) && !is_digit(text[i]) && text[i] != '-')
			return false;
	return true;
}

/* Two labels or more, and the last is not a number. */
static bool is_mail_domain(const char *text)
{
	const char *label = text;
	int labels = 1;

	for (const char *dot = strchr(label, '.'); dot; dot = strchr(label, '.'), labels++) {
		if (!is_label(label, (size_t)(dot - label)))
			return false;
		label = dot + 1;
	}
	return labels >= 2 && is_label(label, strlen(label)) &&
		strspn(label, "0123456789") < strlen(label);
}

static bool is_email(const char *text)
{
	const char *at = strchr(text, '@');

	return at && strlen(text) <= 254 && is_local_part(text, (size_t)(at - text)) &&
		is_mail_domain(at + 1);
}

/* ITU-T E.164: a plus, a country code that does not start with 0, 15 digits at most. */
static bool is_phone(const char *text)
{
	size_t digits = text[0] == '+' ? strspn(text + 1, "0123456789") : 0;

	return digits >= 8 && digits <= 15 && text[1] != '0' && !text[digits + 1];
}

static bool is_port(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits >= 1 && digits <= 5 && (!text[digits] || strchr("/?#", text[digits]));
}

/* http or https with a host name or an IPv6 literal; no user and no password. */
static bool is_uri(const char *text)
{
	const char *host = strncmp(text, "https://", 8) == 0 ? text + 8
		: strncmp(text, "http://", 7) == 0           ? text + 7
							     : "";
	size_t length = strcspn(host, ":/?#");

	for (const char *p = text; *p; p++)
		if (*p <= ' ' || *p > '~' || strchr("\"<>\\^`{|}", *p))
			return false;
	if (host[0] == '[') {
		length = strspn(host + 1, "0123456789abcdefABCDEF:.") + 2;
		if (host[length - 1] != ']' || length < 4)
			return false;
	} else if (length < 1 || length > 253 ||
		strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") <
			length) {
		return false;
	}
	return host[length] == ':' ? is_port(host + length + 1)
				   : !host[length] || strchr("/?#", host[length]) != NULL;
}

static bool is_currency(const char *text)
{
	return strlen(text) == 3 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3;
}

static bool is_slug(const char *text)
{
	for (const char *p = text; *p; p++)
		if (!is_letter(*p) && !is_digit(*p) && *p != '-' && *p != '_')
			return false;
	return text[0] != '\0';
}

/* C0, DEL, C1, and the line and paragraph separators; allowed are the C0 that the caller lists. */
static bool has_control(const char *text, const char *allowed)
{
	const unsigned char *p = (const unsigned char *)text;

	for (; *p; p++) {
		if ((*p < 0x20 || *p == 0x7f) && !strchr(allowed, *p))
			return true;
		if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
			return true;
		if (p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9))
			return true;
	}
	return false;
}

static bool is_line(const char *text)
{
	return !has_control(text, "") && (!text[0] || text[strspn(text, " ")]);
}

/* No person writes their name with angle brackets, and some program down the line may read them as
 * a tag. */
static bool is_name(const char *text)
{
	return is_line(text) && !strpbrk(text, "<>");
}

static bool is_text(const char *text)
{
	return !has_control(text, "\n\r\t");
}

static const struct {
	bool (*fits)(const char *text);
	const char *complaint;
} formats[] = {
	[FORMAT_UUID] = {is_uuid, "must be a UUID"},
	[FORMAT_DATE] = {is_date, "must be a date like 2026-11-22"},
	[FORMAT_DATE_TIME] = {is_date_time,
		"must be an RFC 3339 instant like 2026-11-22T09:00:00Z"},
	[FORMAT_EMAIL] = {is_email, "must be one email address like ada@example.org"},
	[FORMAT_PHONE] = {is_phone, "must be an E.164 phone number like +2348031234567"},
	[FORMAT_TIME_ZONE] = {zone_is_known, "must be an IANA time zone like Africa/Lagos"},
	[FORMAT_URI] = {is_uri, "must be an http or https URL"},
	[FORMAT_CURRENCY] = {is_currency, "must be an ISO 4217 currency like NGN"},
	[FORMAT_SLUG] = {is_slug, "may hold only letters, digits, - and _"},
	[FORMAT_LINE] = {is_line, "must be one line of text that is not blank"},
	[FORMAT_NAME] = {is_name, "must be a person's name, without < and >"},
	[FORMAT_TEXT] = {is_text, "may hold no control characters but newlines and tabs"},
};

const char *format_complaint(enum schema_format format, const char *text)
{
	if (format == FORMAT_NONE || formats[format].fits(text))
		return NULL;
	return formats[format].complaint;
}
