/* The Redis streams: ids of due jobs on their way to a consumer. They may be lost at any time.
 *
 * One consumer group, "care", on four streams. Every call tells worker->link how it went; false
 * means that Redis could not be asked or said no. */
#ifndef CARE_WORKER_STREAMS_H
#define CARE_WORKER_STREAMS_H

#include "worker/worker.h"

enum {
	STREAM_COUNT = 4,
	STREAM_LENGTH_MAX = 4000, /* nothing is added above this */
	STREAM_IDLE_MS = 90000,   /* an entry held for longer was left behind: jobs end earlier */
};

/* The most urgent first. */
extern const char *const stream_names[STREAM_COUNT];

struct entry {
	const char *stream;
	const char *entry_id;
	const char *job_id;
};

struct entries {
	struct entry *items;
	size_t count;
};

/* Makes streams and group, unless they are there. */
bool streams_prepare(struct worker *worker, struct arena *arena);

bool streams_lengths(struct worker *worker, struct arena *arena, long long ret[STREAM_COUNT]);

/* rows with the columns job_id and stream, as job_dispatch gives them. */
bool streams_add(struct worker *worker, struct arena *arena, const struct rows *rows);

/* One entry of each of these streams at most; streams is a mask of 1 << place in stream_names.
 * block_ms 0 does not wait. Nothing there is true with no entries. */
struct stream_wish {
	const char *consumer;
	unsigned streams;
	int block_ms;
};
bool streams_read(struct worker *worker, struct arena *arena, const struct stream_wish *wish,
	struct entries *ret);

/* Acknowledges and deletes. Failing is harmless: the row is the truth. */
void streams_forget(struct worker *worker, struct arena *arena, const struct entries *entries);

/* Takes over the entries of a stream that were left behind, up to 100 from *cursor on, which is
 * "0-0" at first and again at the end. */
struct stream_search {
	const char *stream;
	const char *consumer;
	const char *cursor;
};
bool streams_reclaim(struct worker *worker, struct arena *arena, struct stream_search *search,
	struct entries *ret);

/* Leaves the group where nothing of this consumer is pending: deleting it would lose that. */
void streams_leave(struct worker *worker, struct arena *arena, const char *consumer);

#endif
