package parleytest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"parley/natsconn"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

const (
	// lookAgain is how often a condition is checked without a message: what a
	// coordinator has yet to do with a message is not seen on the wire.
	lookAgain = 250 * time.Millisecond
	// lookTime bounds one check.
	lookTime = 2 * time.Second
)

// AwaitSettled waits until nothing is open: the coordinators that run hold no unfinished
// transaction, and the participants no branch in doubt. A participant that refused an
// outcome because it contradicts what it holds fails the test.
func (s *System) AwaitSettled(t testing.TB, participants ...string) {
	t.Helper()
	client := s.Client(t)
	s.await(t, txwire.ParticipantFilter(txwire.KindAck, "*"), func(ctx context.Context) string {
		for _, name := range participants {
			b, err := client.Branches(ctx, name, txwire.BranchQuery{})
			switch {
			case err != nil:
				return fmt.Sprintf("%s: %v", name, err)
			case len(b.Violations) > 0:
				t.Fatalf("parleytest: %s cannot apply an outcome: %+v", name, b.Violations)
			case b.Prepared > 0:
				return fmt.Sprintf("%s has %d branches in doubt: %+v", name, b.Prepared, b.Branches)
			}
		}
		return s.unfinished(ctx)
	})
}

// AwaitOutcome waits until a transaction is committed or aborted.
func (s *System) AwaitOutcome(t testing.TB, id txwire.ID) (o txwire.Outcome) {
	t.Helper()
	client := s.Client(t)
	s.await(t, txwire.Filter(id), func(ctx context.Context) string {
		var err error
		if o, err = client.Status(ctx, id); err != nil {
			return fmt.Sprintf("%s: %v", id, err)
		}
		if o.Status == txwire.StatusCommitted || o.Status == txwire.StatusAborted {
			return ""
		}
		return fmt.Sprintf("%s is %s", id, o.Status)
	})
	return o
}

// unfinished asks the coordinators that run what they hold.
func (s *System) unfinished(ctx context.Context) (what string) {
	missing := 0
	for _, p := range s.Coordinators {
		if p.running() {
			missing++
		}
	}
	if missing == 0 {
		return "no coordinator is running"
	}
	request := txwire.CoordinatorsRequest{V: wire.Version}
	err := natsconn.Gather(ctx, s.nc, txwire.SubjectCoordinators, wire.Encode(request), func(m *nats.Msg) bool {
		c, err := wire.Decode[txwire.CoordinatorState](m.Data)
		if err != nil {
			what = err.Error()
		} else if c.Undecided+c.Unfinished+len(c.Adopted) > 0 {
			what = fmt.Sprintf("the coordinator %s has %d transactions undecided, %d unfinished and the logs %v of others: %+v", c.Log, c.Undecided, c.Unfinished, c.Adopted, c.Txs)
		}
		missing--
		return missing > 0
	})
	switch {
	case err != nil:
		return fmt.Sprintf("asking the coordinators: %v", err)
	case missing > 0 && what == "":
		return fmt.Sprintf("%d coordinators do not answer", missing)
	default:
		return what
	}
}

// await calls unfinished at each message on a subject until it returns nothing.
func (s *System) await(t testing.TB, subject string, unfinished func(context.Context) string) {
	t.Helper()
	message := make(chan struct{}, 1)
	sub, err := s.nc.Subscribe(subject, func(*nats.Msg) {
		select {
		case message <- struct{}{}:
		default: // what it announces has not been looked at yet
		}
	})
	if err != nil {
		t.Fatalf("parleytest: %v", err)
	}
	defer func() { _ = sub.Unsubscribe() }() // it fails only on a closed connection
	again, end := time.NewTicker(lookAgain), time.After(s.patience)
	defer again.Stop()
	for {
		ctx, cancel := context.WithTimeout(context.Background(), lookTime)
		what := unfinished(ctx)
		cancel()
		if what == "" {
			return
		}
		select {
		case <-message:
		case <-again.C:
		case <-end:
			t.Fatalf("parleytest: after %v: %s", s.patience, what)
		}
	}
}
