-- Availability kept warm, held times, bookings and every Cal.com uid a booking ever had.

CREATE TABLE availability_slot (
    service_id uuid NOT NULL REFERENCES service,
    start_at   timestamptz NOT NULL,
    PRIMARY KEY (service_id, start_at)
);
ALTER TABLE availability_slot ENABLE ROW LEVEL SECURITY;
CREATE POLICY availability_slot_read ON availability_slot FOR SELECT USING (true);
CREATE POLICY availability_slot_worker ON availability_slot TO app_worker USING (true);

CREATE TABLE availability_refresh (
    service_id   uuid PRIMARY KEY REFERENCES service,
    until_at     timestamptz NOT NULL,
    refreshed_at timestamptz NOT NULL,
    -- Since when Cal.com could not be asked, NULL while it can.
    failing_since timestamptz
);
ALTER TABLE availability_refresh ENABLE ROW LEVEL SECURITY;
CREATE POLICY availability_refresh_read ON availability_refresh FOR SELECT USING (true);
CREATE POLICY availability_refresh_worker ON availability_refresh TO app_worker USING (true);

CREATE TABLE booking (
    booking_id    uuid PRIMARY KEY DEFAULT uuid_v7(),
    service_id    uuid NOT NULL REFERENCES service,
    intake_submission_id uuid NOT NULL REFERENCES intake_submission,
    user_id       uuid REFERENCES app_user,
    state         text NOT NULL CHECK (state IN ('pending_payment', 'requested', 'scheduling', 'confirmed',
        'rescheduling', 'completed', 'no_show', 'cancelled', 'declined', 'slot_taken', 'expired')),
    start_at      timestamptz NOT NULL,
    end_at        timestamptz NOT NULL CHECK (end_at > start_at),
    -- Where a reschedule wants to go, while Cal.com is asked.
    requested_start_at timestamptz,
    time_zone     text NOT NULL,
    location      text,
    price_minor   bigint,
    currency      text,
    payment_id    uuid,
    -- The Cal.com booking in force; calcom_booking keeps them all.
    calcom_uid    text,
    hold_expires_at timestamptz,
    -- Why it is as it is, for the client: slot_taken, cancelled by whom, payment_late …
    reason        text,
    -- Rises with each change the client must hear of: the SEQUENCE of the .ics, and part of every
    -- message's dedupe key.
    sequence      int NOT NULL DEFAULT 0,
    confirmed_at  timestamptz,
    ended_at      timestamptz,
    created_at    timestamptz NOT NULL DEFAULT care_now(),
    updated_at    timestamptz NOT NULL DEFAULT care_now(),
    CHECK (state <> 'rescheduling' OR requested_start_at IS NOT NULL)
);
CREATE INDEX booking_user ON booking (user_id, booking_id);
CREATE INDEX booking_updated ON booking (updated_at);
CREATE INDEX booking_intake_all ON booking (intake_submission_id);
-- One consultation for each intake: only after a cancelled, declined, lost or lapsed booking may there be
-- another.
CREATE UNIQUE INDEX booking_exists ON booking (intake_submission_id)
    WHERE state NOT IN ('cancelled', 'declined', 'slot_taken', 'expired');
CREATE INDEX booking_service ON booking (service_id, start_at);
ALTER TABLE booking ENABLE ROW LEVEL SECURITY;
CREATE POLICY booking_link ON booking TO app_public USING (intake_submission_id = link_id());
CREATE POLICY booking_client ON booking TO app_client USING (user_id = actor_id());
CREATE POLICY booking_staff ON booking TO app_staff USING (true);
CREATE POLICY booking_admin ON booking TO app_admin USING (true);
CREATE POLICY booking_worker ON booking TO app_worker USING (true);

CREATE TABLE calcom_booking (
    uid        text PRIMARY KEY,
    booking_id uuid NOT NULL REFERENCES booking,
    start_at   timestamptz NOT NULL,
    -- in_force, superseded (rescheduled away) or ended (cancelled, rejected)
    state      text NOT NULL CHECK (state IN ('in_force', 'superseded', 'ended')),
    source     text NOT NULL CHECK (source IN ('api', 'webhook', 'poll')),
    created_at timestamptz NOT NULL DEFAULT care_now()
);
CREATE INDEX calcom_booking_booking ON calcom_booking (booking_id);
ALTER TABLE calcom_booking ENABLE ROW LEVEL SECURITY;
CREATE POLICY calcom_booking_worker ON calcom_booking TO app_worker USING (true);
CREATE POLICY calcom_booking_admin ON calcom_booking FOR SELECT TO app_admin USING (true);

