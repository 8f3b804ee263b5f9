-- What Cal.com's word does to a booking, whoever brought it: our own call, a webhook or the poller.

-- name: calcom_find :rows
-- The booking of a uid, and whether the uid is still in force.
SELECT c.booking_id, c.state FROM calcom_booking AS c WHERE c.uid = :uid;

-- name: calcom_lock_intake :exec
SELECT pg_advisory_xact_lock(hashtextextended(:intake_submission_id, 2));

-- name: calcom_find_by_intake :rows
-- The live booking of an intake at that start that has no uid yet: our own call's answer is under way.
SELECT booking_id, calcom_uid, extract(epoch FROM start_at)::bigint AS start_s FROM booking
WHERE intake_submission_id = :intake_submission_id::uuid
  AND state IN ('pending_payment', 'requested', 'scheduling', 'confirmed', 'rescheduling');

-- name: calcom_intake :rows
SELECT i.intake_submission_id, i.contact_email, i.time_zone, s.service_id, s.calcom_event_type_id
FROM intake_submission AS i JOIN service AS s USING (service_id)
WHERE i.intake_submission_id = :intake_submission_id::uuid;

-- name: calcom_uid_put :one
-- A new uid comes into force; those before it are superseded. NULL-safe against repeats.
WITH before AS (
    UPDATE calcom_booking SET state = 'superseded'
    WHERE booking_id = :booking_id::uuid AND uid <> :uid AND state = 'in_force')
INSERT INTO calcom_booking AS c (uid, booking_id, start_at, state, source)
VALUES (:uid, :booking_id::uuid, to_timestamp(:start_s::bigint), 'in_force', :source)
ON CONFLICT (uid) DO UPDATE SET start_at = excluded.start_at
RETURNING json_build_object('state', c.state);

-- name: calcom_uid_keep :exec
-- A uid that was superseded before we heard of it. When it began is not known any more.
INSERT INTO calcom_booking (uid, booking_id, start_at, state, source)
SELECT :uid, booking_id, start_at, 'superseded', :source FROM booking
WHERE booking_id = :booking_id::uuid ON CONFLICT DO NOTHING;

-- name: calcom_uid_end :exec
UPDATE calcom_booking SET state = 'ended' WHERE uid = :uid AND state = 'in_force';

-- name: calcom_booked :one
-- Cal.com has the time. state is confirmed, requested or pending_payment (booked in the embed before paying).
UPDATE booking AS b SET state = :state, calcom_uid = :uid, start_at = to_timestamp(:start_s::bigint),
    end_at = to_timestamp(:end_s::bigint), requested_start_at = NULL,
    reason = NULL, location = coalesce(nullif(:location, ''), b.location),
    hold_expires_at = CASE WHEN :state = 'pending_payment' THEN b.hold_expires_at END,
    confirmed_at = CASE WHEN :state = 'confirmed' THEN coalesce(b.confirmed_at, care_now())
                        ELSE b.confirmed_at END,
    sequence = b.sequence + 1, updated_at = care_now()
WHERE b.booking_id = :booking_id::uuid
RETURNING json_build_object('sequence', b.sequence, 'first',
    b.confirmed_at IS NULL OR b.confirmed_at = care_now());

-- name: booking_create_embed :one
-- Booked inside Cal.com: our row for it. Paid or free: scheduling, and calcom_booked follows at once.
INSERT INTO booking (booking_id, service_id, intake_submission_id, user_id, state, start_at, end_at,
    time_zone, location, price_minor, currency, payment_id, hold_expires_at)
SELECT :booking_id::uuid, i.service_id, i.intake_submission_id, i.user_id,
    CASE WHEN price.amount_minor IS NULL OR paid.payment_id IS NOT NULL THEN 'scheduling'
         ELSE 'pending_payment' END,
    to_timestamp(:start_s::bigint), to_timestamp(:end_s::bigint), i.time_zone, s.location,
    coalesce(paid.amount_minor, price.amount_minor), coalesce(paid.currency, price.currency),
    paid.payment_id, care_now() + make_interval(mins => :hold_minutes::int)
FROM intake_submission AS i JOIN service AS s USING (service_id)
    LEFT JOIN LATERAL (SELECT p.amount_minor, p.currency FROM service_price AS p
                       WHERE p.service_id = s.service_id ORDER BY p.position LIMIT 1) AS price ON true
    LEFT JOIN LATERAL (SELECT p.payment_id, p.amount_minor, p.currency FROM payment AS p
                       WHERE p.intake_submission_id = i.intake_submission_id
                         AND p.state = 'succeeded') AS paid ON true
WHERE i.intake_submission_id = :intake_submission_id::uuid
RETURNING json_build_object('state', state);

