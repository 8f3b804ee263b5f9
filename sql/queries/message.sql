-- Outbound messages.

-- name: message_plan :exec
SELECT message_plan(b.intake_submission_id, b.booking_id, :template_key, :channel,
    b.booking_id || ':' || b.sequence || ':' || :template_key || ':' || :channel,
    to_timestamp(:planned_s::bigint), :rule, to_timestamp(:expires_s::bigint), :variables::jsonb)
FROM booking AS b WHERE b.booking_id = :booking_id::uuid;

-- name: message_plan_refund :exec
SELECT message_plan(:intake_submission_id::uuid, :booking_id::uuid, 'payment_refunded', 'email',
    'payment_refunded:' || :refund_id, variables => jsonb_build_object('reason', :reason::text));

-- name: message_claim :rows
-- Intent before effect: sending is committed before the provider is called. was_sending tells a run
-- after a crash to ask the provider first. Nothing comes back when there is nothing to send.
UPDATE message AS m SET state = 'sending', sending_at = coalesce(m.sending_at, now()),
    body = coalesce(m.body, :body)
FROM message AS before
WHERE m.message_id = :message_id::uuid AND before.message_id = m.message_id
  AND m.state IN ('planned', 'sending')
RETURNING before.state = 'sending' AS was_sending,
    extract(epoch FROM m.sending_at)::bigint AS sending_s, m.body;

-- name: message_content :rows
-- All that a template may name. No row when the template is missing.
SELECT m.message_id, m.template_key, m.channel, m.recipient, m.variables, m.state, m.locale,
    coalesce(m.expires_at < care_now(), false) AS has_expired,
    extract(epoch FROM m.planned_at)::bigint AS planned_s,
    t.subject, t.body_text, t.body_html, i.contact_name, i.intake_submission_id,
    m.booking_id, b.state AS booking_state, b.time_zone, coalesce(b.location, '') AS location,
    b.sequence, extract(epoch FROM b.start_at)::bigint AS start_s,
    extract(epoch FROM b.end_at)::bigint AS end_s,
    extract(epoch FROM b.updated_at)::bigint AS updated_s,
    s.name AS service_name, s.slug, s.duration_minutes, p.reference,
    coalesce(v.total_minor, p.amount_minor, b.price_minor) AS amount_minor,
    coalesce(v.currency, p.currency, b.currency) AS currency, v.number AS invoice_number,
    encode(f.bytes, 'hex') AS pdf_hex
FROM message AS m JOIN intake_submission AS i USING (intake_submission_id)
    JOIN service AS s USING (service_id)
    JOIN message_template AS t ON t.key = m.template_key AND t.channel = m.channel
        AND t.locale IN (m.locale, 'en')
    LEFT JOIN booking AS b ON b.booking_id = m.booking_id
    LEFT JOIN invoice AS v ON v.invoice_id = m.invoice_id
    LEFT JOIN invoice_pdf AS f ON f.invoice_id = m.invoice_id
    LEFT JOIN LATERAL (SELECT p.reference, p.amount_minor, p.currency FROM payment AS p
        WHERE p.intake_submission_id = m.intake_submission_id ORDER BY p.paid_at DESC NULLS LAST
        LIMIT 1) AS p ON true
WHERE m.message_id = :message_id::uuid
ORDER BY t.locale = m.locale DESC LIMIT 1;

-- name: message_sent :exec
UPDATE message SET state = 'sent', sent_at = care_now(), accepted_at = clock_timestamp(),
    provider_id = :provider_id, provider_status = :provider_status, error = NULL
WHERE message_id = :message_id::uuid AND state = 'sending';

-- name: message_ended :exec
-- failed, cancelled, uncertain, or back to planned when certainly nothing was sent.
UPDATE message SET state = :state, error = :error,
    sending_at = CASE WHEN :state = 'planned' THEN NULL ELSE sending_at END
WHERE message_id = :message_id::uuid AND state IN ('planned', 'sending');

-- name: message_resend :exec
-- The provider does not know it: the send that starts now is the one to look for next time.
UPDATE message SET sending_at = now() WHERE message_id = :message_id::uuid AND state = 'sending';
