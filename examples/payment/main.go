// Payment is a service of its own in a transaction with others: it reserves money on an
// account when it is asked to prepare, and takes or releases it with the outcome.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"log"
	"os/signal"
	"syscall"

	"parley/natsconn"
	"parley/participants"
	"parley/participants/sqlite"
)

func main() {
	url := flag.String("nats", "nats://127.0.0.1:4222", "address of NATS")
	file := flag.String("db", "payment.db", "SQLite file of the accounts and the journal")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	nc, err := natsconn.Connect(ctx, natsconn.Options{URL: *url, Name: "payment"})
	if err != nil {
		log.Fatal(err)
	}
	p, err := participants.New(participants.Config{Name: "payment"}, participants.Deps{NATS: nc}, sqlite.File(*file), accounts{})
	if err == nil {
		err = p.Run(ctx) // until ctx ends; then it drains
	}
	if nc.Close(); err != nil {
		log.Fatal(err)
	}
}

type payment struct {
	Account string `json:"account"`
	Cents   int64  `json:"cents"`
}

// accounts implements [participants.Resource]. Each method works in the transaction that
// also changes the state of the branch.
type accounts struct{}

func (accounts) Migrate(ctx context.Context, tx *sqlite.Tx) error {
	_, err := tx.ExecContext(ctx, `
		CREATE TABLE IF NOT EXISTS accounts (name TEXT PRIMARY KEY, cents INTEGER NOT NULL, reserved INTEGER NOT NULL DEFAULT 0 CHECK (reserved BETWEEN 0 AND cents));
		INSERT INTO accounts (name, cents) VALUES ('ada', 10000), ('bob', 500) ON CONFLICT DO NOTHING`)
	return err
}

// Prepare reserves. Afterwards Commit must not fail for lack of money.
func (accounts) Prepare(ctx context.Context, tx *sqlite.Tx, b participants.Branch) (json.RawMessage, error) {
	var p payment
	if err := json.Unmarshal(b.Payload, &p); err != nil || p.Cents <= 0 {
		return nil, participants.Refuse(`a payment is {"account": "...", "cents": more than 0}`)
	}
	n, err := sqlite.Changed(tx.ExecContext(ctx, `UPDATE accounts SET reserved=reserved+?2 WHERE name=?1 AND cents-reserved>=?2`, p.Account, p.Cents))
	if err == nil && n == 0 {
		return nil, participants.Refuse("%q does not have %d cents", p.Account, p.Cents)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(p) // stored with the branch, and passed to Commit and Abort
}

func (accounts) Commit(ctx context.Context, tx *sqlite.Tx, b participants.Branch) error {
	_, err := tx.ExecContext(ctx, `UPDATE accounts SET reserved=reserved-?1->>'cents', cents=cents-?1->>'cents' WHERE name=?1->>'account'`, string(b.Detail))
	return err
}

func (accounts) Abort(ctx context.Context, tx *sqlite.Tx, b participants.Branch) error {
	_, err := tx.ExecContext(ctx, `UPDATE accounts SET reserved=reserved-?1->>'cents' WHERE name=?1->>'account'`, string(b.Detail))
	return err
}
