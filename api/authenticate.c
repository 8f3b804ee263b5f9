/* Who calls: an access token, a link token, or nobody. */
#include <string.h>

#include "api/dispatch.h"
#include "lib/core/instant.h"
#include "lib/security/access_token.h"
#include "lib/security/link_token.h"

enum { LINK_ANY = LINK_INTAKE | LINK_FEEDBACK | LINK_PAY };

static const enum role_bit role_bits[] = {
	[ACCESS_CLIENT] = ROLE_CLIENT,
	[ACCESS_STAFF] = ROLE_STAFF,
	[ACCESS_ADMIN] = ROLE_ADMIN,
	[ACCESS_INTEGRATOR] = ROLE_INTEGRATOR,
};

static enum problem by_access_token(struct request *rq, const char *header)
{
	struct access_claims *claims = arena_alloc(rq->work.arena, sizeof(*claims));
	enum access_result result;

	if (strncasecmp(header, "Bearer ", 7) != 0)
		return fail(&rq->work, P_UNAUTHORIZED, "send Authorization: Bearer and a token");
	result = access_token_verify_cached(rq->service->token_keys, rq->service->token_cache,
		header + 7 + strspn(header + 7, " "), instant_now_s(), claims);
	if (result != ACCESS_OK)
		return fail(&rq->work, P_INVALID_TOKEN, "the access token %s",
			result == ACCESS_EXPIRED ? "has expired" : "is not valid");
	rq->caller.role = role_bits[claims->role];
	rq->caller.user_id = rq->work.actor_id = claims->subject;
	rq->caller.session_id = claims->session_id;
	return P_OK;
}

static enum problem by_link_token(struct request *rq, const char *token)
{
	struct link_claims *claims = arena_alloc(rq->work.arena, sizeof(*claims));
	enum link_result result =
		link_token_open(rq->service->link_key, token, LINK_ANY, instant_now_s(), claims);

	if (result != LINK_OK)
		return fail(&rq->work, P_INVALID_TOKEN, "the link %s",
			result == LINK_EXPIRED ? "has expired" : "is not valid");
	rq->caller.role = ROLE_LINK;
	rq->work.link_id = claims->subject;
	return P_OK;
}

enum problem authenticate(struct request *rq)
{
	const char *authorization = request_header(rq, "Authorization");
	const char *link = request_header(rq, "X-Link-Token");

	rq->caller.role = ROLE_PUBLIC;
	if (authorization)
		return by_access_token(rq, authorization);
	return link ? by_link_token(rq, link) : P_OK;
}
