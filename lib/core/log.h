/* JSON lines on standard error through Yder: one object a line, with request and job ids and no
 * personal data. Values are escaped here, so no input can forge a line.
 *
 *     {"ts":"2026-11-22T09:00:00.123Z","level":"info","program":"care-worker","event":"job_done",
 *      "job_id":"…"}
 *
 * (as one line). What Ulfius and other libraries say through Yder comes out the same way, as event
 * "library" with the field "message". Safe in threads between log_open and log_close. */
#ifndef CARE_CORE_LOG_H
#define CARE_CORE_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* program names the process in each line; level is "debug", "info", "warning" or "error", anything
 * else is "info". Once at start. */
void log_open(const char *program, const char *level);
void log_close(void);

/* log_event(LOG_LEVEL_INFO, "job_done", "job_id", id, "kind", kind, NULL): a name, then pairs of
 * field and text, ended by NULL. A pair whose text is NULL is left out; a text is cut after 1024
 * bytes; bytes that are not UTF-8 are written as '?'. Writes nothing before log_open. */
void log_event(enum log_level level, const char *event, ...) __attribute__((sentinel));

#endif
