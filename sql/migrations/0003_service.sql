-- What can be booked, the versioned form that comes first, and what visitors answered.

CREATE TABLE service (
    service_id    uuid PRIMARY KEY DEFAULT uuid_v7(),
    slug          text NOT NULL CONSTRAINT service_slug_taken UNIQUE,
    name          text NOT NULL,
    summary       text NOT NULL DEFAULT '',
    description   text NOT NULL DEFAULT '',
    duration_minutes     int NOT NULL CHECK (duration_minutes BETWEEN 5 AND 480),
    calcom_event_type_id text NOT NULL,
    -- Services that share a calendar exclude each other's times.
    calendar_key  text NOT NULL,
    location      text NOT NULL DEFAULT '',
    active        boolean NOT NULL DEFAULT true,
    position      int NOT NULL DEFAULT 0,
    created_at    timestamptz NOT NULL DEFAULT care_now(),
    updated_at    timestamptz NOT NULL DEFAULT care_now()
);
CREATE INDEX service_event_type ON service (calcom_event_type_id);
ALTER TABLE service ENABLE ROW LEVEL SECURITY;
CREATE POLICY service_read ON service FOR SELECT USING (true);
CREATE POLICY service_admin ON service TO app_admin USING (true);

CREATE TABLE service_price (
    service_id   uuid NOT NULL REFERENCES service ON DELETE CASCADE,
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    position     int NOT NULL,
    PRIMARY KEY (service_id, currency)
);
ALTER TABLE service_price ENABLE ROW LEVEL SECURITY;
CREATE POLICY service_price_read ON service_price FOR SELECT USING (true);
CREATE POLICY service_price_admin ON service_price TO app_admin USING (true);

CREATE TABLE intake_form (
    intake_form_id uuid PRIMARY KEY DEFAULT uuid_v7(),
    service_id     uuid NOT NULL REFERENCES service,
    version        int NOT NULL,
    fields         jsonb NOT NULL,
    created_by     uuid REFERENCES app_user,
    created_at     timestamptz NOT NULL DEFAULT care_now(),
    UNIQUE (service_id, version)
);
ALTER TABLE intake_form ENABLE ROW LEVEL SECURITY;
CREATE POLICY intake_form_read ON intake_form FOR SELECT USING (true);
CREATE POLICY intake_form_admin ON intake_form FOR INSERT TO app_admin WITH CHECK (true);

CREATE TABLE intake_submission (
    intake_submission_id uuid PRIMARY KEY,
    service_id       uuid NOT NULL REFERENCES service,
    intake_form_id   uuid NOT NULL REFERENCES intake_form,
    -- The signed-in client who sent it, NULL for a guest.
    user_id          uuid REFERENCES app_user,
    contact_name     text NOT NULL,
    contact_email    text NOT NULL,
    contact_phone    text,
    answers          jsonb NOT NULL,
    time_zone        text NOT NULL,
    time_zone_source text NOT NULL CHECK (time_zone_source IN ('browser', 'edge', 'language', 'care')),
    locale           text NOT NULL DEFAULT 'en',
    consent_at       timestamptz NOT NULL DEFAULT care_now(),
    campaign         jsonb,
    referrer         text,
    created_at       timestamptz NOT NULL DEFAULT care_now()
);
CREATE INDEX intake_submission_user ON intake_submission (user_id);
ALTER TABLE intake_submission ENABLE ROW LEVEL SECURITY;
CREATE POLICY intake_submission_link ON intake_submission TO app_public
    USING (intake_submission_id = link_id());
CREATE POLICY intake_submission_client ON intake_submission TO app_client
    USING (user_id = actor_id());
CREATE POLICY intake_submission_staff ON intake_submission TO app_staff USING (true);
CREATE POLICY intake_submission_admin ON intake_submission TO app_admin USING (true);
CREATE POLICY intake_submission_worker ON intake_submission TO app_worker USING (true);

GRANT SELECT ON service, service_price, intake_form TO app_public, app_client, app_staff,
    app_admin, app_integrator, app_worker;
GRANT INSERT, UPDATE ON service TO app_admin;
GRANT INSERT, UPDATE, DELETE ON service_price TO app_admin;
GRANT INSERT ON intake_form TO app_admin;
GRANT SELECT, INSERT ON intake_submission TO app_public, app_client, app_staff, app_admin;
GRANT SELECT ON intake_submission TO app_worker;
