/* Reading parameters. A name the contract does not know is refused: it is a misspelling more often
 * than not, and a filter that is silently ignored shows the wrong rows. */
#include "lib/http/parameter.h"

#include <string.h>

#include "lib/http/url.h"

static const char *const places[] = {
	[IN_PATH] = "path",
	[IN_QUERY] = "query",
	[IN_HEADER] = "header",
};

static const char *find_in_query(struct work *work, const struct query *query, const char *name)
{
	const char *found = NULL;

	for (size_t i = 0; i < query->count; i++) {
		if (strcmp(query->pairs[i].name, name) != 0)
			continue;
		if (found)
			fail_at(work, P_VALIDATION_FAILED,
				arena_printf(work->arena, "query/%s", name),
				"must not be repeated");
		found = query->pairs[i].value;
	}
	return found;
}

static bool is_known(const struct route *route, const char *name)
{
	for (const struct parameter *p = route->parameters; p->name; p++)
		if (p->in == IN_QUERY && strcmp(p->name, name) == 0)
			return true;
	return false;
}

static void refuse_unknown(struct work *work, const struct route *route, const struct query *query)
{
	for (size_t i = 0; i < query->count; i++)
		if (!is_known(route, query->pairs[i].name))
			fail_at(work, P_VALIDATION_FAILED,
				arena_printf(work->arena, "query/%s", query->pairs[i].name),
				"is not a known parameter");
}

static void check(struct work *work, const struct parameter *p, const char **value)
{
	const char *at = arena_printf(work->arena, "%s/%s", places[p->in], p->name);

	if (*value)
		schema_check_text(work, p->schema, *value, at);
	else if (p->required)
		fail_at(work, P_VALIDATION_FAILED, at, "is required");
	else
		*value = p->fallback;
}

enum problem parameters_read(struct request *rq, const struct route_match *match,
	const char *query_text, const char *values[PARAMETERS_MAX])
{
	const struct route *route = match->route;
	struct query query;
	size_t in_path = 0;

	if (!query_parse(rq->work.arena, query_text, &query))
		return fail(&rq->work, P_BAD_REQUEST, "the query string cannot be read");
	for (int i = 0; i < route->parameter_count; i++) {
		const struct parameter *p = &route->parameters[i];

		if (p->in == IN_PATH)
			values[i] = match->values[in_path++];
		else if (p->in == IN_QUERY)
			values[i] = find_in_query(&rq->work, &query, p->name);
		else
			values[i] = request_header(rq, p->name);
		check(&rq->work, p, &values[i]);
	}
	refuse_unknown(&rq->work, route, &query);
	return rq->work.complaint_count ? P_VALIDATION_FAILED : P_OK;
}
