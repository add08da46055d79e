package docs_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"parley/participants"
	"parley/participants/sqlite"

	"github.com/nats-io/nats.go"
)

// seats is the resource of this service. Its table is in the journal's
// database, and each method works in the local transaction that changes the
// state of the branch.
type seats struct{}

func (seats) Migrate(ctx context.Context, tx *sqlite.Tx) error {
	_, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS seats (seat TEXT PRIMARY KEY, sold INTEGER NOT NULL)`)
	return err
}

// Prepare reserves. Refuse is a no vote with a reason; after any other error
// it is called again until the deadline.
func (seats) Prepare(ctx context.Context, tx *sqlite.Tx, b participants.Branch) (json.RawMessage, error) {
	var seat string
	if err := json.Unmarshal(b.Payload, &seat); err != nil {
		return nil, participants.Refuse("the payload is not the name of a seat")
	}
	err := tx.QueryRowContext(ctx, `SELECT seat FROM seats WHERE seat=?`, seat).Scan(new(string))
	if err == nil {
		return nil, participants.Refuse("seat %s is taken", seat)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO seats (seat,sold) VALUES (?,0)`, seat)
	return b.Payload, err // stored with the branch, passed on as Detail
}

func (seats) Commit(ctx context.Context, tx *sqlite.Tx, b participants.Branch) error {
	var seat string
	if err := json.Unmarshal(b.Detail, &seat); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE seats SET sold=1 WHERE seat=?`, seat)
	return err
}

func (seats) Abort(ctx context.Context, tx *sqlite.Tx, b participants.Branch) error {
	var seat string
	if err := json.Unmarshal(b.Detail, &seat); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM seats WHERE seat=?`, seat)
	return err
}

// run serves until ctx ends, and then drains.
func run(ctx context.Context, nc *nats.Conn, path string) error {
	p, err := participants.New(
		participants.Config{Name: "seats"},
		participants.Deps{NATS: nc},
		sqlite.File(path),
		seats{},
	)
	if err != nil {
		return err
	}
	return p.Run(ctx)
}
