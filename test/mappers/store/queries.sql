-- name: OpenAccount :exec
INSERT INTO accounts (name, cents, reserved) VALUES (?, ?, 0) ON CONFLICT DO NOTHING;

-- name: GetAccount :one
SELECT * FROM accounts WHERE name = ?;

-- name: Reserve :execrows
UPDATE accounts SET reserved = reserved + sqlc.arg(amount) WHERE name = sqlc.arg(name) AND cents - reserved >= sqlc.arg(amount);

-- name: Pay :execrows
UPDATE accounts SET reserved = reserved - sqlc.arg(amount), cents = cents - sqlc.arg(amount) WHERE name = sqlc.arg(name);

-- name: Release :execrows
UPDATE accounts SET reserved = reserved - sqlc.arg(amount) WHERE name = sqlc.arg(name);
