-- People who sign in, their sessions and refresh tokens. (Part of what identity needs; the rest of the
-- account life cycle builds on these tables.)

CREATE TABLE app_user (
    user_id       uuid PRIMARY KEY DEFAULT uuid_v7(),
    -- Normalised (NFKC, lower case) before it comes here.
    email         text NOT NULL CONSTRAINT email_taken UNIQUE CHECK (email = lower(email)),
    name          text NOT NULL,
    phone         text,
    role          text NOT NULL CHECK (role IN ('client', 'staff', 'admin')),
    password_hash text,
    time_zone     text NOT NULL DEFAULT 'Africa/Lagos',
    -- Local minutes of the day between which no reminder should arrive.
    quiet_from_min  int NOT NULL DEFAULT 1260 CHECK (quiet_from_min BETWEEN 0 AND 1439),
    quiet_until_min int NOT NULL DEFAULT 420 CHECK (quiet_until_min BETWEEN 0 AND 1439),
    disabled_at   timestamptz,
    created_at    timestamptz NOT NULL DEFAULT care_now(),
    updated_at    timestamptz NOT NULL DEFAULT care_now()
);
ALTER TABLE app_user ENABLE ROW LEVEL SECURITY;
CREATE POLICY app_user_self ON app_user FOR SELECT TO app_client USING (user_id = actor_id());
CREATE POLICY app_user_staff ON app_user FOR SELECT TO app_staff USING (true);
CREATE POLICY app_user_admin ON app_user TO app_admin USING (true);
CREATE POLICY app_user_worker ON app_user TO app_worker USING (true);

CREATE TABLE session (
    session_id          uuid PRIMARY KEY DEFAULT uuid_v7(),
    user_id             uuid NOT NULL REFERENCES app_user,
    created_at          timestamptz NOT NULL DEFAULT now(),
    last_used_at        timestamptz NOT NULL DEFAULT now(),
    idle_expires_at     timestamptz NOT NULL,
    absolute_expires_at timestamptz NOT NULL,
    -- The newest refresh token's place in the chain; children are derived from it.
    generation          int NOT NULL DEFAULT 0,
    revoked_at          timestamptz,
    revoked_reason      text
);
CREATE INDEX session_of_user ON session (user_id);
ALTER TABLE session ENABLE ROW LEVEL SECURITY;
CREATE POLICY session_self ON session FOR SELECT TO app_client USING (user_id = actor_id());
CREATE POLICY session_admin ON session TO app_admin USING (true);
CREATE POLICY session_worker ON session TO app_worker USING (true);

CREATE TABLE refresh_token (
    token_sha256 text PRIMARY KEY,
    session_id   uuid NOT NULL REFERENCES session ON DELETE CASCADE,
    generation   int NOT NULL,
    used_at      timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (session_id, generation)
);
ALTER TABLE refresh_token ENABLE ROW LEVEL SECURITY;
CREATE POLICY refresh_token_worker ON refresh_token TO app_worker USING (true);

GRANT SELECT (user_id, email, name, phone, role, time_zone, quiet_from_min, quiet_until_min,
    disabled_at, created_at, updated_at) ON app_user TO app_client, app_staff, app_admin;
GRANT SELECT, INSERT, UPDATE ON app_user TO app_worker;
GRANT SELECT ON session TO app_client, app_admin;
GRANT SELECT, INSERT, UPDATE, DELETE ON session, refresh_token TO app_worker;
