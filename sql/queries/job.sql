-- Jobs: the dispatcher, the consumers, and what admins see of them.

-- name: job_dispatch :rows
-- Rows to hand to a stream: due, in an open stream, and not handed over in the last 30 s (Redis may have
-- lost them), or 2 s when the stream holds nothing at all. They are marked before they are handed over:
-- a mark that came later could hide a row that was tried and queued again meanwhile. Losing the mark
-- with the power costs one more delivery, so the commit does not wait for the disk.
WITH due AS (
    SELECT j.job_id, k.stream, j.dispatched_at IS NOT NULL AS again,
        set_config('synchronous_commit', 'off', true)
    FROM job AS j JOIN job_kind AS k USING (kind)
    WHERE j.state = 'queued' AND j.run_at <= care_now() AND k.stream = ANY (:open_streams::text[])
      AND (j.dispatched_at IS NULL OR j.dispatched_at < now() - CASE
               WHEN k.stream = ANY (:empty_streams::text[]) THEN interval '2 s' ELSE interval '30 s' END)
    ORDER BY j.dispatched_at NULLS FIRST, j.priority, j.run_at
    LIMIT :limit::int FOR UPDATE OF j SKIP LOCKED)
UPDATE job SET dispatched_at = now() FROM due WHERE job.job_id = due.job_id
RETURNING due.job_id, due.stream, due.again;

-- name: job_undispatch :exec
-- Redis did not take them, or has lost what it had: NULL stands for every row.
UPDATE job SET dispatched_at = NULL
WHERE state = 'queued' AND dispatched_at IS NOT NULL
  AND (:job_ids::uuid[] IS NULL OR job_id = ANY (:job_ids::uuid[]));

-- name: job_next_due :one
-- Seconds until the next queued row is due, for the dispatcher's sleep; at most 60.
SELECT json_build_object('wait_ms',
    coalesce(ceil(least(60, greatest(0, extract(epoch FROM min(run_at) - care_now()))) * 1000)::int,
             60000))
FROM job WHERE state = 'queued' AND (dispatched_at IS NULL OR dispatched_at < now() - interval '30 s');

-- name: job_claim :rows
-- No row: somebody else has it, or it is not due any more. crash_count is raised here and cleared when the
-- job ends, so that a job that kills its process is noticed.
UPDATE job SET state = 'running', attempts = attempts + 1, crash_count = crash_count + 1,
    lease_until = now() + interval '60 s', worker = :worker
WHERE job_id = :job_id::uuid AND state = 'queued' AND run_at <= care_now()
RETURNING job_id, kind, coalesce(subject_id::text, '') AS subject_id, payload, attempts,
    attempts_max, attempts > 1 OR last_error IS NOT NULL AS repeated,
    ceil(extract(epoch FROM care_now() - run_at) * 1000)::bigint AS late_ms;

-- name: job_claim_any :rows
-- Without Redis the workers take rows directly.
UPDATE job SET state = 'running', attempts = attempts + 1, crash_count = crash_count + 1,
    lease_until = now() + interval '60 s', worker = :worker
