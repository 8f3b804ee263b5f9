-- How things look in the API. Each runs under its caller's role, so that policies hold inside too.

CREATE FUNCTION service_json(s service) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object('service_id', s.service_id, 'slug', s.slug, 'name', s.name,
        'summary', s.summary, 'description', s.description,
        'duration_minutes', s.duration_minutes,
        'prices', (SELECT coalesce(json_agg(money(p.amount_minor, p.currency) ORDER BY p.position), '[]')
                   FROM service_price AS p WHERE p.service_id = s.service_id),
        'location', s.location, 'active', s.active,
        'created_at', rfc3339(s.created_at), 'updated_at', rfc3339(s.updated_at))
$$;

CREATE FUNCTION intake_json(i intake_submission) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object('intake_submission_id', i.intake_submission_id,
        'service', (SELECT s.slug FROM service AS s WHERE s.service_id = i.service_id),
        'form_version', (SELECT f.version FROM intake_form AS f WHERE f.intake_form_id = i.intake_form_id),
        'contact', json_build_object('name', i.contact_name, 'email', i.contact_email,
            'phone', i.contact_phone),
        'answers', i.answers, 'time_zone', i.time_zone, 'time_zone_source', i.time_zone_source,
        'locale', i.locale, 'campaign', i.campaign, 'referrer', i.referrer,
        'booking_id', (SELECT b.booking_id FROM booking AS b
                       WHERE b.intake_submission_id = i.intake_submission_id
                       ORDER BY b.booking_id DESC LIMIT 1),
        'created_at', rfc3339(i.created_at))
$$;

CREATE FUNCTION slot_json(start_at timestamptz, zone text) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object('start_at', rfc3339(start_at), 'start_local', rfc3339_local(start_at, zone))
$$;

-- alternatives: the next free times, for a booking whose time was taken.
CREATE FUNCTION booking_json(b booking, care_zone text) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object('booking_id', b.booking_id,
        'intake_submission_id', b.intake_submission_id,
        'service', (SELECT json_build_object('slug', s.slug, 'name', s.name)
                    FROM service AS s WHERE s.service_id = b.service_id),
        'state', b.state, 'start_at', rfc3339(b.start_at), 'end_at', rfc3339(b.end_at),
        'start_local', rfc3339_local(b.start_at, b.time_zone), 'time_zone', b.time_zone,
        'care_time_zone', care_zone, 'location', nullif(b.location, ''),
        'price', money(b.price_minor, b.currency), 'payment_id', b.payment_id,
        'invoice_id', (SELECT v.invoice_id FROM invoice AS v WHERE v.payment_id = b.payment_id),
        'hold_expires_at', rfc3339(b.hold_expires_at), 'reason', b.reason,
        'requested_start_at', rfc3339(b.requested_start_at),
        'alternatives', CASE WHEN b.state = 'slot_taken' THEN
            (SELECT coalesce(json_agg(slot_json(f.start_at, b.time_zone)), '[]')
             FROM (SELECT * FROM slot_free(b.service_id, care_now(), care_now() + interval '42 days')
                   AS free(start_at) LIMIT 6) AS f)
            ELSE '[]'::json END,
        'feedback', (SELECT f.rating FROM feedback AS f WHERE f.booking_id = b.booking_id),
        'created_at', rfc3339(b.created_at), 'updated_at', rfc3339(b.updated_at))
$$;

CREATE FUNCTION payment_json(p payment, public_url text) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object('payment_id', p.payment_id,
        'intake_submission_id', p.intake_submission_id, 'booking_id', p.booking_id,
        'state', p.state, 'amount', money(p.amount_minor, p.currency), 'reference', p.reference,
        'url', CASE WHEN p.state IN ('preparing', 'pending')
                    THEN public_url || '/v1/pay/' || p.pay_code END,
        'access_code', CASE WHEN p.state = 'pending' THEN p.access_code END,
        'paid_at', rfc3339(p.paid_at), 'channel', p.channel, 'reason', p.reason,
        'refunds', (SELECT coalesce(json_agg(json_build_object('refund_id', r.refund_id,
                'state', r.state, 'amount', money(r.amount_minor, r.currency), 'reason', r.reason,
                'created_at', rfc3339(r.created_at)) ORDER BY r.refund_id), '[]')
            FROM refund AS r WHERE r.payment_id = p.payment_id),
        'created_at', rfc3339(p.created_at), 'updated_at', rfc3339(p.updated_at))
