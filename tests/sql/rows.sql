-- Two families, Ada's (…a) and Ben's (…b), with a row in every table that a client or a visitor may
-- read. What one of them owns ends in their letter.
INSERT INTO app_user (user_id, email, name, role) VALUES
    ('00000000-0000-7000-8000-00000000000a', 'ada@rows.example', 'Ada', 'client'),
    ('00000000-0000-7000-8000-00000000000b', 'ben@rows.example', 'Ben', 'client');
INSERT INTO session (user_id, idle_expires_at, absolute_expires_at)
SELECT user_id, now() + interval '1 day', now() + interval '2 days' FROM app_user
WHERE email LIKE '%@rows.example';
INSERT INTO intake_submission (intake_submission_id, service_id, intake_form_id, user_id, contact_name,
    contact_email, answers, time_zone, time_zone_source)
SELECT overlay(u.user_id::text PLACING '0001' FROM 10 FOR 4)::uuid, f.service_id, f.intake_form_id,
    u.user_id, u.name, u.email, '{}', 'Africa/Lagos', 'care'
FROM app_user AS u CROSS JOIN (SELECT * FROM intake_form ORDER BY intake_form_id LIMIT 1) AS f
WHERE u.email LIKE '%@rows.example';
INSERT INTO payment (payment_id, intake_submission_id, user_id, reference, pay_code, amount_minor,
    currency, email, state, paid_at)
SELECT overlay(i.user_id::text PLACING '0002' FROM 10 FOR 4)::uuid, i.intake_submission_id, i.user_id,
    'ref-' || i.contact_name, 'code-' || i.contact_name, 100, 'NGN', i.contact_email, 'succeeded', now()
FROM intake_submission AS i WHERE i.contact_email LIKE '%@rows.example';
INSERT INTO refund (payment_id, amount_minor, currency, reason)
SELECT payment_id, 50, 'NGN', 'a test' FROM payment WHERE email LIKE '%@rows.example';
INSERT INTO booking (booking_id, service_id, intake_submission_id, user_id, state, start_at, end_at,
    time_zone, payment_id)
SELECT overlay(i.user_id::text PLACING '0003' FROM 10 FOR 4)::uuid, i.service_id,
    i.intake_submission_id, i.user_id, 'completed', now() - interval '2 hours', now() - interval '1 hour',
    'Africa/Lagos', p.payment_id
FROM intake_submission AS i JOIN payment AS p USING (intake_submission_id)
WHERE i.contact_email LIKE '%@rows.example';
INSERT INTO feedback (booking_id, rating)
SELECT booking_id, 5 FROM booking WHERE user_id IN (SELECT user_id FROM app_user
    WHERE email LIKE '%@rows.example');
INSERT INTO invoice (invoice_id, payment_id, intake_submission_id, user_id, state, payment_status,
    customer_name, customer_email, currency, subtotal_minor, tax_minor, total_minor, paid_minor)
SELECT overlay(p.user_id::text PLACING '0004' FROM 10 FOR 4)::uuid, p.payment_id,
    p.intake_submission_id, p.user_id, 'draft', 'succeeded', 'x', p.email, 'NGN', 100, 0, 100, 100
FROM payment AS p WHERE p.email LIKE '%@rows.example';
INSERT INTO invoice_line (invoice_id, position, description, quantity, unit_minor, total_minor)
SELECT invoice_id, 1, 'care', 1, 100, 100 FROM invoice WHERE customer_email LIKE '%@rows.example';
INSERT INTO invoice_pdf (invoice_id, bytes, sha256)
SELECT invoice_id, 'x', 'x' FROM invoice WHERE customer_email LIKE '%@rows.example';
INSERT INTO message (template_key, channel, locale, booking_id, intake_submission_id, recipient,
    dedupe_key, planned_at)
SELECT 'x', 'email', 'en', b.booking_id, b.intake_submission_id, i.contact_email, i.contact_email, now()
FROM booking AS b JOIN intake_submission AS i USING (intake_submission_id)
WHERE i.contact_email LIKE '%@rows.example';
INSERT INTO availability_slot (service_id, start_at) SELECT service_id, now() FROM service LIMIT 1;
INSERT INTO availability_refresh (service_id, until_at, refreshed_at)
SELECT service_id, now(), now() FROM service LIMIT 1;
