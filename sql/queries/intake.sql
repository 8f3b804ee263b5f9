-- Intake submissions.

-- name: intake_adopt :exec
-- A guest may read back what it is about to write, and nothing else, until the transaction ends.
SELECT set_config('app.link_id', :intake_submission_id, true);

-- name: intake_create :one
-- The form's version was read before, with the answers' check; a service switched off since then is not found.
INSERT INTO intake_submission (intake_submission_id, service_id, intake_form_id, user_id,
    contact_name, contact_email, contact_phone, answers, time_zone, time_zone_source, locale,
    campaign, referrer)
SELECT :intake_submission_id::uuid, s.service_id, f.intake_form_id, :user_id::uuid,
    :body::json#>>'{contact,name}', :email, :body::json#>>'{contact,phone}',
    :body::jsonb->'answers', :time_zone, :time_zone_source, coalesce(:body::json->>'locale', 'en'),
    :body::jsonb->'campaign', :body::json->>'referrer'
FROM service AS s JOIN intake_form AS f USING (service_id)
WHERE s.slug = :slug AND s.active AND f.version = :version::int
RETURNING json_build_object('intake_submission_id', intake_submission_id,
    'calcom_event_type_id', (SELECT calcom_event_type_id FROM service AS s
                             WHERE s.service_id = intake_submission.service_id));

-- name: intake_get :one
SELECT intake_json(i) FROM intake_submission AS i
WHERE i.intake_submission_id = :intake_submission_id::uuid;

-- name: intake_list :one
SELECT json_build_object(
    'data', coalesce(json_agg(intake_json(page.i) ORDER BY page.place) FILTER (WHERE page.place <= :limit::int), '[]'),
    'has_more', count(*) > :limit::int)
FROM (SELECT i, row_number() OVER (ORDER BY i.intake_submission_id DESC) AS place
      FROM intake_submission AS i
      WHERE :starting_after::uuid IS NULL OR i.intake_submission_id < :starting_after::uuid
      ORDER BY i.intake_submission_id DESC LIMIT :limit::int + 1) AS page;