$$;

CREATE FUNCTION invoice_json(v invoice) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object('invoice_id', v.invoice_id, 'number', v.number, 'state', v.state,
        'payment_status', v.payment_status, 'intake_submission_id', v.intake_submission_id,
        'payment_id', v.payment_id,
        'customer', json_build_object('name', v.customer_name, 'email', v.customer_email),
        'lines', (SELECT coalesce(json_agg(json_build_object('description', l.description,
                'quantity', l.quantity, 'unit', money(l.unit_minor, v.currency),
                'total', money(l.total_minor, v.currency)) ORDER BY l.position), '[]')
            FROM invoice_line AS l WHERE l.invoice_id = v.invoice_id),
        'subtotal', money(v.subtotal_minor, v.currency), 'tax', money(v.tax_minor, v.currency),
        'total', money(v.total_minor, v.currency), 'paid', money(v.paid_minor, v.currency),
        'pdf_ready', EXISTS (SELECT FROM invoice_pdf AS f WHERE f.invoice_id = v.invoice_id),
        'issued_at', rfc3339(v.issued_at), 'created_at', rfc3339(v.created_at))
$$;

-- Gives a booking's times back.
CREATE FUNCTION slot_release(booking_id uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE slot_hold AS h SET released_at = care_now()
    WHERE h.booking_id = slot_release.booking_id AND h.released_at IS NULL
$$;

-- Gives a visitor's hold back, if it is the caller's: NULL when it is not, or has lapsed.
CREATE FUNCTION slot_hold_release(slot_hold_id uuid, may_any boolean) RETURNS json
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE slot_hold AS h SET released_at = care_now()
    FROM intake_submission AS i
    WHERE h.slot_hold_id = slot_hold_release.slot_hold_id AND h.released_at IS NULL
      AND h.booking_id IS NULL AND h.expires_at > care_now()
      AND i.intake_submission_id = h.intake_submission_id
      AND (may_any OR i.intake_submission_id = link_id() OR i.user_id = actor_id())
    RETURNING json_build_object('slot_hold_id', h.slot_hold_id)
$$;

GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO app_public, app_client, app_staff, app_admin,
    app_integrator, app_worker;

-- Cal.com's word counts: visitors' holds give way to it, other bookings do not (false: staff must look).
CREATE FUNCTION slot_force(booking_id uuid, start_at timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    s     service;
    b     booking;
    claim tstzrange;
BEGIN
    SELECT * INTO STRICT b FROM booking WHERE booking_id = slot_force.booking_id;
    SELECT * INTO STRICT s FROM service WHERE service_id = b.service_id;
    claim := tstzrange(slot_force.start_at,
                       slot_force.start_at + make_interval(mins => s.duration_minutes));
    UPDATE slot_hold SET released_at = care_now()
    WHERE released_at IS NULL
      AND (booking_id = b.booking_id
           OR (booking_id IS NULL AND calendar_key = s.calendar_key AND during && claim));
    IF EXISTS (SELECT FROM slot_hold WHERE released_at IS NULL AND calendar_key = s.calendar_key
               AND during && claim) THEN
        RETURN false;
    END IF;
    INSERT INTO slot_hold (service_id, calendar_key, during, intake_submission_id, booking_id)
    VALUES (s.service_id, s.calendar_key, claim, b.intake_submission_id, b.booking_id);
    RETURN true;
END $$;

-- The booking's own time again, if it is still free.
CREATE FUNCTION slot_try(booking_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM slot_claim(b.service_id, b.intake_submission_id, b.booking_id, b.start_at, NULL)
    FROM booking AS b WHERE b.booking_id = slot_try.booking_id;
    RETURN true;
EXCEPTION WHEN exclusion_violation THEN
    RETURN false;
END $$;
GRANT EXECUTE ON FUNCTION slot_force(uuid, timestamptz), slot_try(uuid) TO app_worker;
