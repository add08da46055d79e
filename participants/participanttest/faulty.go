package participanttest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"parley/participants/sqlite"

	"parley/participants"
)

// faulty is a resource that stores a note per branch and, until it is healed, fails in
// the way that the payload requests.
type faulty struct {
	healed atomic.Bool
	// entered receives a value when a payload "gate" is reached, which then waits for
	// the channel gate.
	entered, gate chan struct{}
	kept          *sqlite.Tx
}

func newFaulty() *faulty {
	return &faulty{entered: make(chan struct{}, 1), gate: make(chan struct{})}
}

// The faults that a payload can request, in Prepare unless the name is prefixed with
// "commit-" or "abort-".
const (
	behave          = "behave"
	gate            = "gate"
	fail            = "fail"
	panics          = "panic"
	cancelled       = "cancelled"
	orRollback      = "or-rollback"
	raiseRollback   = "raise-rollback"
	deferredKey     = "deferred-key"
	endsTransaction = "ends-transaction"
	usesOldTx       = "uses-old-tx"
	badDetail       = "bad-detail"
	hugeDetail      = "huge-detail"
	leaksRows       = "leaks-rows"
	swallows        = "swallows"
	refusesLate     = "refuses-late"
)

func payload(do string) json.RawMessage {
	b, _ := json.Marshal(map[string]string{"do": do}) // a map of strings cannot fail
	return b
}

func (*faulty) Migrate(ctx context.Context, tx *sqlite.Tx) error {
	for _, q := range []string{
		`CREATE TABLE IF NOT EXISTS notes (tx TEXT PRIMARY KEY, state TEXT NOT NULL)`,
		`CREATE TABLE IF NOT EXISTS parents (id INTEGER PRIMARY KEY)`,
		`CREATE TABLE IF NOT EXISTS children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents(id) DEFERRABLE INITIALLY DEFERRED)`,
		`CREATE TABLE IF NOT EXISTS tally (n INTEGER NOT NULL)`,
		`DELETE FROM tally`,
		`INSERT INTO tally VALUES (0)`,
	} {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

func (r *faulty) Prepare(ctx context.Context, tx *sqlite.Tx, b participants.Branch) (json.RawMessage, error) {
	if _, err := tx.ExecContext(ctx, "INSERT INTO notes (tx,state) VALUES (?,'held')", b.ID.String()); err != nil {
		return nil, err
	}
	return r.act(ctx, tx, do(b))
}

func (r *faulty) Commit(ctx context.Context, tx *sqlite.Tx, b participants.Branch) error {
	return r.settle(ctx, tx, b, "taken", "commit-")
}

func (r *faulty) Abort(ctx context.Context, tx *sqlite.Tx, b participants.Branch) error {
	return r.settle(ctx, tx, b, "given back", "abort-")
}

func (r *faulty) settle(ctx context.Context, tx *sqlite.Tx, b participants.Branch, state, when string) error {
	n, err := sqlite.Changed(tx.ExecContext(ctx, "UPDATE notes SET state=? WHERE tx=? AND state='held'", state, b.ID.String()))
	if err != nil || n != 1 {
		return errors.Join(err, fmt.Errorf("%d notes of %s were held", n, b.ID))
	}
	if what, ok := strings.CutPrefix(do(b), when); ok {
		_, err = r.act(ctx, tx, what)
	}
	return err
}

func do(b participants.Branch) string {
	var p struct {
		Do string `json:"do"`
	}
	_ = json.Unmarshal(b.Payload, &p) // without a request it does not fail
	return p.Do
}

// act performs the requested fault.
func (r *faulty) act(ctx context.Context, tx *sqlite.Tx, what string) (json.RawMessage, error) {
	if what == gate {
		r.entered <- struct{}{}
		<-r.gate
		return nil, nil
	}
	if r.healed.Load() {
		return nil, nil
	}
	exec := func(q string) error { _, err := tx.ExecContext(ctx, q); return err }
	switch what {
	case fail:
		return nil, errors.New("failed as requested")
	case panics:
		panic("panicked as requested")
	case cancelled:
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		_, err := tx.ExecContext(ctx, "UPDATE tally SET n=n+1000")
		return nil, err
	case orRollback:
		// This ends the whole transaction; the resource ignores that and continues
		// to write.
		_ = exec("INSERT OR ROLLBACK INTO tally SELECT NULL")
		_ = exec("INSERT INTO notes (tx,state) VALUES ('after the rollback','')")
	case raiseRollback:
		_ = exec("INSERT OR ROLLBACK INTO tally SELECT NULL")
	case deferredKey:
		return nil, exec("INSERT INTO children (parent) VALUES (4711)")
	case endsTransaction:
		for _, q := range []string{"COMMIT", "end", "ROLLBACK", "/* x */ SAVEPOINT s", "RELEASE branch", "SELECT 1; COMMIT", "PRAGMA journal_mode=OFF", "DROP TABLE notes"} {
			if exec(q) == nil {
				return nil, fmt.Errorf("%s was executed", q)
			}
		}
		return nil, errors.New("tried to end the transaction as requested")
	case usesOldTx:
		if old := r.kept; old != nil {
			_, err := old.ExecContext(ctx, "UPDATE tally SET n=n+1000")
			return nil, err
		}
		r.kept = tx
		return nil, errors.New("keeps the transaction for later as requested")
	case badDetail:
		return json.RawMessage(`{"not":`), nil
	case hugeDetail:
		return json.RawMessage(`"` + strings.Repeat("x", 2000) + `"`), nil
	case leaksRows:
		rows, err := tx.QueryContext(ctx, "SELECT tx FROM notes")
		if err == nil {
			rows.Next()
		}
		return nil, err
	case swallows:
		// A constraint violation that the resource ignores is not a failure.
		_ = exec("INSERT INTO tally SELECT NULL")
	case refusesLate:
		return nil, participants.Refuse("refused after writing")
	}
	return nil, nil
}
