-- Roles, ids, the clock, and what outlives a request: jobs, inbound events, saved answers.

-- One database role per application role. Nobody logs in as one: care-api and care-worker log in as
-- NOINHERIT members and take a role for the transaction (docs/database.md).
DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['app_public', 'app_client', 'app_staff', 'app_admin',
                                'app_integrator', 'app_worker'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role);
        END IF;
    END LOOP;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'care_api') THEN
        CREATE ROLE care_api LOGIN NOINHERIT;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'care_worker') THEN
        CREATE ROLE care_worker LOGIN NOINHERIT;
    END IF;
END $$;
GRANT app_public, app_client, app_staff, app_admin, app_integrator, app_worker TO care_api;
GRANT app_worker TO care_worker;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO app_public, app_client, app_staff, app_admin, app_integrator,
    app_worker, care_api, care_worker;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE EXTENSION IF NOT EXISTS btree_gist;

-- UUIDv7 (RFC 9562 5.7): 48 bits of Unix milliseconds, then random bits, so that ids sort by time.
CREATE FUNCTION uuid_v7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT encode(
        substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
            || set_byte(random.bytes, 0, (get_byte(random.bytes, 0) & 15) | 112),
        'hex')::uuid
    FROM (SELECT substring(uuid_send(gen_random_uuid()) FROM 7) AS bytes) AS random
$$;

-- Business time. carectl clock moves it on test installations; leases and retention use now().
CREATE TABLE test_clock (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    offset_s bigint NOT NULL DEFAULT 0
);
INSERT INTO test_clock DEFAULT VALUES;
ALTER TABLE test_clock ENABLE ROW LEVEL SECURITY;
CREATE POLICY test_clock_read ON test_clock FOR SELECT USING (true);

CREATE FUNCTION care_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT now() + make_interval(secs => offset_s) FROM test_clock
$$;

-- Who acts, as the server says at the start of each transaction. NULL when nobody does.
CREATE FUNCTION actor_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('app.user_id', true), '')::uuid
$$;
CREATE FUNCTION link_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('app.link_id', true), '')::uuid
$$;

-- RFC 3339 in UTC, whole seconds: how every instant leaves the API.
CREATE FUNCTION rfc3339(instant timestamptz) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
$$;
CREATE FUNCTION money(amount_minor bigint, currency text) RETURNS json
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN amount_minor IS NOT NULL
        THEN json_build_object('amount', amount_minor, 'currency', currency) END
$$;

-- Jobs. The row is the truth; Redis streams carry only its id.
CREATE TABLE job_kind (
    kind         text PRIMARY KEY,
    stream       text NOT NULL CHECK (stream IN ('care:reminders', 'care:invoicing',
                                                 'care:webhooks', 'care:notifications')),
    attempts_max int NOT NULL CHECK (attempts_max > 0)
);
ALTER TABLE job_kind ENABLE ROW LEVEL SECURITY;
CREATE POLICY job_kind_read ON job_kind FOR SELECT USING (true);

CREATE TABLE job (
    job_id        uuid PRIMARY KEY DEFAULT uuid_v7(),
    kind          text NOT NULL REFERENCES job_kind,
    subject_id    uuid,
    payload       jsonb NOT NULL DEFAULT '{}',
    -- The same intent cannot be enqueued twice.
    dedupe_key    text NOT NULL CONSTRAINT job_dedupe UNIQUE,
    state         text NOT NULL DEFAULT 'queued'
                  CHECK (state IN ('queued', 'running', 'done', 'dead', 'cancelled')),
    priority      smallint NOT NULL DEFAULT 5,
    run_at        timestamptz NOT NULL DEFAULT care_now(),
    attempts      int NOT NULL DEFAULT 0,
    attempts_max  int NOT NULL,
    -- Deaths of the process while the job ran; raised before the handler starts, cleared after.
    crash_count   int NOT NULL DEFAULT 0,
    dispatched_at timestamptz,
    lease_until   timestamptz,
    worker        text,
    last_error    text,
    created_at    timestamptz NOT NULL DEFAULT care_now(),
    finished_at   timestamptz,
    CHECK (state <> 'running' OR lease_until IS NOT NULL),
    CHECK (state <> 'dead' OR last_error IS NOT NULL)
);
CREATE INDEX job_due ON job (run_at) WHERE state = 'queued';
CREATE INDEX job_leased ON job (lease_until) WHERE state = 'running';
CREATE INDEX job_subject ON job (subject_id);
CREATE INDEX job_dead ON job (job_id) WHERE state = 'dead';
ALTER TABLE job ENABLE ROW LEVEL SECURITY;
CREATE POLICY job_worker ON job TO app_worker USING (true);
CREATE POLICY job_admin ON job TO app_admin USING (true);

-- Any role may enqueue through this, in its own transaction; none but the worker touches rows.
CREATE FUNCTION job_enqueue(kind text, subject_id uuid, dedupe_key text,
    run_at timestamptz DEFAULT NULL, payload jsonb DEFAULT '{}') RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    id uuid;
