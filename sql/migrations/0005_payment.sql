-- Payments, refunds and invoices. (The ledger, disputes and subscriptions build on these tables.)

CREATE TABLE payment (
    payment_id   uuid PRIMARY KEY DEFAULT uuid_v7(),
    intake_submission_id uuid NOT NULL REFERENCES intake_submission,
    booking_id   uuid REFERENCES booking,
    user_id      uuid REFERENCES app_user,
    -- One attempt, one reference: never used twice at the gateway.
    reference    text NOT NULL CONSTRAINT payment_reference UNIQUE,
    pay_code     text NOT NULL CONSTRAINT payment_pay_code UNIQUE,
    state        text NOT NULL DEFAULT 'preparing' CHECK (state IN ('preparing', 'pending',
        'succeeded', 'failed', 'abandoned', 'review', 'partially_refunded', 'refunded')),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency     text NOT NULL,
    email        text NOT NULL,
    authorization_url text,
    access_code  text,
    -- What the gateway said when the money was believed.
    gateway_transaction_id text,
    gateway_amount_minor   bigint,
    gateway_fees_minor     bigint,
    channel      text,
    paid_at      timestamptz,
    reason       text,
    verifications int NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL DEFAULT care_now(),
    updated_at   timestamptz NOT NULL DEFAULT care_now(),
    CHECK (state NOT IN ('succeeded', 'partially_refunded', 'refunded') OR paid_at IS NOT NULL)
);
CREATE INDEX payment_intake ON payment (intake_submission_id);
CREATE INDEX payment_user ON payment (user_id, payment_id);
-- One open or paid attempt for each intake: two checkouts at once are one.
CREATE UNIQUE INDEX payment_open ON payment (intake_submission_id)
    WHERE state IN ('preparing', 'pending', 'succeeded', 'review');
ALTER TABLE payment ENABLE ROW LEVEL SECURITY;
CREATE POLICY payment_link ON payment TO app_public USING (intake_submission_id = link_id());
CREATE POLICY payment_client ON payment TO app_client USING (user_id = actor_id());
CREATE POLICY payment_staff ON payment FOR SELECT TO app_staff USING (true);
CREATE POLICY payment_admin ON payment TO app_admin USING (true);
CREATE POLICY payment_worker ON payment TO app_worker USING (true);
ALTER TABLE booking ADD FOREIGN KEY (payment_id) REFERENCES payment;

CREATE TABLE refund (
    refund_id    uuid PRIMARY KEY DEFAULT uuid_v7(),
    payment_id   uuid NOT NULL REFERENCES payment,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency     text NOT NULL,
    reason       text NOT NULL,
    -- sending is committed before the gateway is called.
    state        text NOT NULL DEFAULT 'sending' CHECK (state IN ('sending', 'pending', 'processing',
        'processed', 'failed', 'needs_attention')),
    gateway_refund_id text,
    created_at   timestamptz NOT NULL DEFAULT care_now(),
    updated_at   timestamptz NOT NULL DEFAULT care_now()
);
CREATE INDEX refund_payment ON refund (payment_id);
ALTER TABLE refund ENABLE ROW LEVEL SECURITY;
CREATE POLICY refund_link ON refund FOR SELECT TO app_public USING (EXISTS (
    SELECT FROM payment AS p WHERE p.payment_id = refund.payment_id
      AND p.intake_submission_id = link_id()));
CREATE POLICY refund_client ON refund FOR SELECT TO app_client USING (EXISTS (
    SELECT FROM payment AS p WHERE p.payment_id = refund.payment_id AND p.user_id = actor_id()));
CREATE POLICY refund_staff ON refund FOR SELECT TO app_staff USING (true);
CREATE POLICY refund_admin ON refund TO app_admin USING (true);
CREATE POLICY refund_worker ON refund TO app_worker USING (true);

-- Gapless numbers: the row is locked from the number's taking to its transaction's end.
CREATE TABLE invoice_series (
    series      text NOT NULL,
    year        int NOT NULL,
    last_number int NOT NULL DEFAULT 0,
    PRIMARY KEY (series, year)
);
ALTER TABLE invoice_series ENABLE ROW LEVEL SECURITY;
CREATE POLICY invoice_series_worker ON invoice_series TO app_worker USING (true);

