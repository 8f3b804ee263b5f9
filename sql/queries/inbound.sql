-- The inbox of provider webhooks.

-- name: inbound_store :one
-- An exact repeat is counted, not stored or processed again.
WITH stored AS (
    INSERT INTO inbound_event AS e (provider, event_type, dedupe_key, headers, body)
    VALUES (:provider, :event_type, :dedupe_key, :headers::jsonb, decode(:body_hex, 'hex'))
    ON CONFLICT ON CONSTRAINT inbound_event_once DO UPDATE SET deliveries = e.deliveries + 1
    RETURNING inbound_event_id)
SELECT json_build_object('inbound_event_id', inbound_event_id, 'job',
    job_enqueue(:job_kind, inbound_event_id, :job_kind || ':' || inbound_event_id))
FROM stored;

-- name: inbound_get :rows
SELECT inbound_event_id, provider, event_type, state, encode(body, 'hex') AS hex FROM inbound_event
WHERE inbound_event_id = :inbound_event_id::uuid;

-- name: inbound_done :exec
UPDATE inbound_event SET state = :state, note = :note, processed_at = clock_timestamp()
WHERE inbound_event_id = :inbound_event_id::uuid;

-- name: inbound_event_list :one
SELECT json_build_object('data', coalesce(json_agg(json_build_object(
        'inbound_event_id', inbound_event_id, 'provider', provider, 'event_type', event_type,
        'state', state, 'note', note, 'deliveries', deliveries,
        'received_at', rfc3339(received_at), 'processed_at', rfc3339(processed_at))
        ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'),
    'has_more', count(*) > :limit::int)
FROM (SELECT *, row_number() OVER (ORDER BY inbound_event_id DESC) AS place FROM inbound_event
      WHERE (:provider::text IS NULL OR provider = :provider)
        AND (:starting_after::uuid IS NULL OR inbound_event_id < :starting_after::uuid)
      ORDER BY inbound_event_id DESC LIMIT :limit::int + 1) AS page;
