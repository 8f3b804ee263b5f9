/* The one way a request takes: every step can refuse, and only the end writes an answer. */
#include "api/dispatch.h"

#include <stdlib.h>
#include <string.h>

#include "lib/http/body.h"
#include "lib/http/parameter.h"
#include "lib/http/problem.h"

static const enum db_role db_roles[] = {
	[ROLE_PUBLIC] = DB_PUBLIC,
	[ROLE_LINK] = DB_PUBLIC,
	[ROLE_CLIENT] = DB_CLIENT,
	[ROLE_STAFF] = DB_STAFF,
	[ROLE_ADMIN] = DB_ADMIN,
	[ROLE_INTEGRATOR] = DB_INTEGRATOR,
};

static bool is_read(const struct request *rq)
{
	return strcmp(rq->route->method, "GET") == 0;
}

/* A caller whose role the route does not name may still come in as everybody may. */
static enum problem authorise(struct request *rq)
{
	if (!(rq->route->roles & rq->caller.role)) {
		if (!(rq->route->roles & ROLE_PUBLIC))
			return rq->caller.role == ROLE_PUBLIC ? P_UNAUTHORIZED : P_FORBIDDEN;
		rq->caller.role = ROLE_PUBLIC;
		rq->caller.user_id = rq->work.actor_id = NULL;
		rq->work.link_id = NULL;
	}
	rq->work.role = rq->route->db_role == DB_ROLE_COUNT ? db_roles[rq->caller.role]
							    : rq->route->db_role;
	return P_OK;
}

static enum problem check_entitled(struct server *server, struct request *rq)
{
	if (!rq->route->paid || rq->caller.role != ROLE_CLIENT)
		return P_OK;
	return server->entitled ? server->entitled(rq) : P_PAYMENT_REQUIRED;
}

/* The media type without its parameters is listed, and the only charset is UTF-8. */
static bool is_accepted(const struct route *route, const char *content_type)
{
	size_t length = content_type ? strcspn(content_type, "; \t") : 0;
	const char *charset = content_type ? strcasestr(content_type, "charset=") : NULL;

	if (charset && strncasecmp(charset + 8, "utf-8", 5) != 0 &&
		strncasecmp(charset + 8, "\"utf-8\"", 7) != 0)
		return false;
	for (size_t i = 0; length && route->body_types[i]; i++)
		if (strlen(route->body_types[i]) == length &&
			strncasecmp(route->body_types[i], content_type, length) == 0)
			return true;
	return false;
}

/* Content-Length is asked first: what was read may have been cut. */
static bool is_too_large(const struct request *rq)
{
	const char *declared = request_header(rq, "Content-Length");

	return rq->raw_length > rq->route->body_max ||
		(declared && strtoull(declared, NULL, 10) > rq->route->body_max);
}

static enum problem read_body(struct request *rq)
{
	const struct route *route = rq->route;
	const char *coding = request_header(rq, "Content-Encoding");
	enum problem p;

	if (is_too_large(rq))
		return route->body_kind == BODY_NONE
			? fail(&rq->work, P_BAD_REQUEST, "this operation takes no body")
			: fail(&rq->work, P_BODY_TOO_LARGE, "at most %zu bytes are taken",
				  route->body_max);
	if (rq->raw_length == 0)
		return route->body_required
			? fail_at(&rq->work, P_VALIDATION_FAILED, "", "a body is required")
			: P_OK;
	if (!is_accepted(route, request_header(rq, "Content-Type")))
		return fail(
			&rq->work, P_UNSUPPORTED_MEDIA_TYPE, "send it as %s", route->body_types[0]);
	if (coding && strcasecmp(coding, "identity") != 0)
		return fail(
			&rq->work, P_UNSUPPORTED_MEDIA_TYPE, "send it without Content-Encoding");
	if (route->body_kind != BODY_JSON)
		return P_OK;
	p = body_parse(&rq->work, rq->raw_body, rq->raw_length, &rq->json);
	if (p)
		return p;
	if (!schema_check(&rq->work, route->body, rq->json, ""))
		return P_VALIDATION_FAILED;
	rq->body = body_compact(&rq->work, rq->json);
	return P_OK;
}

/* Back to what stood there before the handler: the limit's headers. */
static void forget_answer(struct request *rq, const struct reply *before)
{
	rq->reply = *before;
	rq->work.detail = NULL;
	rq->work.complaint_count = 0;
	rq->work.retry_after_s = 0;
}

