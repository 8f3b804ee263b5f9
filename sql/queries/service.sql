-- Services, their prices and the forms that come before a booking.

-- name: service_list :one
SELECT json_build_object('data', coalesce(json_agg(service_json(s) ORDER BY s.position, s.name), '[]'))
FROM service AS s WHERE s.active OR :with_inactive::boolean;

-- name: service_get :one
SELECT service_json(s) FROM service AS s
WHERE s.slug = :slug AND (s.active OR :with_inactive::boolean);

-- name: service_create :one
INSERT INTO service (slug, name, summary, description, duration_minutes, calcom_event_type_id,
    calendar_key, location, active, position)
SELECT b.slug, b.name, coalesce(b.summary, ''), coalesce(b.description, ''), b.duration_minutes,
    b.calcom_event_type_id, coalesce(b.calendar_key, b.calcom_event_type_id),
    coalesce(b.location, ''), coalesce(b.active, true), coalesce(b.position, 0)
FROM json_to_record(:body::json) AS b(slug text, name text, summary text, description text,
    duration_minutes int, calcom_event_type_id text, calendar_key text, location text,
    active boolean, position int)
RETURNING json_build_object('service_id', service_id);

-- name: service_update :one
UPDATE service AS s SET
    name = coalesce(b.name, s.name), summary = coalesce(b.summary, s.summary),
    description = coalesce(b.description, s.description),
    calcom_event_type_id = coalesce(b.calcom_event_type_id, s.calcom_event_type_id),
    calendar_key = coalesce(b.calendar_key, s.calendar_key),
    location = coalesce(b.location, s.location), active = coalesce(b.active, s.active),
    position = coalesce(b.position, s.position), updated_at = care_now()
FROM json_to_record(:body::json) AS b(name text, summary text, description text,
    calcom_event_type_id text, calendar_key text, location text, active boolean, position int)
WHERE s.slug = :slug
RETURNING json_build_object('service_id', s.service_id);

-- name: service_lock :one
SELECT json_build_object('service_id', service_id) FROM service WHERE slug = :slug FOR UPDATE;

-- name: service_prices_clear :exec
DELETE FROM service_price AS p USING service AS s WHERE p.service_id = s.service_id AND s.slug = :slug;

-- name: service_prices_put :exec
INSERT INTO service_price (service_id, currency, amount_minor, position)
SELECT s.service_id, p.value->>'currency', (p.value->>'amount')::bigint, p.ordinality
FROM service AS s,
    json_array_elements(coalesce(:body::json->'prices', '[]')) WITH ORDINALITY AS p
WHERE s.slug = :slug
ON CONFLICT DO NOTHING;

-- name: intake_form_get :one
-- The named version, or the newest.
SELECT json_build_object('service', s.slug, 'version', f.version, 'fields', f.fields,
    'created_at', rfc3339(f.created_at))
FROM service AS s JOIN intake_form AS f USING (service_id)
WHERE s.slug = :slug AND s.active AND (:version::int IS NULL OR f.version = :version::int)
ORDER BY f.version DESC LIMIT 1;

-- name: intake_form_put :one
WITH form AS (
    INSERT INTO intake_form (service_id, version, fields, created_by)
    SELECT s.service_id,
        1 + coalesce((SELECT max(version) FROM intake_form AS f WHERE f.service_id = s.service_id), 0),
        :fields::jsonb, actor_id()
    FROM service AS s WHERE s.slug = :slug
    RETURNING *)
SELECT json_build_object('service', :slug::text, 'version', version, 'fields', fields,
    'created_at', rfc3339(created_at)) FROM form;