WHERE job_id = (
    SELECT job_id FROM job WHERE state = 'queued' AND run_at <= care_now()
    ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING job_id, kind, coalesce(subject_id::text, '') AS subject_id, payload, attempts,
    attempts_max, attempts > 1 OR last_error IS NOT NULL AS repeated,
    ceil(extract(epoch FROM care_now() - run_at) * 1000)::bigint AS late_ms;

-- name: job_heartbeat :one
-- The fence (attempts and worker) makes a worker that lost its lease notice. extend is false for a job
-- that takes longer than it may: it is only asked whether it is still ours.
UPDATE job SET lease_until = CASE WHEN :extend::boolean THEN now() + interval '60 s'
                                  ELSE lease_until END
WHERE job_id = :job_id::uuid AND attempts = :attempt::int AND worker = :worker AND state = 'running'
RETURNING json_build_object('job_id', job_id);

-- name: job_done :one
UPDATE job SET state = 'done', finished_at = care_now(), crash_count = 0, lease_until = NULL,
    last_error = NULL
WHERE job_id = :job_id::uuid AND attempts = :attempt::int AND worker = :worker AND state = 'running'
RETURNING json_build_object('job_id', job_id);

-- name: job_again :one
-- Back to the queue after delay_ms. counted is false when the attempt should not count; last_error is what
-- tells the next run that there was one all the same.
UPDATE job SET state = 'queued', crash_count = 0, lease_until = NULL, dispatched_at = NULL,
    attempts = attempts - CASE WHEN :counted::boolean THEN 0 ELSE 1 END,
    run_at = care_now() + make_interval(secs => :delay_ms::bigint / 1000.0),
    last_error = coalesce(:error, last_error, 'put off')
WHERE job_id = :job_id::uuid AND attempts = :attempt::int AND worker = :worker AND state = 'running'
RETURNING json_build_object('job_id', job_id);

-- name: job_dead :one
UPDATE job SET state = 'dead', finished_at = care_now(), lease_until = NULL,
    last_error = coalesce(:error, 'no reason given')
WHERE job_id = :job_id::uuid AND attempts = :attempt::int AND worker = :worker AND state = 'running'
RETURNING json_build_object('job_id', job_id);

-- name: job_sweep :rows
-- Leases that ran out: back to the queue, a little later each time, or dead after five deaths of the process
-- in a row. (With fewer, a storm of restarts looks like a poisonous job.)
UPDATE job SET
    state = CASE WHEN crash_count >= 5 THEN 'dead' ELSE 'queued' END,
    last_error = CASE WHEN crash_count >= 5 THEN 'the worker died five times while it ran'
                      ELSE last_error END,
    finished_at = CASE WHEN crash_count >= 5 THEN care_now() END,
    run_at = CASE WHEN crash_count BETWEEN 2 AND 4
                  THEN care_now() + make_interval(secs => power(2, crash_count - 2)) ELSE run_at END,
    dispatched_at = NULL, lease_until = NULL
WHERE state = 'running' AND lease_until < now()
RETURNING job_id, kind, state, attempts, worker, last_error;

-- name: job_kind_list :rows
SELECT kind, stream, attempts_max FROM job_kind ORDER BY kind;

-- name: job_ensure_periodic :exec
-- Keeps one run of a periodic job planned: the dedupe key is its kind and the period's number.
SELECT job_enqueue(:kind, NULL,
    :kind || ':' || (floor(extract(epoch FROM care_now()) / :every_s::bigint) + :ahead::int)::bigint,
    to_timestamp((floor(extract(epoch FROM care_now()) / :every_s::bigint) + :ahead::int)
        * :every_s::bigint));

-- name: job_purge :exec
-- Finished periodic runs are noise after a day, other finished jobs after 90 days.
DELETE FROM job WHERE state IN ('done', 'cancelled')
  AND finished_at < care_now() - CASE WHEN subject_id IS NULL THEN interval '1 day'
                                      ELSE interval '90 days' END;

-- name: job_metrics :one
SELECT json_build_object(
    'queued', count(*) FILTER (WHERE state = 'queued' AND run_at <= care_now()),
    'planned', count(*) FILTER (WHERE state = 'queued' AND run_at > care_now()),
    'running', count(*) FILTER (WHERE state = 'running'),
    'dead', count(*) FILTER (WHERE state = 'dead'),
    'oldest_due_s', coalesce(extract(epoch FROM care_now() - min(run_at)
        FILTER (WHERE state = 'queued' AND run_at <= care_now()))::int, 0))
FROM job WHERE state IN ('queued', 'running', 'dead');

-- name: job_list :one
SELECT json_build_object('data', coalesce(json_agg(json_build_object(
        'job_id', job_id, 'kind', kind, 'state', state, 'subject_id', subject_id,
        'attempts', attempts, 'attempts_max', attempts_max, 'run_at', rfc3339(run_at),
        'last_error', last_error, 'created_at', rfc3339(created_at),
        'finished_at', rfc3339(finished_at)) ORDER BY job_id DESC)
        FILTER (WHERE place <= :limit::int), '[]'),
    'has_more', count(*) > :limit::int)
FROM (SELECT *, row_number() OVER (ORDER BY job_id DESC) AS place FROM job
      WHERE (:state::text IS NULL OR state = :state) AND (:kind::text IS NULL OR kind = :kind)
        AND (:starting_after::uuid IS NULL OR job_id < :starting_after::uuid)
      ORDER BY job_id DESC LIMIT :limit::int + 1) AS page;

-- name: job_retry :one
-- A dead job gets its attempts back.
UPDATE job SET state = 'queued', run_at = care_now(), attempts = 0, crash_count = 0,
    dispatched_at = NULL, finished_at = NULL
WHERE job_id = :job_id::uuid AND state = 'dead'
RETURNING json_build_object('job_id', job_id, 'kind', kind, 'state', state,
    'subject_id', subject_id, 'attempts', attempts, 'attempts_max', attempts_max,
    'run_at', rfc3339(run_at), 'last_error', last_error, 'created_at', rfc3339(created_at),
    'finished_at', NULL);

-- name: job_exists :one
SELECT json_build_object('job_id', job_id) FROM job WHERE job_id = :job_id::uuid FOR UPDATE;