-- A time that is taken on our side: held by a visitor (expires_at) or by a booking (no expiry).
-- The constraint makes a double booking impossible.
CREATE TABLE slot_hold (
    slot_hold_id uuid PRIMARY KEY DEFAULT uuid_v7(),
    service_id   uuid NOT NULL REFERENCES service,
    calendar_key text NOT NULL,
    during       tstzrange NOT NULL,
    intake_submission_id uuid NOT NULL REFERENCES intake_submission,
    booking_id   uuid REFERENCES booking,
    expires_at   timestamptz,
    released_at  timestamptz,
    created_at   timestamptz NOT NULL DEFAULT care_now(),
    CHECK (booking_id IS NOT NULL OR expires_at IS NOT NULL),
    CONSTRAINT slot_taken EXCLUDE USING gist (calendar_key WITH =, during WITH &&)
        WHERE (released_at IS NULL)
);
CREATE INDEX slot_hold_intake ON slot_hold (intake_submission_id) WHERE released_at IS NULL;
CREATE INDEX slot_hold_booking ON slot_hold (booking_id) WHERE released_at IS NULL;
ALTER TABLE slot_hold ENABLE ROW LEVEL SECURITY;
CREATE POLICY slot_hold_link ON slot_hold TO app_public USING (intake_submission_id = link_id());
CREATE POLICY slot_hold_worker ON slot_hold TO app_worker USING (true);

-- Takes a time for an intake, for a booking (booking_id given: no expiry) or for a while. The
-- intake's own earlier holds are released first: it holds one time at a time.
-- Raises slot_taken through the constraint.
CREATE FUNCTION slot_claim(service_id uuid, intake_submission_id uuid, booking_id uuid,
    start_at timestamptz, expires_at timestamptz) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    s      service;
    claim  tstzrange;
    id     uuid;
BEGIN
    SELECT * INTO STRICT s FROM service WHERE service_id = slot_claim.service_id;
    claim := tstzrange(slot_claim.start_at,
                       slot_claim.start_at + make_interval(mins => s.duration_minutes));
    -- Lapsed holds of anybody give way now, not when a sweeper comes.
    UPDATE slot_hold SET released_at = care_now()
    WHERE calendar_key = s.calendar_key AND released_at IS NULL AND booking_id IS NULL
      AND during && claim AND expires_at <= care_now();
    UPDATE slot_hold SET released_at = care_now()
    WHERE intake_submission_id = slot_claim.intake_submission_id AND released_at IS NULL
      AND booking_id IS NULL;
    -- A booking that moves by less than its length holds both times as one.
    UPDATE slot_hold SET during = during + claim
    WHERE booking_id = slot_claim.booking_id AND released_at IS NULL AND during && claim
    RETURNING slot_hold_id INTO id;
    IF FOUND THEN
        RETURN id;
    END IF;
    INSERT INTO slot_hold (service_id, calendar_key, during, intake_submission_id, booking_id,
        expires_at)
    VALUES (s.service_id, s.calendar_key, claim, slot_claim.intake_submission_id,
        slot_claim.booking_id,
        CASE WHEN slot_claim.booking_id IS NULL THEN slot_claim.expires_at END)
    RETURNING slot_hold_id INTO id;
    RETURN id;
END $$;

-- The times of a service that are free on our side, for showing and for checking a choice.
CREATE FUNCTION slot_is_offered(service_id uuid, start_at timestamptz) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM availability_slot AS a
                   WHERE a.service_id = slot_is_offered.service_id
                     AND a.start_at = slot_is_offered.start_at)
$$;

-- Starts of a service in [from, to) that nobody holds here.
CREATE FUNCTION slot_free(service_id uuid, from_at timestamptz, to_at timestamptz)
    RETURNS SETOF timestamptz LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
    SELECT a.start_at
    FROM availability_slot AS a JOIN service AS s USING (service_id)
    WHERE a.service_id = slot_free.service_id
      AND a.start_at >= greatest(slot_free.from_at, care_now()) AND a.start_at < slot_free.to_at
      AND NOT EXISTS (
          SELECT FROM slot_hold AS h
          WHERE h.calendar_key = s.calendar_key AND h.released_at IS NULL
            AND (h.expires_at IS NULL OR h.expires_at > care_now())
            AND h.during && tstzrange(a.start_at,
                a.start_at + make_interval(mins => s.duration_minutes)))
    ORDER BY a.start_at
