/* The strict parser in front of libjwt, and the strict reader of claims. */
#include "lib/security/access_parse.h"

#include <stdbool.h>
#include <string.h>

/* Years up to 9999: a number of milliseconds falls outside. */
#define INSTANT_S_MAX INT64_C(253402300799)

enum { HEADER_LENGTH_MAX = 256, CLAIM_COUNT = 10 };

static const char *const role_names[] = {
	[ACCESS_CLIENT] = "client",
	[ACCESS_STAFF] = "staff",
	[ACCESS_ADMIN] = "admin",
	[ACCESS_INTEGRATOR] = "integrator",
};

const char *access_role_name(enum access_role role)
{
	return role_names[role];
}

struct part {
	const char *text;
	size_t length;
};

/* The text up to the next dot or the end; *text moves behind the dot, or to NULL at the end. */
static struct part next_part(const char **text)
{
	const char *dot = strchr(*text, '.');
	struct part part = {*text, dot ? (size_t)(dot - *text) : strlen(*text)};

	*text = dot ? dot + 1 : NULL;
	return part;
}

static void release(void *object)
{
	json_decref(object);
}

/* The JSON object a part holds; NULL for anything else. Jansson refuses duplicates however they are
 * escaped, bad UTF-8, a BOM, NUL, text behind the end, and integers past 64 bits. */
static const json_t *read_object(struct arena *arena, struct part part)
{
	size_t length;
	const char *bytes = (char *)base64url_decode(arena, part.text, part.length, &length);
	json_t *json = bytes ? json_loadb(bytes, length, JSON_REJECT_DUPLICATES, NULL) : NULL;

	arena_defer(arena, release, json);
	return json_is_object(json) ? json : NULL;
}

static bool is_text(const json_t *object, const char *name, const char *expected)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value && strcmp(value, expected) == 0;
}

/* Exactly three members: crit, jku, jwk, x5c, zip and whatever comes next are refused unread. */
static bool read_header(const json_t *header, char kid[KID_LENGTH + 1])
{
	const char *value = json_string_value(json_object_get(header, "kid"));

	if (json_object_size(header) != 3 || !is_text(header, "alg", "RS256") ||
		!is_text(header, "typ", "JWT"))
		return false;
	if (!value || strnlen(value, KID_LENGTH + 1) != KID_LENGTH)
		return false;
	memcpy(kid, value, KID_LENGTH + 1);
	return true;
}

enum access_result access_parse(struct arena *arena, const char *token, struct access_parts *ret)
{
	struct part header, payload, signature;
	struct access_parts parts;
	const json_t *head;

	if (!token || strnlen(token, ACCESS_TOKEN_LENGTH_MAX + 1) > ACCESS_TOKEN_LENGTH_MAX)
		return ACCESS_MALFORMED;
	header = next_part(&token);
	if (!token || header.length > HEADER_LENGTH_MAX)
		return ACCESS_MALFORMED;
	payload = next_part(&token);
	if (!token)
		return ACCESS_MALFORMED;
	signature = next_part(&token);
	if (token ||
		!base64url_decode(arena, signature.text, signature.length, &parts.signature_size))
		return ACCESS_MALFORMED;
	head = read_object(arena, header);
	if (!head)
		return ACCESS_MALFORMED;
	if (!read_header(head, parts.kid))
		return ACCESS_HEADER;
	parts.payload = read_object(arena, payload);
	if (!parts.payload)
		return ACCESS_MALFORMED;
	*ret = parts;
	return ACCESS_OK;
}

static bool read_uuid(const json_t *payload, const char *name, char ret[UUID_TEXT_SIZE])
{
	const char *value = json_string_value(json_object_get(payload, name));
	unsigned char uuid[UUID_SIZE];

	if (!uuid_parse(value, uuid))
		return false;
	uuid_format(uuid, ret);
	return true;
}

/* Bytes, not characters: a Cyrillic а is no a, and strcmp knows no case. */
static bool read_role(const json_t *payload, enum access_role *ret)
{
	for (size_t i = 0; i < sizeof(role_names) / sizeof(role_names[0]); i++) {
		if (!is_text(payload, "role", role_names[i]))
			continue;
		*ret = (enum access_role)i;
		return true;
	}
	return false;
}

/* RFC 6749 §3.3: printable ASCII without space, " and \. */
static bool is_scope_char(char c)
{
	return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static bool is_scope(const char *scope)
{
	for (const char *c = scope; *c; c++) {
		bool between = *c == ' ' && c > scope && c[-1] != ' ' && c[1];

		if (!between && !is_scope_char(*c))
			return false;
	}
	return true;
}

static bool read_scope(const json_t *payload, char ret[ACCESS_SCOPE_SIZE])
{
	const char *value = json_string_value(json_object_get(payload, "scope"));

	if (!value || strlen(value) >= ACCESS_SCOPE_SIZE || !is_scope(value))
		return false;
	memcpy(ret, value, strlen(value) + 1);
	return true;
}

static bool read_id(const json_t *payload, char ret[ACCESS_ID_SIZE])
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *value = json_string_value(json_object_get(payload, "jti"));
	size_t length = value ? strlen(value) : 0;

	if (length == 0 || length >= ACCESS_ID_SIZE || strspn(value, allowed) != length)
		return false;
	memcpy(ret, value, length + 1);
	return true;
}

/* A JSON integer: 1.0, "1", true and null are not. */
static bool read_instant(const json_t *payload, const char *name, int64_t *ret_s)
{
	const json_t *value = json_object_get(payload, name);

	if (!json_is_integer(value))
		return false;
	*ret_s = json_integer_value(value);
	return *ret_s > 0 && *ret_s <= INSTANT_S_MAX;
}

static bool read_times(const json_t *payload, struct access_claims *ret)
{
	return read_instant(payload, "iat", &ret->issued_at_s) &&
		read_instant(payload, "nbf", &ret->not_before_s) &&
		read_instant(payload, "exp", &ret->expires_at_s) &&
		ret->not_before_s < ret->expires_at_s && ret->issued_at_s < ret->expires_at_s &&
		ret->expires_at_s - ret->issued_at_s <= ACCESS_LIFETIME_S_MAX;
}

bool access_claims_read(
	const json_t *payload, const char *issuer, const char *audience, struct access_claims *ret)
{
	struct access_claims claims = {0};

	if (json_object_size(payload) != CLAIM_COUNT || !is_text(payload, "iss", issuer) ||
		!is_text(payload, "aud", audience))
		return false;
	if (!read_uuid(payload, "sub", claims.subject) ||
		!read_uuid(payload, "sid", claims.session_id) || !read_role(payload, &claims.role))
		return false;
	if (!read_scope(payload, claims.scope) || !read_id(payload, claims.id) ||
		!read_times(payload, &claims))
		return false;
	*ret = claims;
	return true;
}

enum access_result access_claims_in_time(const struct access_claims *claims, int64_t now_s)
{
	if (now_s >= claims->expires_at_s + ACCESS_SKEW_S)
		return ACCESS_EXPIRED;
	if (now_s < claims->issued_at_s - ACCESS_SKEW_S ||
		now_s < claims->not_before_s - ACCESS_SKEW_S)
		return ACCESS_NOT_YET;
	return ACCESS_OK;
}