/* One transaction: the saved answer, or the handler and its answer saved. */
static enum problem run_once(
	struct request *rq, const struct target *target, const char *const *values)
{
	bool replayed = false;
	enum problem p = P_OK;

	if (!rq->route->no_transaction)
		work_begin(&rq->work, is_read(rq) ? WORK_READ : WORK_WRITE);
	if (rq->route->idempotent)
		p = idempotency_begin(rq, target, &replayed);
	if (!p && !replayed) {
		p = rq->route->call(rq, values);
		if (!p && !rq->reply.status)
			p = fail(&rq->work, P_INTERNAL, "the handler did not answer");
		if (!p && rq->route->idempotent)
			p = idempotency_save(rq, target);
	}
	if (!p)
		p = work_commit(&rq->work);
	if (p)
		work_rollback(&rq->work);
	return p;
}

/* A refusal of the business is saved on its own, because the transaction it came from is gone. When
 * that fails the answer is still true, it is only not kept. */
static void save_refusal(struct request *rq, const struct target *target)
{
	struct work before = rq->work;
	struct reply refusal = rq->reply;
	bool replayed = false;

	if (!rq->route->idempotent || !idempotency_keeps(rq->reply.status))
		return;
	work_begin(&rq->work, WORK_WRITE);
	if (idempotency_begin(rq, target, &replayed) || replayed || idempotency_save(rq, target) ||
		work_commit(&rq->work))
		work_rollback(&rq->work);
	rq->reply = refusal;
	before.connection = rq->work.connection;
	before.mode = rq->work.mode;
	rq->work = before;
}

/* 40001 and 40P01: two transactions met, and one of them only has to come again. */
static enum problem run(struct request *rq, const struct target *target, const char *const *values)
{
	const struct reply before = rq->reply;
	enum problem p = run_once(rq, target, values);

	if (p == P_SERIALIZATION_FAILURE && !rq->route->no_transaction) {
		forget_answer(rq, &before);
		p = run_once(rq, target, values);
	}
	if (!p)
		return P_OK;
	rq->reply = before;
	dispatch_problem(rq, p);
	if (p != P_IDEMPOTENCY_IN_FLIGHT && p != P_IDEMPOTENCY_KEY_REUSED)
		save_refusal(rq, target);
	return p;
}

void dispatch_problem(struct request *rq, enum problem p)
{
	int status = problem_info(p)->status;

	if (!rq->work.retry_after_s && (status == 503 || p == P_IDEMPOTENCY_IN_FLIGHT))
		rq->work.retry_after_s = 1;
	if (rq->work.retry_after_s)
		reply_header(rq, "Retry-After",
			arena_printf(rq->work.arena, "%ld", rq->work.retry_after_s));
	if (status == 401)
		reply_header(rq, "WWW-Authenticate",
			p == P_INVALID_TOKEN ? "Bearer error=\"invalid_token\"" : "Bearer");
	reply_json(rq, status, problem_document(&rq->work, p));
	rq->reply.content_type = "application/problem+json";
}

static enum problem admit(struct server *server, struct request *rq)
{
	enum problem identity = authenticate(rq), p = limit_take(server, rq);

	if (!p)
		p = identity;
	if (!p)
		p = authorise(rq);
	return p ? p : check_entitled(server, rq);
}

/* P_OK when there is a route; also answers OPTIONS, whose reply is then set. */
static enum problem find(
	struct request *rq, const struct target *target, struct route_match *ret_match)
{
	route_find(rq->work.arena, rq->method, target->path, target->ops, ret_match);
	rq->route = ret_match->route;
	if (rq->route)
		return P_OK;
	if (!ret_match->allow)
		return fail(&rq->work, P_NOT_FOUND, "there is nothing at this path");
	reply_header(rq, "Allow", ret_match->allow);
	if (strcmp(rq->method, "OPTIONS") == 0)
		return reply_empty(rq, 204);
	return fail(&rq->work, P_METHOD_NOT_ALLOWED, "this path takes %s", ret_match->allow);
}

enum problem dispatch(struct server *server, struct request *rq, const struct target *target)
{
	const char *values[PARAMETERS_MAX] = {NULL};
	struct route_match match;
	enum problem p;

	rq->caller.role = ROLE_PUBLIC;
	p = find(rq, target, &match);
	if (!p && rq->reply.status)
		return P_OK;
	if (!p)
		p = admit(server, rq);
	if (!p)
		p = parameters_read(rq, &match, target->query, values);
	if (!p)
		p = read_body(rq);
	if (!p)
		return run(rq, target, values);
	dispatch_problem(rq, p);
	return p;
}