BEGIN
    INSERT INTO job (kind, subject_id, dedupe_key, run_at, payload, attempts_max)
    SELECT k.kind, job_enqueue.subject_id, job_enqueue.dedupe_key,
           coalesce(job_enqueue.run_at, care_now()), job_enqueue.payload, k.attempts_max
    FROM job_kind AS k WHERE k.kind = job_enqueue.kind
    ON CONFLICT ON CONSTRAINT job_dedupe DO NOTHING
    RETURNING job_id INTO id;
    IF id IS NOT NULL AND coalesce(job_enqueue.run_at, care_now()) <= care_now() THEN
        PERFORM pg_notify('care_job', '');
    END IF;
    IF NOT FOUND AND NOT EXISTS (SELECT FROM job_kind AS k WHERE k.kind = job_enqueue.kind) THEN
        RAISE EXCEPTION 'unknown job kind %', job_enqueue.kind;
    END IF;
    RETURN id;
END $$;

-- The inbox: what providers sent, stored before it is believed.
CREATE TABLE inbound_event (
    inbound_event_id uuid PRIMARY KEY DEFAULT uuid_v7(),
    provider     text NOT NULL CHECK (provider IN ('paystack', 'calcom', 'twilio', 'mailchimp')),
    event_type   text NOT NULL,
    -- sha256 of the raw body, so that an exact retry is one row.
    dedupe_key   text NOT NULL,
    headers      jsonb NOT NULL DEFAULT '{}',
    body         bytea NOT NULL,
    state        text NOT NULL DEFAULT 'received'
                 CHECK (state IN ('received', 'processed', 'ignored', 'failed')),
    note         text,
    deliveries   int NOT NULL DEFAULT 1,
    received_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    processed_at timestamptz,
    CONSTRAINT inbound_event_once UNIQUE (provider, dedupe_key)
);
CREATE INDEX inbound_event_open ON inbound_event (received_at) WHERE state = 'received';
ALTER TABLE inbound_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY inbound_event_worker ON inbound_event TO app_worker USING (true);
CREATE POLICY inbound_event_admin ON inbound_event FOR SELECT TO app_admin USING (true);

-- Saved answers for Idempotency-Key. The advisory lock in idempotency_begin makes a second request
-- with the same key see "in flight" instead of waiting; answer and effect commit together.
CREATE TABLE idempotency_key (
    principal      text NOT NULL,
    operation      text NOT NULL,
    key            text NOT NULL,
    request_sha256 text NOT NULL,
    status         int NOT NULL,
    content_type   text,
    headers        json NOT NULL DEFAULT '{}',
    body           text,
    created_at     timestamptz NOT NULL DEFAULT now(),
    expires_at     timestamptz NOT NULL DEFAULT now() + interval '7 days',
    PRIMARY KEY (principal, operation, key)
);
CREATE INDEX idempotency_key_expiry ON idempotency_key (expires_at);
ALTER TABLE idempotency_key ENABLE ROW LEVEL SECURITY;

-- '{"state": "new" | "in_flight" | "different" | "saved", …}'; saved carries the answer.
CREATE FUNCTION idempotency_begin(principal text, operation text, key text, request_sha256 text)
    RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    saved idempotency_key;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended(
            idempotency_begin.principal || '|' || idempotency_begin.operation || '|'
            || idempotency_begin.key, 0)) THEN
        RETURN json_build_object('state', 'in_flight');
    END IF;
    SELECT * INTO saved FROM idempotency_key AS i
    WHERE i.principal = idempotency_begin.principal
      AND i.operation = idempotency_begin.operation AND i.key = idempotency_begin.key;
    IF NOT FOUND OR saved.expires_at < now() THEN
        DELETE FROM idempotency_key AS i
        WHERE i.principal = idempotency_begin.principal
          AND i.operation = idempotency_begin.operation AND i.key = idempotency_begin.key;
        RETURN json_build_object('state', 'new');
    ELSIF saved.request_sha256 <> idempotency_begin.request_sha256 THEN
        RETURN json_build_object('state', 'different');
    END IF;
    RETURN json_build_object('state', 'saved', 'status', saved.status,
        'content_type', saved.content_type, 'headers', saved.headers, 'body', saved.body);
END $$;

CREATE FUNCTION idempotency_save(principal text, operation text, key text, request_sha256 text,
    status int, content_type text, headers json, body text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO idempotency_key (principal, operation, key, request_sha256, status, content_type,
        headers, body)
    VALUES (idempotency_save.principal, idempotency_save.operation, idempotency_save.key,
        idempotency_save.request_sha256, idempotency_save.status, idempotency_save.content_type,
        idempotency_save.headers, idempotency_save.body)
$$;

CREATE FUNCTION idempotency_purge() RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM idempotency_key WHERE expires_at < now()
$$;

GRANT SELECT ON test_clock, job_kind TO app_public, app_client, app_staff, app_admin,
    app_integrator, app_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON job TO app_worker;
GRANT SELECT, UPDATE ON job TO app_admin;
GRANT SELECT, INSERT, UPDATE ON inbound_event TO app_worker;
GRANT SELECT ON inbound_event TO app_admin;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO app_public, app_client, app_staff, app_admin,
    app_integrator, app_worker;
