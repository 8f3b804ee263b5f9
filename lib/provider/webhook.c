/* Signatures of inbound webhooks; see webhook.h. */
#include "lib/provider/webhook.h"

#include <stdlib.h>
#include <string.h>

#include "lib/core/text.h"
#include "lib/provider/form.h"
#include "lib/security/compare.h"
#include "lib/security/digest.h"

/* True when signature is the HMAC of body in lower-case hex. */
static bool is_hex_hmac(enum hmac_kind kind, const char *key, const char *signature,
	const char *body, size_t length)
{
	struct arena *arena;
	bool genuine;

	if (!key || !*key || !signature)
		return false;
	arena = arena_new();
	genuine = secret_equal_text(
		hmac_hex(arena, kind, span_text(key), (struct span){body, length}), signature);
	arena_free(arena);
	return genuine;
}

bool webhook_paystack_is_genuine(const char *body, size_t length, const char *signature,
	const char *key, const char *old_key)
{
	return is_hex_hmac(HMAC_SHA512, key, signature, body, length) ||
		is_hex_hmac(HMAC_SHA512, old_key, signature, body, length);
}

bool webhook_calcom_is_genuine(
	const char *body, size_t length, const char *signature, const char *secret)
{
	static const char prefix[] = "sha256=";

	if (signature && strncmp(signature, prefix, strlen(prefix)) == 0)
		signature += strlen(prefix);
	return is_hex_hmac(HMAC_SHA256, secret, signature, body, length);
}

static int compare_bytes(const char *a, size_t a_length, const char *b, size_t b_length)
{
	int order = memcmp(a, b, a_length < b_length ? a_length : b_length);

	return order ? order : (a_length > b_length) - (a_length < b_length);
}

static int by_name_then_value(const void *a, const void *b)
{
	const struct form_field *left = a, *right = b;
	int order = compare_bytes(left->name, left->name_length, right->name, right->name_length);

	return order
		? order
		: compare_bytes(left->value, left->value_length, right->value, right->value_length);
}

/* The fields as they are signed: sorted, the same value of the same name once. */
static struct text *signed_fields(struct arena *arena, const char *body, size_t length)
{
	struct text *text = text_new(arena);
	struct form form;

	form_parse(arena, body, length, &form);
	qsort(form.fields, form.count, sizeof(*form.fields), by_name_then_value);
	for (size_t i = 0; i < form.count; i++) {
		const struct form_field *field = &form.fields[i];

		if (i && by_name_then_value(field - 1, field) == 0)
			continue;
		text_add_bytes(text, field->name, field->name_length);
		text_add_bytes(text, field->value, field->value_length);
	}
	return text;
}

static bool is_signed(struct arena *arena, const char *url, const struct text *fields,
	const char *signature, const char *key)
{
	struct text *text = text_new(arena);

	text_add(text, url);
	text_add_bytes(text, fields->data, fields->length);
	return secret_equal_text(hmac_base64(arena, HMAC_SHA1, span_text(key),
					 (struct span){text->data, text->length}),
		signature);
}

bool webhook_mandrill_is_genuine(
	const char *url, const char *body, size_t length, const char *signature, const char *key)
{
	struct arena *arena;
	bool genuine;

	if (!signature || !key || !*key)
		return false;
	arena = arena_new();
	genuine = is_signed(arena, url, signed_fields(arena, body, length), signature, key);
	arena_free(arena);
	return genuine;
}

/* url with the port put after its host, or taken away when port is "". */
static const char *with_port(struct arena *arena, const char *url, const char *port)
{
	const char *scheme = strstr(url, "://");
	const char *authority = scheme ? scheme + 3 : url;
	const char *path = authority + strcspn(authority, "/?");
	const char *at = memchr(authority, '@', (size_t)(path - authority));
	const char *host = at ? at + 1 : authority;
	const char *bracket = memchr(host, ']', (size_t)(path - host));
	const char *colon =
		memchr(bracket ? bracket : host, ':', (size_t)(path - (bracket ? bracket : host)));

	return arena_printf(
		arena, "%.*s%s%s", (int)((colon ? colon : path) - url), url, port, path);
}

/* url with ' in its query as %27. */
static const char *with_quotes_escaped(struct arena *arena, const char *url)
{
	struct text *text = text_new(arena);
	size_t query = strcspn(url, "?");

	text_add_bytes(text, url, query);
	for (const char *c = url + query; *c; c++)
		text_add_bytes(text, *c == '\'' ? "%27" : c, *c == '\'' ? 3 : 1);
	return text->data;
}

bool webhook_twilio_is_genuine(const char *url, const char *body, size_t length,
	const char *signature, const char *auth_token)
{
	struct arena *arena;
	const struct text *fields;
	const char *urls[3];
	bool genuine = false;

	if (!signature || !auth_token || !*auth_token)
		return false;
	arena = arena_new();
	fields = signed_fields(arena, body, length);
	urls[0] = arena_strndup(arena, url, strcspn(url, "#"));
	urls[1] = with_port(arena, urls[0], "");
	urls[2] = with_port(arena, urls[0], strncmp(url, "https:", 6) == 0 ? ":443" : ":80");
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		genuine |= is_signed(arena, urls[i], fields, signature, auth_token);
		genuine |= is_signed(
			arena, with_quotes_escaped(arena, urls[i]), fields, signature, auth_token);
	}
	arena_free(arena);
	return genuine;
}
