-- Free times: what the worker keeps warm and what visitors see.

-- name: availability_get :one
SELECT json_build_object('service', s.slug, 'time_zone', :time_zone::text,
    'duration_minutes', s.duration_minutes, 'refreshed_at', rfc3339(r.refreshed_at),
    'stale', coalesce(r.failing_since IS NOT NULL, true),
    'days', (SELECT coalesce(json_agg(day.json ORDER BY day.date), '[]') FROM (
        SELECT (f.start_at AT TIME ZONE :time_zone)::date AS date,
            json_build_object('date', (f.start_at AT TIME ZONE :time_zone)::date, 'slots', json_agg(
                json_build_object('start_at', rfc3339(f.start_at),
                    'start_local', rfc3339_local(f.start_at, :time_zone)) ORDER BY f.start_at)) AS json
        FROM slot_free(s.service_id, :from::timestamptz, :to::timestamptz) AS f(start_at)
        GROUP BY 1) AS day))
FROM service AS s LEFT JOIN availability_refresh AS r USING (service_id)
WHERE s.slug = :slug AND s.active;

-- name: availability_age :one
SELECT json_build_object('age_s', greatest(0, extract(epoch FROM care_now() - r.refreshed_at))::bigint)
FROM service AS s JOIN availability_refresh AS r USING (service_id) WHERE s.slug = :slug;

-- name: availability_services :rows
-- All active services, or one.
SELECT service_id, calcom_event_type_id, extract(epoch FROM care_now())::bigint AS now_s
FROM service WHERE active AND (:service_id::uuid IS NULL OR service_id = :service_id::uuid)
ORDER BY service_id;

-- name: availability_put :exec
-- Replaces the window's times by what Cal.com said.
WITH fresh AS (
    SELECT to_timestamp(value::bigint) AS start_at FROM json_array_elements_text(:starts::json)),
gone AS (
    DELETE FROM availability_slot AS a
    WHERE a.service_id = :service_id::uuid
      AND NOT EXISTS (SELECT FROM fresh WHERE fresh.start_at = a.start_at)),
added AS (
    INSERT INTO availability_slot (service_id, start_at)
    SELECT :service_id::uuid, start_at FROM fresh ON CONFLICT DO NOTHING)
INSERT INTO availability_refresh (service_id, until_at, refreshed_at, failing_since)
VALUES (:service_id::uuid, to_timestamp(:until_s::bigint), care_now(), NULL)
ON CONFLICT (service_id) DO UPDATE SET until_at = excluded.until_at,
    refreshed_at = excluded.refreshed_at, failing_since = NULL;

-- name: availability_failed :exec
UPDATE availability_refresh SET failing_since = coalesce(failing_since, care_now())
WHERE service_id = :service_id::uuid;

-- name: availability_refresh_soon :exec
-- At once, and for news that come later in the same second once more when it is over: whatever was
-- asked for, a refresh begins after it.
SELECT coalesce(
    job_enqueue('availability_refresh', :service_id::uuid, 'availability_refresh:' || :service_id
        || ':' || now.second),
    job_enqueue('availability_refresh', :service_id::uuid, 'availability_refresh:' || :service_id
        || ':' || now.second + 1, care_now() + interval '1 second'))
FROM (SELECT floor(extract(epoch FROM clock_timestamp()))::bigint AS second) AS now;

-- name: availability_event_type :rows
-- The services that are booked as an event type of Cal.com.
SELECT service_id FROM service WHERE calcom_event_type_id = :event_type_id AND active;

-- name: slot_hold_create :one
SELECT json_build_object('slot_hold_id', slot_claim(i.service_id, i.intake_submission_id, NULL,
        :start_at::timestamptz, care_now() + make_interval(mins => :minutes::int)),
    'intake_submission_id', i.intake_submission_id, 'start_at', rfc3339(:start_at::timestamptz),
    'end_at', rfc3339(:start_at::timestamptz + make_interval(mins => s.duration_minutes)),
    'expires_at', rfc3339(care_now() + make_interval(mins => :minutes::int)))
FROM intake_submission AS i JOIN service AS s USING (service_id)
WHERE i.intake_submission_id = :intake_submission_id::uuid;

-- name: slot_check :rows
-- What must hold before a time is claimed.
SELECT s.active, :start_at::timestamptz > care_now() AS in_future,
    slot_is_offered(s.service_id, :start_at::timestamptz) AS offered
FROM intake_submission AS i JOIN service AS s USING (service_id)
WHERE i.intake_submission_id = :intake_submission_id::uuid;

-- name: slot_hold_delete :one
SELECT released FROM slot_hold_release(:slot_hold_id::uuid, :may_any::boolean) AS released
WHERE released IS NOT NULL;