CREATE TABLE invoice (
    invoice_id     uuid PRIMARY KEY DEFAULT uuid_v7(),
    number         text CONSTRAINT invoice_number UNIQUE,
    state          text NOT NULL CHECK (state IN ('draft', 'finalised', 'voided')),
    payment_status text NOT NULL CHECK (payment_status IN ('pending', 'succeeded', 'failed')),
    intake_submission_id uuid REFERENCES intake_submission,
    payment_id     uuid CONSTRAINT invoice_payment UNIQUE REFERENCES payment,
    user_id        uuid REFERENCES app_user,
    customer_name  text NOT NULL,
    customer_email text NOT NULL,
    currency       text NOT NULL,
    subtotal_minor bigint NOT NULL,
    tax_minor      bigint NOT NULL,
    total_minor    bigint NOT NULL CHECK (total_minor = subtotal_minor + tax_minor),
    paid_minor     bigint NOT NULL,
    issued_at      timestamptz,
    created_at     timestamptz NOT NULL DEFAULT care_now(),
    CHECK ((state = 'draft') = (number IS NULL)),
    CHECK ((state = 'draft') = (issued_at IS NULL))
);
CREATE INDEX invoice_user ON invoice (user_id, invoice_id);
CREATE INDEX invoice_intake ON invoice (intake_submission_id);
ALTER TABLE invoice ENABLE ROW LEVEL SECURITY;
CREATE POLICY invoice_link ON invoice FOR SELECT TO app_public
    USING (intake_submission_id = link_id());
CREATE POLICY invoice_client ON invoice FOR SELECT TO app_client USING (user_id = actor_id());
CREATE POLICY invoice_staff ON invoice FOR SELECT TO app_staff USING (true);
CREATE POLICY invoice_admin ON invoice TO app_admin USING (true);
CREATE POLICY invoice_worker ON invoice TO app_worker USING (true);

CREATE TABLE invoice_line (
    invoice_id  uuid NOT NULL REFERENCES invoice,
    position    int NOT NULL,
    description text NOT NULL,
    quantity    bigint NOT NULL,
    unit_minor  bigint NOT NULL,
    total_minor bigint NOT NULL CHECK (total_minor = quantity * unit_minor),
    PRIMARY KEY (invoice_id, position)
);
ALTER TABLE invoice_line ENABLE ROW LEVEL SECURITY;
CREATE POLICY invoice_line_worker ON invoice_line TO app_worker USING (true);
-- Lines follow their invoice: the sub-select runs under the caller's own policies.
CREATE POLICY invoice_line_read ON invoice_line FOR SELECT
    TO app_public, app_client, app_staff, app_admin
    USING (EXISTS (SELECT FROM invoice AS i WHERE i.invoice_id = invoice_line.invoice_id));

CREATE TABLE invoice_pdf (
    invoice_id uuid PRIMARY KEY REFERENCES invoice,
    bytes      bytea NOT NULL,
    sha256     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT care_now()
);
ALTER TABLE invoice_pdf ENABLE ROW LEVEL SECURITY;
CREATE POLICY invoice_pdf_worker ON invoice_pdf TO app_worker USING (true);
CREATE POLICY invoice_pdf_read ON invoice_pdf FOR SELECT
    TO app_public, app_client, app_staff, app_admin
    USING (EXISTS (SELECT FROM invoice AS i WHERE i.invoice_id = invoice_pdf.invoice_id));

-- What is finalised never changes, whoever asks.
CREATE FUNCTION invoice_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'draft' AND (NEW.number, NEW.total_minor, NEW.tax_minor, NEW.currency,
            NEW.customer_name, NEW.issued_at)
        IS DISTINCT FROM (OLD.number, OLD.total_minor, OLD.tax_minor, OLD.currency,
            OLD.customer_name, OLD.issued_at) THEN
        RAISE EXCEPTION 'conflict' USING DETAIL = 'a finalised invoice does not change';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoice_is_final BEFORE UPDATE ON invoice FOR EACH ROW EXECUTE FUNCTION invoice_is_final();

GRANT SELECT, INSERT ON payment TO app_public, app_client;
GRANT SELECT ON payment TO app_staff;
GRANT SELECT, INSERT, UPDATE ON payment TO app_admin, app_worker;
GRANT SELECT ON refund TO app_public, app_client, app_staff, app_admin;
GRANT SELECT, INSERT, UPDATE ON refund TO app_worker;
GRANT SELECT, INSERT, UPDATE ON invoice_series, invoice TO app_worker;
GRANT SELECT, INSERT ON invoice_line, invoice_pdf TO app_worker;
GRANT SELECT ON invoice, invoice_line, invoice_pdf TO app_public, app_client, app_staff, app_admin;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO app_public, app_client, app_staff, app_admin,
    app_integrator, app_worker;

INSERT INTO job_kind (kind, stream, attempts_max) VALUES
    ('invoice_render',     'care:invoicing', 12),
    ('payment_initialize', 'care:webhooks', 8),
    ('payment_verify',     'care:webhooks', 40),
    ('paystack_event',     'care:webhooks', 12),
    ('refund_create',      'care:webhooks', 20);
