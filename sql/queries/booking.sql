-- Bookings, from choice to feedback.

-- name: booking_create :one
-- scheduling when nothing is owed (free, or the intake is paid), else pending_payment.
INSERT INTO booking (booking_id, service_id, intake_submission_id, user_id, state, start_at, end_at,
    time_zone, location, price_minor, currency, payment_id, hold_expires_at)
SELECT :booking_id::uuid, i.service_id, i.intake_submission_id, i.user_id,
    CASE WHEN price.amount_minor IS NULL OR paid.payment_id IS NOT NULL THEN 'scheduling'
         ELSE 'pending_payment' END,
    :start_at::timestamptz, :start_at::timestamptz + make_interval(mins => s.duration_minutes),
    coalesce(:time_zone, i.time_zone), s.location,
    coalesce(paid.amount_minor, price.amount_minor), coalesce(paid.currency, price.currency),
    paid.payment_id,
    CASE WHEN price.amount_minor IS NOT NULL AND paid.payment_id IS NULL
         THEN care_now() + make_interval(mins => :hold_minutes::int) END
FROM intake_submission AS i JOIN service AS s USING (service_id)
    LEFT JOIN LATERAL (SELECT p.amount_minor, p.currency FROM service_price AS p
                       WHERE p.service_id = s.service_id ORDER BY p.position LIMIT 1) AS price ON true
    LEFT JOIN LATERAL (SELECT p.payment_id, p.amount_minor, p.currency FROM payment AS p
                       WHERE p.intake_submission_id = i.intake_submission_id
                         AND p.state = 'succeeded') AS paid ON true
WHERE i.intake_submission_id = :intake_submission_id::uuid AND s.active
RETURNING json_build_object('state', state);

-- name: booking_claim_slot :exec
SELECT slot_claim(b.service_id, b.intake_submission_id, b.booking_id, :start_at::timestamptz, NULL)
FROM booking AS b WHERE b.booking_id = :booking_id::uuid;

-- name: booking_start :exec
-- What follows from the state that booking_create chose.
SELECT CASE b.state
    WHEN 'scheduling' THEN job_enqueue('booking_schedule', b.booking_id,
        'booking_schedule:' || b.booking_id)
    WHEN 'pending_payment' THEN job_enqueue('hold_release', b.booking_id,
        'hold_release:' || b.booking_id, b.hold_expires_at) END
FROM booking AS b WHERE b.booking_id = :booking_id::uuid;

-- name: booking_get :one
SELECT booking_json(b, :care_zone) FROM booking AS b WHERE b.booking_id = :booking_id::uuid;

-- name: booking_list :one
SELECT json_build_object(
    'data', coalesce(json_agg(booking_json(page.b, :care_zone) ORDER BY page.place)
        FILTER (WHERE page.place <= :limit::int), '[]'),
    'has_more', count(*) > :limit::int)
FROM (SELECT b, row_number() OVER (ORDER BY b.booking_id DESC) AS place FROM booking AS b
      WHERE (:starting_after::uuid IS NULL OR b.booking_id < :starting_after::uuid)
        AND (:state::text IS NULL OR b.state = :state)
        AND (:updated_since::timestamptz IS NULL OR b.updated_at >= :updated_since::timestamptz)
      ORDER BY b.booking_id DESC LIMIT :limit::int + 1) AS page;

-- name: booking_lock :rows
-- The booking as a handler or a job needs it, locked until the transaction ends.
SELECT b.booking_id, b.service_id, b.intake_submission_id, b.state, b.sequence, b.time_zone,
    b.calcom_uid, b.payment_id, coalesce(b.location, '') AS location, b.reason,
    extract(epoch FROM b.start_at)::bigint AS start_s, extract(epoch FROM b.end_at)::bigint AS end_s,
    extract(epoch FROM b.requested_start_at)::bigint AS requested_start_s,
    extract(epoch FROM care_now())::bigint AS now_s,
    extract(epoch FROM b.created_at)::bigint AS created_s,
    b.price_minor, b.currency,
    b.end_at <= care_now() AS has_ended, b.start_at <= care_now() AS has_started
FROM booking AS b WHERE b.booking_id = :booking_id::uuid FOR UPDATE;

-- name: booking_cancel :one
UPDATE booking SET state = 'cancelled', reason = :reason, sequence = sequence + 1,
    hold_expires_at = NULL, requested_start_at = NULL, updated_at = care_now()
WHERE booking_id = :booking_id::uuid
RETURNING json_build_object('sequence', sequence);

