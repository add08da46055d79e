package participants_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"path/filepath"
	"time"

	"parley/participants/sqlite"

	"parley/coordinator/txclient"
	"parley/parleytest"
	"parley/participants"
	"parley/test/examples"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// tickets is a resource: ten tickets, of which a branch reserves some, and takes them
// or gives them back.
type tickets struct{}

func (tickets) Migrate(ctx context.Context, tx *sqlite.Tx) error {
	if _, err := tx.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS tickets (free INTEGER NOT NULL)"); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO tickets SELECT 10 WHERE NOT EXISTS (SELECT 1 FROM tickets)")
	return err
}

// Prepare reserves: what it writes is in the transaction that makes the vote durable.
func (tickets) Prepare(ctx context.Context, tx *sqlite.Tx, b participants.Branch) (json.RawMessage, error) {
	var wanted, free int
	if err := json.Unmarshal(b.Payload, &wanted); err != nil || wanted < 1 {
		return nil, participants.Refuse("the payload is no number of tickets")
	}
	if err := tx.QueryRowContext(ctx, "SELECT free FROM tickets").Scan(&free); err != nil {
		return nil, err
	}
	if free < wanted {
		return nil, participants.Refuse("%d tickets are left", free)
	}
	_, err := tx.ExecContext(ctx, "UPDATE tickets SET free=free-?", wanted)
	return nil, err
}

// Commit has nothing to do: the tickets are gone already.
func (tickets) Commit(context.Context, *sqlite.Tx, participants.Branch) error { return nil }

func (tickets) Abort(ctx context.Context, tx *sqlite.Tx, b participants.Branch) error {
	_, err := tx.ExecContext(ctx, "UPDATE tickets SET free=free+CAST(? AS INTEGER)", string(b.Payload))
	return err
}

// A participant takes part in transactions with any others.
func Example() {
	t := examples.New() // in a test, its *testing.T
	defer t.End()
	sys := parleytest.Start(t) // a broker and a coordinator; else natsconn.Connect
	sys.Run(t, "tickets", func(nc *nats.Conn) (parleytest.Role, error) {
		return participants.New(
			participants.Config{Name: "tickets", Log: sys.Logger()}, participants.Deps{NATS: nc},
			sqlite.File(filepath.Join(t.TempDir(), "tickets.db")), tickets{},
		)
	})

	client := sys.Client(t) // else txclient.New
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, wanted := range []string{"8", "8"} {
		o, err := client.Submit(ctx, txclient.Request{Branches: []txwire.Branch{{Participant: "tickets", Payload: []byte(wanted)}}})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s %q\n", o.Status, o.Reason)
	}
	// Output:
	// committed ""
	// aborted "2 tickets are left"
}
