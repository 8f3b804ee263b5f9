-- Payments: checkouts, what the gateway says of them, and refunds.

-- name: payment_price :rows
-- What an intake's service costs in a currency (or in its first one): what the booking that waits was
-- made at, else today's price. No row: it is free, or not sold in that currency.
SELECT coalesce(b.price_minor, p.amount_minor) AS amount_minor, p.currency, s.active
FROM intake_submission AS i JOIN service AS s USING (service_id)
    JOIN service_price AS p USING (service_id)
    LEFT JOIN booking AS b ON b.intake_submission_id = i.intake_submission_id
        AND b.state = 'pending_payment' AND b.currency = p.currency
WHERE i.intake_submission_id = :intake_submission_id::uuid
  AND (:currency::text IS NULL OR p.currency = :currency)
ORDER BY p.position LIMIT 1;

-- name: payment_lock_intake :exec
-- Two checkouts of one intake go one after the other.
SELECT pg_advisory_xact_lock(hashtextextended(:intake_submission_id, 1));

-- name: payment_open :rows
-- The attempt that is open or paid: asking again gives it again.
SELECT payment_id, state FROM payment
WHERE intake_submission_id = :intake_submission_id::uuid
  AND state IN ('preparing', 'pending', 'succeeded', 'review');

-- name: payment_create :exec
INSERT INTO payment (payment_id, intake_submission_id, booking_id, user_id, reference, pay_code,
    amount_minor, currency, email)
SELECT :payment_id::uuid, i.intake_submission_id,
    (SELECT b.booking_id FROM booking AS b WHERE b.intake_submission_id = i.intake_submission_id
     AND b.state = 'pending_payment'),
    i.user_id, :reference, :pay_code, :amount_minor::bigint, :currency, i.contact_email
FROM intake_submission AS i WHERE i.intake_submission_id = :intake_submission_id::uuid;

-- name: payment_start :exec
SELECT job_enqueue('payment_initialize', :payment_id::uuid, 'payment_initialize:' || :payment_id);

-- name: payment_get :one
SELECT payment_json(p, :public_url) FROM payment AS p WHERE p.payment_id = :payment_id::uuid;

-- name: payment_by_code :rows
SELECT payment_id, state, authorization_url, intake_submission_id FROM payment
WHERE pay_code = :pay_code;

-- name: payment_by_reference :rows
SELECT payment_id, state, intake_submission_id FROM payment WHERE reference = :reference;

-- name: payment_verify_soon :exec
-- Asked for by a payer or a callback; several within a second are one, and one more when it is over, so
-- that whoever asks is answered by a look that begins after it.
SELECT coalesce(
    job_enqueue('payment_verify', :payment_id::uuid, 'payment_verify:' || :payment_id || ':'
        || :cause || ':' || now.second, payload => '{"ladder": false}'),
    job_enqueue('payment_verify', :payment_id::uuid, 'payment_verify:' || :payment_id || ':'
        || :cause || ':' || now.second + 1, care_now() + interval '1 second', '{"ladder": false}'))
FROM (SELECT floor(extract(epoch FROM clock_timestamp()))::bigint AS second) AS now;

-- name: payment_lock :rows
SELECT payment_id, intake_submission_id, reference, state, amount_minor, currency, email, verifications,
    gateway_transaction_id, user_id,
    extract(epoch FROM care_now() - created_at)::bigint AS age_s
FROM payment WHERE payment_id = :payment_id::uuid FOR UPDATE;

-- name: payment_initialized :one
UPDATE payment SET state = 'pending', authorization_url = :authorization_url,
    access_code = :access_code, updated_at = care_now()
WHERE payment_id = :payment_id::uuid AND state = 'preparing'
RETURNING json_build_object('payment_id', payment_id);

-- name: payment_new_reference :exec
-- After an initialize whose outcome is unknown the reference may exist at the gateway: use a fresh one.
UPDATE payment SET reference = :reference, updated_at = care_now()
WHERE payment_id = :payment_id::uuid AND state = 'preparing';

-- name: payment_failed :exec
UPDATE payment SET state = :state, reason = :reason, updated_at = care_now()
WHERE payment_id = :payment_id::uuid AND state IN ('preparing', 'pending');

-- name: payment_succeeded :one
-- Monotonic: only an attempt that is not settled yet becomes paid. failed and abandoned may still
-- turn out paid (the payer tried again at the gateway), unless another attempt was paid meanwhile.
UPDATE payment AS p SET state = 'succeeded', paid_at = coalesce(:paid_at::timestamptz, care_now()),
    gateway_transaction_id = :transaction_id, gateway_amount_minor = :gateway_amount_minor::bigint,
    gateway_fees_minor = :gateway_fees_minor::bigint, channel = :channel, reason = NULL,
    updated_at = care_now()