-- name: booking_release_slot :exec
SELECT slot_release(:booking_id::uuid);

-- name: booking_cancel_effects :exec
-- Messages that were planned are dropped, the client is told, Cal.com is told.
SELECT message_cancel_planned(b.booking_id),
    message_plan(b.intake_submission_id, b.booking_id, :template_key, 'email',
        b.booking_id || ':' || b.sequence || ':' || :template_key || ':email',
        variables => jsonb_build_object('reason', coalesce(b.reason, ''))),
    CASE WHEN :template_key = 'booking_cancelled' THEN
    message_plan(b.intake_submission_id, b.booking_id, :template_key, 'sms',
        b.booking_id || ':' || b.sequence || ':' || :template_key || ':sms') END,
    CASE WHEN b.calcom_uid IS NOT NULL AND :tell_calcom::boolean THEN
        job_enqueue('booking_cancel', b.booking_id,
            'booking_cancel:' || b.booking_id || ':' || b.calcom_uid) END
FROM booking AS b WHERE b.booking_id = :booking_id::uuid;

-- name: booking_reschedule :exec
UPDATE booking SET state = 'rescheduling', requested_start_at = :start_at::timestamptz,
    reason = :reason, updated_at = care_now()
WHERE booking_id = :booking_id::uuid;

-- name: booking_reschedule_start :exec
SELECT job_enqueue('booking_reschedule', b.booking_id,
    'booking_reschedule:' || b.booking_id || ':' || b.sequence || ':' || uuid_v7())
FROM booking AS b WHERE b.booking_id = :booking_id::uuid;

-- name: booking_decide_start :exec
SELECT job_enqueue('booking_decide', b.booking_id,
    'booking_decide:' || b.booking_id || ':' || :decision || ':' || uuid_v7(),
    payload => jsonb_build_object('decision', :decision::text, 'reason', :reason::text))
FROM booking AS b WHERE b.booking_id = :booking_id::uuid;

-- name: booking_outcome :exec
UPDATE booking SET state = :outcome, ended_at = care_now(), updated_at = care_now()
WHERE booking_id = :booking_id::uuid;

-- name: booking_thank :exec
-- Thank-you now, and one follow-up 48 hours later unless an answer comes first.
SELECT message_plan(b.intake_submission_id, b.booking_id, 'booking_thank_you', 'email',
        b.booking_id || ':booking_thank_you'),
    message_plan(b.intake_submission_id, b.booking_id, 'feedback_follow_up', 'email',
        b.booking_id || ':feedback_follow_up', care_now() + interval '48 hours')
FROM booking AS b WHERE b.booking_id = :booking_id::uuid;

-- name: booking_stop_messages :exec
SELECT message_cancel_planned(:booking_id::uuid);

-- name: booking_reminders :one
SELECT json_build_object('data', (
    SELECT coalesce(json_agg(json_build_object(
        'channel', m.channel, 'state', m.state, 'send_at', rfc3339(m.planned_at),
        'send_at_client', rfc3339_local(m.planned_at, b.time_zone),
        'send_at_care', rfc3339_local(m.planned_at, :care_zone), 'rule', m.rule,
        'explanation', m.variables->>'explanation', 'sent_at', rfc3339(m.sent_at))
        ORDER BY m.planned_at, m.message_id), '[]')
    FROM message AS m
    WHERE m.booking_id = b.booking_id AND m.template_key = 'booking_reminder'))
FROM booking AS b WHERE b.booking_id = :booking_id::uuid;

-- name: booking_feedback :one
INSERT INTO feedback (booking_id, rating, comment)
VALUES (:booking_id::uuid, :rating::int, :comment)
RETURNING json_build_object('booking_id', booking_id, 'rating', rating, 'comment', comment,
    'created_at', rfc3339(created_at));

-- name: booking_feedback_stop :exec
SELECT message_cancel_planned(:booking_id::uuid, 'feedback_follow_up');

-- name: booking_event :rows
-- What a calendar entry and a message need to know.
SELECT b.booking_id, b.state, b.sequence, b.time_zone, coalesce(b.location, '') AS location,
    extract(epoch FROM b.start_at)::bigint AS start_s, extract(epoch FROM b.end_at)::bigint AS end_s,
    extract(epoch FROM b.updated_at)::bigint AS updated_s, s.name AS service_name, s.slug,
    s.duration_minutes, i.contact_name, i.contact_email, i.intake_submission_id
FROM booking AS b JOIN service AS s USING (service_id) JOIN intake_submission AS i USING (intake_submission_id)
WHERE b.booking_id = :booking_id::uuid;
