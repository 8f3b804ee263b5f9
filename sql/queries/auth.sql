-- Signing in and out. These run as app_worker: nobody is signed in yet.

-- name: auth_user_by_email :rows
SELECT user_id, email, name, role, password_hash, disabled_at IS NOT NULL AS disabled
FROM app_user WHERE email = :email;

-- name: auth_session_create :one
INSERT INTO session (session_id, user_id, idle_expires_at, absolute_expires_at)
VALUES (:session_id::uuid, :user_id::uuid, now() + interval '30 days', now() + interval '180 days')
RETURNING json_build_object('session_id', session_id);

-- name: auth_refresh_create :exec
INSERT INTO refresh_token (token_sha256, session_id, generation)
VALUES (:token_sha256, :session_id::uuid, :generation::int);

-- name: auth_refresh_lock :exec
-- Parallel refreshes of one token go one after the other; what they find is read after the lock.
SELECT FROM session AS s JOIN refresh_token AS t USING (session_id)
WHERE t.token_sha256 = :token_sha256 FOR UPDATE OF s;

-- name: auth_refresh_find :rows
SELECT t.session_id, t.generation, s.generation AS newest,
    t.used_at IS NOT NULL AS used,
    coalesce(t.used_at > now() - interval '30 s', false) AS in_grace,
    coalesce(c.used_at IS NULL, false) AS child_unused,
    s.revoked_at IS NOT NULL OR s.idle_expires_at < now() OR s.absolute_expires_at < now()
        OR u.disabled_at IS NOT NULL AS ended,
    u.user_id, u.email, u.name, u.role
FROM refresh_token AS t JOIN session AS s USING (session_id) JOIN app_user AS u USING (user_id)
    LEFT JOIN refresh_token AS c ON c.session_id = t.session_id AND c.generation = t.generation + 1
WHERE t.token_sha256 = :token_sha256;

-- name: auth_refresh_rotate :exec
WITH used AS (
    UPDATE refresh_token SET used_at = coalesce(used_at, now())
    WHERE session_id = :session_id::uuid AND generation = :generation::int),
child AS (
    INSERT INTO refresh_token (token_sha256, session_id, generation)
    VALUES (:child_sha256, :session_id::uuid, :generation::int + 1)
    ON CONFLICT DO NOTHING)
UPDATE session SET generation = greatest(generation, :generation::int + 1), last_used_at = now(),
    idle_expires_at = now() + interval '30 days'
WHERE session_id = :session_id::uuid;

-- name: auth_session_revoke :exec
UPDATE session SET revoked_at = coalesce(revoked_at, now()),
    revoked_reason = coalesce(revoked_reason, :reason)
WHERE session_id = :session_id::uuid;

-- name: auth_password_rehash :exec
UPDATE app_user SET password_hash = :password_hash WHERE user_id = :user_id::uuid
    AND password_hash = :old_hash;

-- name: me_get :one
SELECT json_build_object('user_id', user_id, 'email', email, 'name', name, 'role', role,
    'phone', phone, 'time_zone', time_zone)
FROM app_user WHERE user_id = actor_id();
