/* Rate limits: counted in Redis for all processes, and open when Redis is away. */
#include "api/dispatch.h"
#include "lib/core/instant.h"
#include "lib/core/log.h"
#include "lib/data/redis.h"
#include "lib/security/digest.h"

enum { LOG_EVERY_S = 60 };

static void let_through(struct server *server)
{
	long long now_s = instant_now_s(), last_s = atomic_load(&server->limit_logged_at_s);

	metrics_count_open_limit(server->metrics);
	if (now_s - last_s >= LOG_EVERY_S &&
		atomic_compare_exchange_strong(&server->limit_logged_at_s, &last_s, now_s))
		log_event(LOG_LEVEL_WARNING, "limits_open", "reason", "redis is away", NULL);
}

/* Users and guests with a link are counted as themselves wherever they are, for a front end's
 * server calls for many of them from one address; everybody else by address. */
static const char *key_of(const struct server *server, const struct request *rq)
{
	const char *who = rq->caller.user_id ? rq->caller.user_id
		: rq->work.link_id           ? rq->work.link_id
					     : request_address(rq);
	const char *name = arena_printf(rq->work.arena, "%s|%s", rq->route->operation, who);

	return arena_printf(rq->work.arena, "limit:%s",
		hmac_hex(rq->work.arena, HMAC_SHA256,
			(struct span){server->limit_key, sizeof(server->limit_key)},
			span_text(name)));
}

/* draft-ietf-httpapi-ratelimit-headers: the policy is named after its operation. */
static void tell(struct request *rq, const struct redis_limit *state)
{
	const struct route *route = rq->route;

	reply_header(rq, "RateLimit-Policy",
		arena_printf(rq->work.arena, "\"%s\";q=%ld;w=%ld", route->operation, route->limit,
			route->limit_window_s));
	reply_header(rq, "RateLimit",
		arena_printf(rq->work.arena, "\"%s\";r=%lld;t=%ld", route->operation,
			state->remaining < 0 ? 0 : state->remaining, state->reset_s));
}

enum problem limit_take(struct server *server, struct request *rq)
{
	struct redis_limit state;

	if (!rq->route->limit)
		return P_OK;
	if (!redis_limit_take(rq->service->redis, rq->work.arena, key_of(server, rq),
		    rq->route->limit, rq->route->limit_window_s, &state)) {
		let_through(server);
		return P_OK;
	}
	tell(rq, &state);
	if (!state.exceeded)
		return P_OK;
	rq->work.retry_after_s = state.reset_s > 0 ? state.reset_s : 1;
	return fail(&rq->work, P_TOO_MANY_REQUESTS, "at most %ld in %ld seconds", rq->route->limit,
		rq->route->limit_window_s);
}
