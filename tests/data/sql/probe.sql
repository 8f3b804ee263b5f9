-- name: probe_settings :one
-- Who the database thinks is asking.
SELECT json_build_object('role', current_user, 'user_id', current_setting('app.user_id'),
    'link_id', current_setting('app.link_id'), 'request_id', current_setting('app.request_id'),
    'read_only', current_setting('transaction_read_only'), 'backend', pg_backend_pid());

-- name: probe_insert :exec
INSERT INTO probe.probe (probe_id, owner_id, small) VALUES (:probe_id::int, :owner_id::uuid, :small::int);

-- name: probe_bump :one
UPDATE probe.probe SET needed = (coalesce(nullif(needed, 'x'), '0')::int + 1)::text
WHERE probe_id = :probe_id::int RETURNING json_build_object('count', needed);

-- name: probe_count :one
SELECT json_build_object('count', count(*)) FROM probe.probe;

-- name: probe_list :rows
SELECT probe_id, owner_id, small, small > 5 AS large FROM probe.probe WHERE small IS NOT NULL
ORDER BY probe_id LIMIT :most::int;

-- name: probe_purge :exec
DELETE FROM probe.probe;

-- name: probe_fail :one
SELECT probe.probe_fail(:what);

-- name: probe_nothing :one
SELECT json_build_object('id', probe_id) FROM probe.probe WHERE probe_id = -1;

-- name: probe_null :one
SELECT NULL::json;

-- name: probe_two :one
SELECT n FROM generate_series(1, 2) AS n;

-- name: probe_echo :one
SELECT json_build_object('text', :words::text);

-- name: probe_die :one
SELECT probe.probe_die();