$$;

-- RFC 3339 with the zone's offset at that instant, for people.
CREATE FUNCTION rfc3339_local(instant timestamptz, zone text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT to_char(instant AT TIME ZONE zone, 'YYYY-MM-DD"T"HH24:MI:SS')
        || CASE WHEN d.minutes < 0 THEN '-' ELSE '+' END
        || to_char(make_interval(mins => abs(d.minutes)), 'HH24:MI')
    FROM (SELECT round(extract(epoch FROM (instant AT TIME ZONE zone)
                                        - (instant AT TIME ZONE 'UTC')) / 60)::int AS minutes) AS d
$$;

CREATE TABLE feedback (
    booking_id uuid PRIMARY KEY REFERENCES booking,
    rating     int NOT NULL CHECK (rating BETWEEN 1 AND 5),
    comment    text,
    created_at timestamptz NOT NULL DEFAULT care_now()
);
ALTER TABLE feedback RENAME CONSTRAINT feedback_pkey TO feedback_given;
ALTER TABLE feedback ENABLE ROW LEVEL SECURITY;
CREATE POLICY feedback_link ON feedback TO app_public USING (EXISTS (
    SELECT FROM booking AS b WHERE b.booking_id = feedback.booking_id
      AND b.intake_submission_id = link_id()));
CREATE POLICY feedback_client ON feedback TO app_client USING (EXISTS (
    SELECT FROM booking AS b WHERE b.booking_id = feedback.booking_id AND b.user_id = actor_id()));
CREATE POLICY feedback_staff ON feedback FOR SELECT TO app_staff USING (true);
CREATE POLICY feedback_admin ON feedback FOR SELECT TO app_admin USING (true);
CREATE POLICY feedback_worker ON feedback FOR SELECT TO app_worker USING (true);

-- Where the poller stands, and what it healed.
CREATE TABLE calcom_poll (
    one       boolean PRIMARY KEY DEFAULT true CHECK (one),
    cursor_at timestamptz NOT NULL
);
INSERT INTO calcom_poll (cursor_at) VALUES (care_now());
CREATE TABLE calcom_heal (
    calcom_heal_id uuid PRIMARY KEY DEFAULT uuid_v7(),
    booking_id     uuid REFERENCES booking,
    what           text NOT NULL,
    healed_at      timestamptz NOT NULL DEFAULT care_now()
);
ALTER TABLE calcom_poll ENABLE ROW LEVEL SECURITY;
ALTER TABLE calcom_heal ENABLE ROW LEVEL SECURITY;
CREATE POLICY calcom_poll_worker ON calcom_poll TO app_worker USING (true);
CREATE POLICY calcom_heal_worker ON calcom_heal TO app_worker USING (true);
CREATE POLICY calcom_heal_admin ON calcom_heal FOR SELECT TO app_admin USING (true);

GRANT SELECT ON availability_slot, availability_refresh TO app_public, app_client, app_staff,
    app_admin, app_integrator, app_worker;
GRANT INSERT, UPDATE, DELETE ON availability_slot, availability_refresh TO app_worker;
GRANT SELECT, INSERT, UPDATE ON booking TO app_public, app_client, app_staff, app_admin, app_worker;
GRANT SELECT, INSERT, UPDATE ON calcom_booking, slot_hold TO app_worker;
GRANT SELECT ON calcom_booking, calcom_heal TO app_admin;
GRANT SELECT, INSERT ON feedback TO app_public, app_client;
GRANT SELECT ON feedback TO app_staff, app_admin, app_worker;
GRANT SELECT, UPDATE ON calcom_poll TO app_worker;
GRANT SELECT, INSERT ON calcom_heal TO app_worker;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO app_public, app_client, app_staff, app_admin,
    app_integrator, app_worker;

INSERT INTO job_kind (kind, stream, attempts_max) VALUES
    ('availability_refresh', 'care:webhooks', 3),
    ('booking_cancel',       'care:webhooks', 12),
    ('booking_decide',       'care:webhooks', 12),
    ('booking_ended',        'care:notifications', 12),
    ('booking_reschedule',   'care:webhooks', 12),
    ('booking_schedule',     'care:webhooks', 12),
    ('calcom_event',         'care:webhooks', 12),
    ('calcom_poll',          'care:webhooks', 3),
    ('hold_release',         'care:webhooks', 12),
    ('maintenance',          'care:webhooks', 3);
