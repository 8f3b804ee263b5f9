-- Saved answers for Idempotency-Key; the functions stand in migration 0001.

-- name: idempotency_begin :one
SELECT idempotency_begin(:principal, :operation, :key, :request_sha256);

-- name: idempotency_save :exec
SELECT idempotency_save(:principal, :operation, :key, :request_sha256, :status::int,
    :content_type, :headers::json, :body);

-- name: idempotency_purge :exec
SELECT idempotency_purge();