WHERE p.payment_id = :payment_id::uuid AND p.state IN ('preparing', 'pending', 'failed', 'abandoned')
  AND NOT EXISTS (SELECT FROM payment AS o
      WHERE o.intake_submission_id = p.intake_submission_id AND o.payment_id <> p.payment_id
        AND o.state IN ('succeeded', 'review'))
RETURNING json_build_object('payment_id', payment_id);

-- name: payment_close_others :exec
-- Open attempts of the same intake beside a paid one: their checkout must not be paid as well.
UPDATE payment SET state = 'abandoned', reason = 'another attempt was paid', updated_at = care_now()
WHERE intake_submission_id = :intake_submission_id::uuid AND payment_id <> :payment_id::uuid
  AND state IN ('preparing', 'pending');

-- name: payment_paid_twice :one
-- A second attempt of the same intake that was paid too: recorded as paid and refunded whole.
UPDATE payment AS p SET state = 'refunded', paid_at = coalesce(:paid_at::timestamptz, care_now()),
    gateway_transaction_id = :transaction_id, gateway_amount_minor = :gateway_amount_minor::bigint,
    gateway_fees_minor = :gateway_fees_minor::bigint, channel = :channel,
    reason = 'another attempt was paid before', updated_at = care_now()
WHERE p.payment_id = :payment_id::uuid AND p.state IN ('preparing', 'pending', 'failed', 'abandoned')
RETURNING json_build_object('payment_id', payment_id);

-- name: payment_review :exec
-- The gateway says paid, but not what we asked for: a person decides.
UPDATE payment SET state = 'review', reason = :reason, updated_at = care_now()
WHERE payment_id = :payment_id::uuid AND state IN ('preparing', 'pending', 'failed', 'abandoned');

-- name: payment_verified :one
-- Counts a look at an open attempt, for the sweeper's ladder.
UPDATE payment SET verifications = verifications + 1 WHERE payment_id = :payment_id::uuid
RETURNING json_build_object('verifications', verifications);

-- name: payment_verify_at :exec
SELECT job_enqueue('payment_verify', :payment_id::uuid, 'payment_verify:' || :payment_id || ':'
    || :step, care_now() + make_interval(secs => :delay_s::int), '{"ladder": true}');

-- name: payment_booking :rows
-- The live or lapsed booking that a payment of this intake is for: the newest.
SELECT booking_id FROM booking WHERE intake_submission_id = :intake_submission_id::uuid
  AND state IN ('pending_payment', 'expired') ORDER BY booking_id DESC LIMIT 1;

-- name: refund_create :one
INSERT INTO refund (payment_id, amount_minor, currency, reason)
SELECT payment_id, coalesce(gateway_amount_minor, amount_minor), currency, :reason
FROM payment WHERE payment_id = :payment_id::uuid
  AND NOT EXISTS (SELECT FROM refund AS r WHERE r.payment_id = payment.payment_id)
RETURNING json_build_object('refund_id', refund_id, 'job',
    job_enqueue('refund_create', refund_id, 'refund_create:' || refund_id));

-- name: refund_lock :rows
SELECT r.refund_id, r.payment_id, r.amount_minor, r.currency, r.state, r.reason, p.reference,
    p.gateway_transaction_id, p.intake_submission_id, p.booking_id
FROM refund AS r JOIN payment AS p USING (payment_id)
WHERE r.refund_id = :refund_id::uuid FOR UPDATE OF r;

-- name: refund_said :exec
-- Monotonic: processed and failed are final.
UPDATE refund SET state = :state, gateway_refund_id = coalesce(:gateway_refund_id, gateway_refund_id),
    updated_at = care_now()
WHERE refund_id = :refund_id::uuid AND state NOT IN ('processed', 'failed');

-- name: refund_by_note :rows
SELECT r.refund_id FROM refund AS r JOIN payment AS p USING (payment_id)
WHERE p.reference = :reference AND (:refund_id::uuid IS NULL OR r.refund_id = :refund_id::uuid)
ORDER BY r.refund_id LIMIT 2;

-- name: payment_refunded :exec
UPDATE payment AS p SET updated_at = care_now(),
    state = CASE WHEN sums.amount >= coalesce(p.gateway_amount_minor, p.amount_minor)
                 THEN 'refunded' ELSE 'partially_refunded' END
FROM (SELECT r.payment_id, sum(r.amount_minor) AS amount FROM refund AS r
      WHERE r.state NOT IN ('failed') GROUP BY r.payment_id) AS sums
WHERE p.payment_id = :payment_id::uuid AND sums.payment_id = p.payment_id
  AND p.state IN ('succeeded', 'partially_refunded');