-- name: booking_force_slot :one
-- Cal.com's word counts: visitors' holds give way. false when another booking of ours has that time.
SELECT json_build_object('claimed', slot_force(b.booking_id, to_timestamp(:start_s::bigint)))
FROM booking AS b WHERE b.booking_id = :booking_id::uuid;

-- name: booking_try_slot :rows
-- For a payment that came after the hold lapsed: false when the time has passed or somebody has it.
SELECT b.start_at > care_now() AND slot_try(b.booking_id) AS claimed
FROM booking AS b WHERE b.booking_id = :booking_id::uuid;

-- name: booking_message :exec
-- One message about a booking's present state, now.
SELECT message_plan(b.intake_submission_id, b.booking_id, :template_key, 'email',
    b.booking_id || ':' || b.sequence || ':' || :template_key || ':email',
    variables => jsonb_build_object('reason', coalesce(:reason::text, '')))
FROM booking AS b WHERE b.booking_id = :booking_id::uuid;

-- name: booking_hold_start :exec
SELECT job_enqueue('hold_release', b.booking_id, 'hold_release:' || b.booking_id, b.hold_expires_at)
FROM booking AS b WHERE b.booking_id = :booking_id::uuid;

-- name: booking_state_put :exec
UPDATE booking SET state = :state, reason = :reason, hold_expires_at = NULL,
    requested_start_at = NULL, updated_at = care_now(), sequence = sequence + 1
WHERE booking_id = :booking_id::uuid;

-- name: booking_paid :exec
UPDATE booking SET state = :state, payment_id = :payment_id::uuid, hold_expires_at = NULL,
    price_minor = p.amount_minor, currency = p.currency, reason = :reason, updated_at = care_now()
FROM payment AS p WHERE p.payment_id = :payment_id::uuid AND booking.booking_id = :booking_id::uuid;

-- name: booking_schedule_again :exec
SELECT job_enqueue('booking_schedule', :booking_id::uuid,
    'booking_schedule:' || :booking_id || ':' || :cause);

-- name: booking_calcom_cancel :exec
SELECT job_enqueue('booking_cancel', :booking_id::uuid,
    'booking_cancel:' || :booking_id || ':' || :uid, payload => jsonb_build_object('uid', :uid::text));

-- name: booking_ended_at :exec
-- Half an hour after the end the consultation counts as held, unless somebody said otherwise.
SELECT job_enqueue('booking_ended', b.booking_id, 'booking_ended:' || b.booking_id || ':' || b.sequence,
    b.end_at + interval '30 minutes') FROM booking AS b WHERE b.booking_id = :booking_id::uuid;

-- name: booking_plan_facts :rows
-- What the reminder's planning needs: the client's own quiet hours, or the usual night.
SELECT b.time_zone, extract(epoch FROM b.start_at)::bigint AS start_s,
    extract(epoch FROM care_now())::bigint AS now_s, b.sequence,
    coalesce(u.quiet_from_min, 1260) AS quiet_from_min,
    coalesce(u.quiet_until_min, 420) AS quiet_until_min
FROM booking AS b LEFT JOIN app_user AS u USING (user_id) WHERE b.booking_id = :booking_id::uuid;

-- name: booking_schedule_facts :rows
SELECT b.booking_id, b.state, b.sequence, b.calcom_uid, b.time_zone, b.intake_submission_id,
    b.service_id, b.payment_id, extract(epoch FROM b.start_at)::bigint AS start_s,
    extract(epoch FROM b.requested_start_at)::bigint AS requested_start_s, b.reason,
    s.calcom_event_type_id, i.contact_name, i.contact_email, i.contact_phone,
    b.start_at > care_now() AS in_future
FROM booking AS b JOIN service AS s USING (service_id)
    JOIN intake_submission AS i USING (intake_submission_id)
WHERE b.booking_id = :booking_id::uuid;

-- name: calcom_poll_cursor :one
SELECT json_build_object('updated_after', rfc3339(least(cursor_at, care_now()) - interval '10 minutes'),
    'now', rfc3339(care_now())) FROM calcom_poll;

-- name: calcom_poll_done :exec
UPDATE calcom_poll SET cursor_at = :now::timestamptz;

-- name: calcom_healed :exec
INSERT INTO calcom_heal (booking_id, what) VALUES (:booking_id::uuid, :what);

-- name: booking_stay :exec
UPDATE booking SET state = 'confirmed', requested_start_at = NULL, reason = :reason,
    updated_at = care_now()
WHERE booking_id = :booking_id::uuid;

-- name: calcom_uid_extra :one
-- A booking at Cal.com that ours does not want (any more): kept on record, to be cancelled there. No row when
-- the uid is known already.
INSERT INTO calcom_booking (uid, booking_id, start_at, state, source)
VALUES (:uid, :booking_id::uuid, to_timestamp(:start_s::bigint), 'ended', 'api')
ON CONFLICT (uid) DO NOTHING
RETURNING json_build_object('uid', uid);
