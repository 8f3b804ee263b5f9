-- Outbound email and SMS: templates, and one row for each thing we mean to say to somebody.

CREATE TABLE message_template (
    key       text NOT NULL,
    channel   text NOT NULL CHECK (channel IN ('email', 'sms')),
    locale    text NOT NULL,
    subject   text,
    body_text text NOT NULL,
    body_html text,
    PRIMARY KEY (key, channel, locale),
    CHECK (channel = 'sms' OR (subject IS NOT NULL AND body_html IS NOT NULL))
);
ALTER TABLE message_template ENABLE ROW LEVEL SECURITY;
CREATE POLICY message_template_worker ON message_template FOR SELECT TO app_worker USING (true);
CREATE POLICY message_template_admin ON message_template FOR SELECT TO app_admin USING (true);

CREATE TABLE message (
    message_id   uuid PRIMARY KEY DEFAULT uuid_v7(),
    template_key text NOT NULL,
    channel      text NOT NULL CHECK (channel IN ('email', 'sms')),
    locale       text NOT NULL,
    booking_id   uuid REFERENCES booking,
    invoice_id   uuid REFERENCES invoice,
    intake_submission_id uuid NOT NULL REFERENCES intake_submission,
    recipient    text NOT NULL,
    -- What the template needs beyond the booking: reason, amount …
    variables    jsonb NOT NULL DEFAULT '{}',
    -- One intent, one row: "<booking>:<sequence>:<template>:<channel>".
    dedupe_key   text NOT NULL CONSTRAINT message_once UNIQUE,
    -- sending is committed before the provider is called; uncertain: it may have been sent and
    -- nobody can say, so it is not sent again.
    state        text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'sending', 'sent',
        'failed', 'cancelled', 'uncertain')),
    planned_at   timestamptz NOT NULL,
    -- Reminders: which rule chose planned_at (lib/domain/reminder.h).
    rule         text,
    -- Not worth sending after this.
    expires_at   timestamptz,
    sending_at   timestamptz,
    -- What an SMS says, fixed when it is first sent: the provider can only find it again by its words.
    body         text,
    sent_at      timestamptz,
    -- Wall-clock: what the payment-to-confirmation time is measured by.
    accepted_at  timestamptz,
    provider_id  text,
    provider_status text,
    error        text,
    created_at   timestamptz NOT NULL DEFAULT care_now()
);
CREATE INDEX message_booking ON message (booking_id);
CREATE INDEX message_open ON message (planned_at) WHERE state IN ('planned', 'sending');
ALTER TABLE message ENABLE ROW LEVEL SECURITY;
CREATE POLICY message_link ON message FOR SELECT TO app_public
    USING (intake_submission_id = link_id());
CREATE POLICY message_client ON message FOR SELECT TO app_client USING (EXISTS (
    SELECT FROM booking AS b WHERE b.booking_id = message.booking_id AND b.user_id = actor_id()));
CREATE POLICY message_staff ON message FOR SELECT TO app_staff USING (true);
CREATE POLICY message_admin ON message FOR SELECT TO app_admin USING (true);
CREATE POLICY message_worker ON message TO app_worker USING (true);

-- For handlers: whoever may see the booking may stop what is planned for it. What is said about money
-- stays true whatever becomes of the time.
CREATE FUNCTION message_cancel_planned(booking_id uuid, only_template text DEFAULT NULL) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    cancelled int;
BEGIN
    UPDATE message AS m SET state = 'cancelled'
    WHERE m.booking_id = message_cancel_planned.booking_id AND m.state = 'planned'
      AND m.template_key NOT IN ('payment_received', 'payment_refunded')
      AND (only_template IS NULL OR m.template_key = only_template);
    GET DIAGNOSTICS cancelled = ROW_COUNT;
    RETURN cancelled;
END $$;

-- Plans one message and the job that sends it. The address comes from the intake; without a phone
-- there is no SMS. NULL when the same intent was planned before.
CREATE FUNCTION message_plan(intake_submission_id uuid, booking_id uuid, template_key text,
    channel text, dedupe_key text, planned_at timestamptz DEFAULT NULL, rule text DEFAULT NULL,
    expires_at timestamptz DEFAULT NULL, variables jsonb DEFAULT '{}', invoice_id uuid DEFAULT NULL)
    RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    id uuid;
BEGIN
    INSERT INTO message (template_key, channel, locale, booking_id, invoice_id, intake_submission_id,
        recipient, variables, dedupe_key, planned_at, rule, expires_at)
    SELECT message_plan.template_key, message_plan.channel, s.locale, message_plan.booking_id,
        message_plan.invoice_id, s.intake_submission_id,
        CASE message_plan.channel WHEN 'sms' THEN s.contact_phone ELSE s.contact_email END,
        message_plan.variables, message_plan.dedupe_key,
        coalesce(message_plan.planned_at, care_now()), message_plan.rule, message_plan.expires_at
    FROM intake_submission AS s
    WHERE s.intake_submission_id = message_plan.intake_submission_id
      AND (message_plan.channel = 'email' OR s.contact_phone IS NOT NULL)
    ON CONFLICT ON CONSTRAINT message_once DO NOTHING
    RETURNING message_id INTO id;
    IF id IS NOT NULL THEN
        PERFORM job_enqueue(
            CASE WHEN message_plan.rule IS NULL THEN 'message_send' ELSE 'reminder_send' END,
            id, 'message:' || id, message_plan.planned_at);
    END IF;
    RETURN id;
END $$;

GRANT SELECT ON message_template TO app_worker, app_admin;
GRANT SELECT ON message TO app_public, app_client, app_staff, app_admin;
GRANT SELECT, UPDATE ON message TO app_worker;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO app_public, app_client, app_staff, app_admin,
    app_integrator, app_worker;

INSERT INTO job_kind (kind, stream, attempts_max) VALUES
    ('message_send',  'care:notifications', 12),
    ('reminder_send', 'care:reminders', 12);
