/* Link tokens and booking references: an id, its MAC, base64url. */
#include "lib/security/link_token.h"

#include <string.h>

#include "lib/security/compare.h"

enum { VERSION = 1, PREFIX_LENGTH = 3 };

/* Offsets into the bytes of a link token; 42 bytes are 56 characters with no bit to spare. */
enum {
	AT_VERSION = 0,
	AT_PURPOSE = 1,
	AT_SUBJECT = 2,
	AT_EXPIRY = 18,
	AT_MAC = 26,
	LINK_SIZE = 42,
	LINK_LENGTH = 56
};

/* The same for a booking reference. Id and MAC are encoded apart: 22 and 11 characters. */
enum { REFERENCE_MAC_SIZE = 8, ID_LENGTH = 22, REFERENCE_LENGTH = 33 };

static bool purpose_is_known(unsigned purpose)
{
	return purpose == LINK_INTAKE || purpose == LINK_FEEDBACK || purpose == LINK_PAY;
}

static void put_be64(unsigned char *out, int64_t value)
{
	for (int i = 0; i < 8; i++)
		out[i] = (unsigned char)((uint64_t)value >> (56 - 8 * i));
}

static int64_t get_be64(const unsigned char *in)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | in[i];
	return (int64_t)value;
}

static void mac_of(const unsigned char key[KEY_SIZE], const void *bytes, size_t length,
	unsigned char ret[HMAC_SIZE_MAX])
{
	hmac_raw(HMAC_SHA256, (struct span){key, KEY_SIZE}, (struct span){bytes, length}, ret);
}

char *link_token_make(
	struct arena *arena, const unsigned char key[KEY_SIZE], const struct link_claims *claims)
{
	unsigned char bytes[LINK_SIZE], mac[HMAC_SIZE_MAX];

	if (!purpose_is_known(claims->purpose) || !uuid_parse(claims->subject, bytes + AT_SUBJECT))
		return NULL;
	bytes[AT_VERSION] = VERSION;
	bytes[AT_PURPOSE] = (unsigned char)claims->purpose;
	put_be64(bytes + AT_EXPIRY, claims->expires_at_s);
	mac_of(key, bytes, AT_MAC, mac);
	memcpy(bytes + AT_MAC, mac, LINK_SIZE - AT_MAC);
	return arena_printf(arena, "cl_%s", base64url_encode(arena, bytes, sizeof(bytes)));
}

static enum link_result open_bytes(
	const unsigned char key[KEY_SIZE], const unsigned char *bytes, struct link_claims *ret)
{
	unsigned char mac[HMAC_SIZE_MAX];

	if (bytes[AT_VERSION] != VERSION || !purpose_is_known(bytes[AT_PURPOSE]))
		return LINK_MALFORMED;
	mac_of(key, bytes, AT_MAC, mac);
	if (!secret_equal((const char *)mac, LINK_SIZE - AT_MAC, (const char *)bytes + AT_MAC,
		    LINK_SIZE - AT_MAC))
		return LINK_FORGED;
	ret->purpose = bytes[AT_PURPOSE];
	ret->expires_at_s = get_be64(bytes + AT_EXPIRY);
	uuid_format(bytes + AT_SUBJECT, ret->subject);
	return LINK_OK;
}

/* True when text is prefix and then base64url of exactly `length` characters. */
static bool has_shape(const char *text, const char *prefix, size_t length)
{
	return text && strnlen(text, PREFIX_LENGTH + length + 1) == PREFIX_LENGTH + length &&
		strncmp(text, prefix, PREFIX_LENGTH) == 0;
}

enum link_result link_token_open(const unsigned char key[KEY_SIZE], const char *text,
	unsigned purposes, int64_t now_s, struct link_claims *ret)
{
	struct arena *arena;
	struct link_claims claims;
	enum link_result result = LINK_MALFORMED;
	unsigned char *bytes;
	size_t length;

	if (!has_shape(text, "cl_", LINK_LENGTH))
		return LINK_MALFORMED;
	arena = arena_new();
	bytes = base64url_decode(arena, text + PREFIX_LENGTH, LINK_LENGTH, &length);
	if (bytes)
		result = open_bytes(key, bytes, &claims);
	arena_free(arena);
	if (result != LINK_OK)
		return result;
	if (!(claims.purpose & purposes))
		return LINK_MISPLACED;
	if (now_s >= claims.expires_at_s)
		return LINK_EXPIRED;
	*ret = claims;
	return LINK_OK;
}

/* The MAC's input starts with a word of its own, so that no other MAC of this key can be one. */
static char *reference_of(
	struct arena *arena, const unsigned char key[KEY_SIZE], const unsigned char id[UUID_SIZE])
{
	unsigned char input[3 + UUID_SIZE] = "bk_", mac[HMAC_SIZE_MAX];

	memcpy(input + PREFIX_LENGTH, id, UUID_SIZE);
	mac_of(key, input, sizeof(input), mac);
	return arena_printf(arena, "bk_%s%s", base64url_encode(arena, id, UUID_SIZE),
		base64url_encode(arena, mac, REFERENCE_MAC_SIZE));
}

char *reference_sign(struct arena *arena, const unsigned char key[KEY_SIZE], const char *id)
{
	unsigned char uuid[UUID_SIZE];

	return uuid_parse(id, uuid) ? reference_of(arena, key, uuid) : NULL;
}

bool reference_open(const unsigned char key[KEY_SIZE], const char *text, char ret[UUID_TEXT_SIZE])
{
	struct arena *arena;
	unsigned char *id;
	size_t length;
	bool ours;

	if (!has_shape(text, "bk_", REFERENCE_LENGTH))
		return false;
	arena = arena_new();
	id = base64url_decode(arena, text + PREFIX_LENGTH, ID_LENGTH, &length);
	ours = id && secret_equal_text(reference_of(arena, key, id), text);
	if (ours)
		uuid_format(id, ret);
	arena_free(arena);
	return ours;
}
