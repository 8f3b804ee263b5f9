/* Signing in with a password, trading refresh tokens, signing out. */
#include <stdio.h>
#include <string.h>

#include "api.gen.h"
#include "lib/core/instant.h"
#include "lib/core/text.h"
#include "lib/core/uuid.h"
#include "lib/data/db.h"
#include "lib/security/access_token.h"
#include "lib/security/password.h"
#include "lib/security/refresh_token.h"
#include "queries.gen.h"

enum { ACCESS_S = 900, REFRESH_S = 30 * 86400 };

struct identity {
	const char *user_id, *email, *name, *role;
	const char *session_id;
};

static enum access_role role_of(const char *name)
{
	return strcmp(name, "admin") == 0    ? ACCESS_ADMIN
		: strcmp(name, "staff") == 0 ? ACCESS_STAFF
					     : ACCESS_CLIENT;
}

static const char *sign(struct request *rq, const struct identity *who)
{
	struct access_claims claims = {.role = role_of(who->role), .issued_at_s = instant_now_s()};

	claims.expires_at_s = claims.issued_at_s + ACCESS_S;
	snprintf(claims.subject, sizeof(claims.subject), "%s", who->user_id);
	snprintf(claims.session_id, sizeof(claims.session_id), "%s", who->session_id);
	return access_token_sign(rq->work.arena, rq->service->token_keys, &claims);
}

static enum problem reply_tokens(
	struct request *rq, const struct identity *who, const char *refresh_token)
{
	struct text *out = text_new(rq->work.arena);
	const char *access_token = sign(rq, who);

	if (!access_token)
		return fail(&rq->work, P_INTERNAL, "the access token could not be signed");
	text_add(out, "{\"access_token\":");
	text_add_json(out, access_token);
	text_addf(out, ",\"token_type\":\"Bearer\",\"expires_in\":%d,\"refresh_token\":", ACCESS_S);
	text_add_json(out, refresh_token);
	text_addf(out, ",\"refresh_expires_in\":%d,\"user\":{\"user_id\":", REFRESH_S);
	text_add_json(out, who->user_id);
	text_add(out, ",\"email\":");
	text_add_json(out, who->email);
	text_add(out, ",\"name\":");
	text_add_json(out, who->name);
	text_add(out, ",\"role\":");
	text_add_json(out, who->role);
	text_add(out, "}}");
	reply_header(rq, "Cache-Control", "no-store");
	return reply_json(rq, 200, out->data);
}

static struct identity identity_of(const struct rows *rows, const char *session_id)
{
	return (struct identity){rows_text(rows, 0, "user_id"), rows_text(rows, 0, "email"),
		rows_text(rows, 0, "name"), rows_text(rows, 0, "role"), session_id};
}

/* Unknown, disabled and password-less users cost as much as a wrong password, and are told the
 * same. */
static enum problem check_password(struct request *rq, const struct rows *user)
{
	const json_t *password = json_object_get(rq->json, "password");
	bool usable = user->count && !rows_bool(user, 0, "disabled");

	switch (password_verify(rq->service->passwords, json_string_value(password),
		json_string_length(password),
		usable ? rows_text(user, 0, "password_hash") : NULL)) {
	case PASSWORD_OK:
		return P_OK;
	case PASSWORD_BUSY:
		rq->work.retry_after_s = 2;
		return fail(&rq->work, P_OVERLOADED, "Too many people are signing in.");
	default:
		return P_INVALID_CREDENTIALS;
	}
}

static enum problem start_session(
	struct request *rq, const struct identity *who, const char *refresh_token)
{
	struct work *work = &rq->work;
	const char *json;
	enum problem p;

	work_begin(work, WORK_WRITE);
	p = q_auth_session_create(work, &json, who->session_id, who->user_id);
	if (!p)
		p = q_auth_refresh_create(
			work, refresh_token_hash(work->arena, refresh_token), who->session_id, "0");
	return p ? p : work_commit(work);
}

enum problem auth_login(struct request *rq)
{
	struct work *work = &rq->work;
	const char *email = json_string_value(json_object_get(rq->json, "email"));
	const char *refresh_token = refresh_token_make(work->arena);
	char *session_id = arena_alloc(work->arena, UUID_TEXT);
	struct identity who;
	struct rows user;
	enum problem p;

	work_begin(work, WORK_READ);
	p = q_auth_user_by_email(work, &user, text_lower(work->arena, email));
	if (!p)
		p = work_commit(work);
	/* No connection is held while the password is hashed. */
	if (!p)
		p = check_password(rq, &user);
	if (p)
		return p;
	uuid_v7_make(session_id);
	who = identity_of(&user, session_id);
	p = start_session(rq, &who, refresh_token);
	return p ? p : reply_tokens(rq, &who, refresh_token);
}

/* RFC 9700 4.14.2 with a grace for parallel refreshes: the parent of the newest token is good for
 * the same child, for 30 s or while that child is unused. */
static bool may_refresh(const struct rows *token)
{
	long long generation = rows_integer(token, 0, "generation");
	long long newest = rows_integer(token, 0, "newest");

	if (!rows_bool(token, 0, "used"))
		return generation == newest;
	return generation == newest - 1 &&
		(rows_bool(token, 0, "in_grace") || rows_bool(token, 0, "child_unused"));
}

static enum problem refuse_refresh(struct request *rq, const struct rows *token)
{
	struct work *work = &rq->work;
	enum problem p = P_OK;

	if (token->count && !rows_bool(token, 0, "ended"))
		p = q_auth_session_revoke(
			work, "refresh token used again", rows_text(token, 0, "session_id"));
	if (!p)
		p = work_commit(work);
	return p ? p : fail(work, P_INVALID_TOKEN, "Sign in again.");
}

static enum problem rotate(struct request *rq, const struct rows *token)
{
	struct work *work = &rq->work;
	struct identity who = identity_of(token, rows_text(token, 0, "session_id"));
	const char *child = refresh_token_child(work->arena, rq->service->refresh_key,
		who.session_id, json_string_value(json_object_get(rq->json, "refresh_token")));
	enum problem p = q_auth_refresh_rotate(work, who.session_id,
		rows_text(token, 0, "generation"), refresh_token_hash(work->arena, child));

	if (!p)
		p = work_commit(work);
	return p ? p : reply_tokens(rq, &who, child);
}

enum problem auth_refresh(struct request *rq)
{
	struct work *work = &rq->work;
	const char *hash = refresh_token_hash(
		work->arena, json_string_value(json_object_get(rq->json, "refresh_token")));
	struct rows token;
	enum problem p;

	if (!hash)
		return fail_at(work, P_INVALID_TOKEN, "/refresh_token", "is not a refresh token");
	work_begin(work, WORK_WRITE);
	p = q_auth_refresh_lock(work, hash);
	if (!p)
		p = q_auth_refresh_find(work, &token, hash);
	if (p)
		return p;
	if (token.count == 0 || rows_bool(&token, 0, "ended") || !may_refresh(&token))
		return refuse_refresh(rq, &token);
	return rotate(rq, &token);
}

enum problem auth_logout(struct request *rq)
{
	enum problem p = q_auth_session_revoke(&rq->work, "signed out", rq->caller.session_id);

	return p ? p : reply_empty(rq, 204);
}

enum problem me_get(struct request *rq)
{
	const char *json;
	enum problem p = q_me_get(&rq->work, &json);

	return p ? p : reply_json(rq, 200, json);
}
