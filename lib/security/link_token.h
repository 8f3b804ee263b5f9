/* Signed references that live outside the database: tokens in the links we send, and the booking
 * reference that travels through the scheduler's embed. Both hold an id and a MAC, no personal
 * data, and only the characters A-Z a-z 0-9 - _, so no mail client or query string changes them. */
#ifndef CARE_SECURITY_LINK_TOKEN_H
#define CARE_SECURITY_LINK_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/security/digest.h"

/* What a link may be used for. Bits, so that an operation can take more than one. */
enum link_purpose {
	LINK_INTAKE = 1,   /* a guest after the intake; the subject is the intake submission */
	LINK_FEEDBACK = 2, /* the subject is the booking */
	LINK_PAY = 4,      /* the subject is what is to be paid */
};

enum link_result {
	LINK_OK,
	LINK_MALFORMED, /* not the shape of a token of ours */
	LINK_FORGED,    /* the MAC is wrong: altered, or signed with another key */
	LINK_MISPLACED, /* good, but for a purpose the caller does not take */
	LINK_EXPIRED,   /* good once */
};

struct link_claims {
	enum link_purpose purpose;
	char subject[UUID_TEXT_SIZE];
	int64_t expires_at_s; /* Unix seconds; from this second on it is expired */
};

/* "cl_" and 56 characters: version, purpose, subject, expiry and 16 bytes of HMAC-SHA256. The same
 * claims always make the same token. The key is key_derive(root, "link_token"). NULL when the
 * subject is not a UUID in lower case or the purpose is not one of the above. */
char *link_token_make(
	struct arena *arena, const unsigned char key[KEY_SIZE], const struct link_claims *claims);

/* purposes is a union of enum link_purpose. ret is set only with LINK_OK. text may be NULL,
 * hostile, and of any length. */
enum link_result link_token_open(const unsigned char key[KEY_SIZE], const char *text,
	unsigned purposes, int64_t now_s, struct link_claims *ret);

/* "bk_" and 33 characters: the id and 8 bytes of HMAC-SHA256. It never expires and grants nothing:
 * it only lets us tell our own id from a made-up one when a webhook brings it back. The key is
 * key_derive(root, "booking_reference"). NULL when id is not a UUID in lower case. */
char *reference_sign(struct arena *arena, const unsigned char key[KEY_SIZE], const char *id);

/* False for anything reference_sign did not make with this key; ret is set only on true. */
bool reference_open(const unsigned char key[KEY_SIZE], const char *text, char ret[UUID_TEXT_SIZE]);

#endif
