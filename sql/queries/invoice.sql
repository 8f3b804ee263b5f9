-- Invoices.

-- name: invoice_get :one
SELECT invoice_json(v) FROM invoice AS v WHERE v.invoice_id = :invoice_id::uuid;

-- name: invoice_list :one
SELECT json_build_object(
    'data', coalesce(json_agg(invoice_json(page.v) ORDER BY page.place)
        FILTER (WHERE page.place <= :limit::int), '[]'),
    'has_more', count(*) > :limit::int)
FROM (SELECT v, row_number() OVER (ORDER BY v.invoice_id DESC) AS place FROM invoice AS v
      WHERE :starting_after::uuid IS NULL OR v.invoice_id < :starting_after::uuid
      ORDER BY v.invoice_id DESC LIMIT :limit::int + 1) AS page;

-- name: invoice_pdf :rows
SELECT v.number, encode(f.bytes, 'hex') AS hex FROM invoice AS v LEFT JOIN invoice_pdf AS f USING (invoice_id)
WHERE v.invoice_id = :invoice_id::uuid;

-- name: invoice_issue :one
-- A finalised, paid invoice for a payment, once. The series row stays locked until COMMIT, so numbers
-- have no gaps and no twins.
WITH payment_of AS (
    SELECT p.*, i.contact_name, i.contact_email, s.name AS service_name
    FROM payment AS p JOIN intake_submission AS i USING (intake_submission_id)
        JOIN service AS s USING (service_id)
    WHERE p.payment_id = :payment_id::uuid
      AND NOT EXISTS (SELECT FROM invoice AS v WHERE v.payment_id = p.payment_id)),
series AS (
    INSERT INTO invoice_series AS n (series, year, last_number)
    SELECT 'INV', extract(year FROM care_now() AT TIME ZONE :care_zone)::int, 1 FROM payment_of
    ON CONFLICT (series, year) DO UPDATE SET last_number = n.last_number + 1
    RETURNING n.series, n.year, n.last_number),
issued AS (
    INSERT INTO invoice (number, state, payment_status, intake_submission_id, payment_id, user_id,
        customer_name, customer_email, currency, subtotal_minor, tax_minor, total_minor,
        paid_minor, issued_at)
    SELECT n.series || '-' || n.year || '-' || lpad(n.last_number::text, 6, '0'), 'finalised',
        'succeeded', p.intake_submission_id, p.payment_id, p.user_id, p.contact_name,
        p.contact_email, p.currency, p.amount_minor, 0, p.amount_minor, p.amount_minor, care_now()
    FROM payment_of AS p, series AS n
    RETURNING *),
line AS (
    INSERT INTO invoice_line (invoice_id, position, description, quantity, unit_minor, total_minor)
    SELECT v.invoice_id, 1, p.service_name, 1, p.amount_minor, p.amount_minor
    FROM issued AS v, payment_of AS p)
SELECT json_build_object('invoice_id', v.invoice_id, 'number', v.number, 'job',
    job_enqueue('invoice_render', v.invoice_id, 'invoice_render:' || v.invoice_id))
FROM issued AS v;

-- name: invoice_document :rows
-- What the PDF shows. One row a line.
SELECT v.invoice_id, v.number, v.customer_name, v.customer_email, v.currency, v.subtotal_minor,
    v.tax_minor, v.total_minor, v.paid_minor, extract(epoch FROM v.issued_at)::bigint AS issued_s,
    to_char(v.issued_at AT TIME ZONE :care_zone, 'FMDD FMMonth YYYY') AS issued_on,
    p.reference, v.intake_submission_id, p.booking_id,
    l.description, l.quantity, l.unit_minor, l.total_minor AS line_minor
FROM invoice AS v JOIN invoice_line AS l USING (invoice_id) LEFT JOIN payment AS p USING (payment_id)
WHERE v.invoice_id = :invoice_id::uuid ORDER BY l.position;

-- name: invoice_pdf_put :exec
-- The first drawing stays: the same bytes every time.
INSERT INTO invoice_pdf (invoice_id, bytes, sha256)
VALUES (:invoice_id::uuid, decode(:hex, 'hex'), :sha256) ON CONFLICT DO NOTHING;

-- name: invoice_send :exec
SELECT message_plan(v.intake_submission_id, p.booking_id, 'payment_received', 'email',
    'invoice:' || v.invoice_id, invoice_id => v.invoice_id)
FROM invoice AS v LEFT JOIN payment AS p USING (payment_id) WHERE v.invoice_id = :invoice_id::uuid;
