-- What the tests of lib/data ask for, beside the product's own tables.
-- A schema of its own, because a constraint's index may not share its name with another's.
CREATE SCHEMA probe;
GRANT USAGE ON SCHEMA probe TO app_public, app_client, app_staff, app_admin, app_integrator,
    app_worker, care_api;
CREATE TABLE probe.probe (
    probe_id  int PRIMARY KEY,
    owner_id  uuid,
    small     int CHECK (small < 100),
    needed    text NOT NULL DEFAULT 'x',
    parent_id int REFERENCES probe.probe,
    CONSTRAINT slot_taken UNIQUE (owner_id),
    CONSTRAINT booking_exists UNIQUE (small) DEFERRABLE INITIALLY DEFERRED
);
ALTER TABLE probe.probe ENABLE ROW LEVEL SECURITY;
CREATE POLICY probe_own ON probe.probe TO app_client USING (owner_id = actor_id());
CREATE POLICY probe_all ON probe.probe TO app_admin, app_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON probe.probe TO app_client, app_admin, app_worker;

CREATE FUNCTION probe.probe_fail(what text) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    found int;
BEGIN
    CASE what
        WHEN 'raise' THEN RAISE EXCEPTION 'slot_unavailable' USING DETAIL = 'Try Tuesday.';
        WHEN 'raise unknown' THEN RAISE EXCEPTION 'no such problem';
        WHEN 'unique' THEN INSERT INTO probe.probe (probe_id, owner_id)
            SELECT n, '00000000-0000-7000-8000-000000000001' FROM generate_series(901, 902) AS n;
        WHEN 'unnamed unique' THEN INSERT INTO probe.probe (probe_id) SELECT 903 FROM generate_series(1, 2);
        WHEN 'check' THEN INSERT INTO probe.probe (probe_id, small) VALUES (904, 1000);
        WHEN 'null' THEN INSERT INTO probe.probe (probe_id, needed) VALUES (905, NULL);
        WHEN 'parent' THEN INSERT INTO probe.probe (probe_id, parent_id) VALUES (906, 999999);
        WHEN 'strict' THEN SELECT probe_id INTO STRICT found FROM probe.probe WHERE probe_id = -1;
        WHEN 'text' THEN PERFORM 'secret words'::uuid;
        WHEN 'timeout' THEN PERFORM pg_sleep(30);
        ELSE RAISE EXCEPTION 'made up' USING ERRCODE = what;
    END CASE;
    RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION probe.probe_fail TO app_client, app_admin, app_worker;

-- Every odd call ends its own connection. A sequence remembers what a transaction forgets.
CREATE SEQUENCE probe.deaths;
CREATE FUNCTION probe.probe_die() RETURNS json LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF nextval('probe.deaths') % 2 = 1 THEN
        PERFORM pg_terminate_backend(pg_backend_pid());
        PERFORM pg_sleep(5);
    END IF;
    RETURN json_build_object('calls', currval('probe.deaths'));
END $$;
GRANT EXECUTE ON FUNCTION probe.probe_die TO app_admin;
