/* The table of kinds against the database, and the plan of the periodic ones. */
#include "worker/kinds.h"

#include <string.h>

#include "queries.gen.h"

const struct job_kind *kind_find(const char *name)
{
	for (const struct job_kind *kind = job_kinds; kind->name; kind++) {
		if (strcmp(kind->name, name) == 0)
			return kind;
	}
	return NULL;
}

static const char *row_complaint(struct arena *arena, const struct rows *rows, int row)
{
	const char *name = rows_text(rows, row, "kind"), *stream = rows_text(rows, row, "stream");
	int attempts_max = (int)rows_integer(rows, row, "attempts_max");
	const struct job_kind *kind = kind_find(name);

	if (!kind)
		return arena_printf(arena, "job_kind has %s, this program does not", name);
	if (strcmp(kind->stream, stream) != 0)
		return arena_printf(arena, "%s goes to %s in job_kind and to %s in this program",
			name, stream, kind->stream);
	if (kind->attempts_max != attempts_max)
		return arena_printf(arena, "%s has %d attempts in job_kind and %d in this program",
			name, attempts_max, kind->attempts_max);
	return NULL;
}

static const char *kind_complaint(
	struct arena *arena, const struct rows *rows, const struct job_kind *kind)
{
	for (int row = 0; row < rows->count; row++) {
		if (strcmp(rows_text(rows, row, "kind"), kind->name) == 0)
			return NULL;
	}
	return arena_printf(arena, "job_kind lacks %s", kind->name);
}

const char *kinds_complaint(struct worker *worker, struct arena *arena)
{
	struct work work;
	struct rows rows;
	const char *complaint = NULL;
	enum problem p;

	worker_work(worker, arena, &work);
	p = q_job_kind_list(&work, &rows);
	if (worker_end(worker, &work, "job_kind_list", p))
		return "the table job_kind could not be read";
	for (int row = 0; row < rows.count && !complaint; row++)
		complaint = row_complaint(arena, &rows, row);
	for (const struct job_kind *kind = job_kinds; kind->name && !complaint; kind++)
		complaint = kind_complaint(arena, &rows, kind);
	return complaint;
}

/* This period's run too: a new installation, or one that slept, starts at once. */
static enum problem plan(struct work *work, const struct job_kind *kind)
{
	const char *every = arena_printf(work->arena, "%ld", kind->every_s);
	enum problem p = q_job_ensure_periodic(work, kind->name, every, "0");

	return p ? p : q_job_ensure_periodic(work, kind->name, every, "1");
}

void kinds_plan(struct worker *worker, struct arena *arena)
{
	struct work work;
	enum problem p = P_OK;

	worker_work(worker, arena, &work);
	for (const struct job_kind *kind = job_kinds; kind->name && !p; kind++) {
		if (kind->every_s > 0)
			p = plan(&work, kind);
	}
	worker_end(worker, &work, "job_ensure_periodic", p);
}
