package participanttest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/internal/conform"

	"parley/participants/sqlite"

	"github.com/nats-io/nats.go"

	"parley/participants"
	"parley/wire"
	"parley/wire/txwire"
)

// Isolate checks that a journal's groups do not spread the failure of one
// branch to others. connect is as in [Fixture].
func Isolate(t *testing.T, connect func(testing.TB) *nats.Conn) {
	for _, what := range []string{
		fail, panics, cancelled, orRollback, raiseRollback, deferredKey, endsTransaction, usesOldTx, badDetail, hugeDetail,
	} {
		t.Run("prepare/"+what, func(t *testing.T) { newIsolation(t, connect).prepares(what) })
	}
	for _, what := range []string{fail, panics, cancelled, orRollback, raiseRollback, deferredKey, endsTransaction} {
		t.Run("commit/"+what, func(t *testing.T) { newIsolation(t, connect).outcomes("commit-" + what) })
		t.Run("abort/"+what, func(t *testing.T) { newIsolation(t, connect).outcomes("abort-" + what) })
	}
	t.Run("Several", func(t *testing.T) { newIsolation(t, connect).several() })
	t.Run("Harmless", func(t *testing.T) { newIsolation(t, connect).harmless() })
	t.Run("RefusesAfterWriting", func(t *testing.T) { newIsolation(t, connect).refusesAfterWriting() })
	t.Run("LocalWrites", func(t *testing.T) { newIsolation(t, connect).localWrites() })
}

// isolation is a harness with a faulty resource.
type isolation struct {
	*harness
	r *faulty
}

func newIsolation(t *testing.T, connect func(testing.TB) *nats.Conn) *isolation {
	r := newFaulty()
	return &isolation{r: r, harness: newHarness(t, Fixture{
		Connect:  connect,
		Resource: func() participants.Resource[*sqlite.Tx] { return r },
		Yes:      payload(behave),
		Totals: func(ctx context.Context, tx *sqlite.Tx) (held, taken int, err error) {
			err = tx.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE state='held'), count(*) FILTER (WHERE state='taken') FROM notes`).Scan(&held, &taken)
			return held, taken, err
		},
	}, 0)}
}

// grouped makes n messages one group: the committer is blocked while send sends them.
func (s *isolation) grouped(n int, send func()) {
	s.t.Helper()
	id := s.NewID()
	s.Send(txwire.KindPrepare, id, wire.Encode(s.PrepareOf("gate-"+id.String(), payload(gate))))
	<-s.r.entered
	send()
	s.await(func() bool { return s.p.Counts().Queued == n })
	s.r.gate <- struct{}{}
	s.Vote(id)
}

// await polls a condition.
func (s *isolation) await(done func() bool) {
	s.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !done(); <-tick.C {
		if time.Now().After(end) {
			s.t.Fatal("the condition did not become true")
		}
	}
}

// collect reads the answers about the branches in want, and checks that there are no
// others and that each is positive.
func (s *isolation) collect(want []txwire.ID) {
	s.t.Helper()
	missing := make(map[txwire.ID]bool)
	for _, id := range want {
		missing[id] = true
	}
	for range want {
		kind, id, data := s.Next()
		if !missing[id] {
			s.t.Fatalf("unexpected %s of %s: %s", kind, id, data)
		}
		delete(missing, id)
		if kind == txwire.KindAck {
			a, err := wire.Decode[txwire.Ack](data)
			if s.Must(err); a.Code != "" {
				s.t.Errorf("ack of %s is %+v", id, a)
			}
			continue
		}
		v, err := wire.Decode[txwire.Vote](data)
		if s.Must(err); !v.Yes {
			s.t.Errorf("vote on %s is %+v", id, v)
		}
	}
}

const (
	groupSize = 9
	failingAt = 4
)

// prepares sends one failing prepare among good ones.
func (s *isolation) prepares(what string) {
	var good []txwire.ID
	var failing txwire.ID
	s.grouped(groupSize, func() {
		for i := range groupSize {
			id, p := s.NewID(), payload(behave)
			if i == failingAt {
				failing, p = id, payload(what)
			} else {
				good = append(good, id)
			}
			s.Send(txwire.KindPrepare, id, wire.Encode(s.PrepareOf("k-"+id.String(), p)))
		}
	})
	s.collect(good)
	probe, journal := s.Prepared("probe")
	s.WantTotals(groupSize+1, 0)
	for _, id := range good {
		s.State(id, txwire.BranchPrepared)
	}
	if b := s.Branches(txwire.BranchQuery{ID: failing}); len(b.Branches) != 0 {
		s.t.Errorf("the failing branch left %+v", b.Branches)
	}
	if n := s.p.Counts().Failures; n != 1 {
		s.t.Errorf("%d failures were counted, want 1", n)
	}
	// The failing op is known immediately, unless COMMIT failed.
	if n := s.p.Counts().Regroups; n != 1 && what != deferredKey {
		s.t.Errorf("groups were repeated %d times, want once", n)
	}
	s.Commit(probe, journal)
	// Sent again without the fault, it is like any other.
	s.r.healed.Store(true)
	if v := s.Prepare(failing, s.PrepareOf("k-"+failing.String(), payload(what))); !v.Yes {
		s.t.Errorf("vote is %+v", v)
	}
	s.WantTotals(groupSize+1, 1)
}

// outcomes sends one failing outcome among good ones.
func (s *isolation) outcomes(what string) {
	var ids []txwire.ID
	var journal string
	for i := range groupSize {
		id, p := s.NewID(), payload(behave)
		if i == failingAt {
			p = payload(what)
		}
		v := s.Prepare(id, s.PrepareOf("k-"+id.String(), p))
		journal = v.Journal
		ids = append(ids, id)
	}
	failing := ids[failingAt]
	good := append(append([]txwire.ID(nil), ids[:failingAt]...), ids[failingAt+1:]...)
	kind, outcome := txwire.KindCommit, func(txwire.ID) []byte {
		return wire.Encode(txwire.Commit{V: wire.Version, Journal: journal, DecideBy: conform.Later()})
	}
	if strings.HasPrefix(what, "abort-") {
		kind, outcome = txwire.KindAbort, func(id txwire.ID) []byte { return wire.Encode(s.AbortOf("k-"+id.String(), journal, true)) }
	}
	s.grouped(groupSize, func() {
		for _, id := range ids {
			s.Send(kind, id, outcome(id))
		}
	})
	s.collect(good)
	s.Prepared("probe")
	s.State(failing, txwire.BranchPrepared)
	if b := s.Branches(txwire.BranchQuery{ID: failing}).Branches; len(b) != 1 || b[0].Error == "" || b[0].Tries == 0 {
		s.t.Errorf("the failing branch is listed as %+v, want its error and tries", b)
	}
	if n := s.p.Counts().Regroups; n != 1 && !strings.HasSuffix(what, deferredKey) {
		s.t.Errorf("groups were repeated %d times, want once", n)
	}
	s.r.healed.Store(true)
	s.Send(kind, failing, outcome(failing))
	s.collect([]txwire.ID{failing})
	if kind == txwire.KindCommit {
		s.WantTotals(2, groupSize)
	} else {
		s.WantTotals(2, 0)
	}
}

// several sends failing messages of all kinds in one group.
func (s *isolation) several() {
	kinds := []string{fail, behave, orRollback, deferredKey, behave, panics, raiseRollback, behave, deferredKey, cancelled, badDetail, behave}
	var good []txwire.ID
	s.grouped(len(kinds), func() {
		for _, what := range kinds {
			id := s.NewID()
			if what == behave {
				good = append(good, id)
			}
			s.Send(txwire.KindPrepare, id, wire.Encode(s.PrepareOf("k-"+id.String(), payload(what))))
		}
	})
	s.collect(good)
	s.await(func() bool { return s.p.Counts().Queued == 0 })
	s.Prepared("probe")
	s.WantTotals(len(good)+2, 0)
}

// harmless does unusual things that are allowed.
func (s *isolation) harmless() {
	var ids []txwire.ID
	s.grouped(4, func() {
		for _, what := range []string{leaksRows, swallows, leaksRows, behave} {
			id := s.NewID()
			ids = append(ids, id)
			s.Send(txwire.KindPrepare, id, wire.Encode(s.PrepareOf("k-"+id.String(), payload(what))))
		}
	})
	s.collect(ids)
	s.WantTotals(5, 0)
	if n := s.p.Counts().Regroups; n != 0 {
		s.t.Errorf("%d groups were repeated, want none", n)
	}
}

// refusesAfterWriting checks that the writes are undone and the refusal is durable.
func (s *isolation) refusesAfterWriting() {
	for range 2 {
		var good []txwire.ID
		refused := make(map[txwire.ID]bool)
		s.grouped(6, func() {
			for i := range 6 {
				id, p := s.NewID(), payload(behave)
				if i%2 == 0 {
					refused[id], p = true, payload(refusesLate)
				} else {
					good = append(good, id)
				}
				s.Send(txwire.KindPrepare, id, wire.Encode(s.PrepareOf("k-"+id.String(), p)))
			}
		})
		for range 6 {
			_, id, data := s.Next()
			v, err := wire.Decode[txwire.Vote](data)
			if s.Must(err); v.Yes == refused[id] || v.Yes == v.Closed {
				s.t.Errorf("vote on %s is %+v", id, v)
			}
		}
		for _, id := range good {
			s.State(id, txwire.BranchPrepared)
		}
	}
	s.WantTotals(2+6, 0)
}

// localWrites checks that local writes among failing branches are done once each, or not at all.
func (s *isolation) localWrites() {
	const writes = 5
	add := func(ctx context.Context, tx *sqlite.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE tally SET n=n+1")
		return err
	}
	errNo := fmt.Errorf("no")
	ended := make(chan error, writes+1)
	s.grouped(writes+3, func() {
		for range writes {
			go func() { ended <- s.p.Write(s.t.Context(), add) }()
		}
		go func() {
			ended <- s.p.Write(s.t.Context(), func(ctx context.Context, tx *sqlite.Tx) error {
				_ = add(ctx, tx)
				return errNo
			})
		}()
		for _, what := range []string{deferredKey, fail} {
			id := s.NewID()
			s.Send(txwire.KindPrepare, id, wire.Encode(s.PrepareOf("k-"+id.String(), payload(what))))
		}
	})
	refused := 0
	for range writes + 1 {
		switch err := <-ended; err {
		case nil:
		case errNo:
			refused++
		default:
			s.t.Error(err)
		}
	}
	var n int
	s.Must(s.p.Read(s.t.Context(), func(ctx context.Context, tx *sqlite.Tx) error {
		return tx.QueryRowContext(ctx, "SELECT n FROM tally").Scan(&n)
	}))
	if n != writes || refused != 1 {
		s.t.Errorf("the tally is %d after %d writes; %d were refused, want 1", n, writes, refused)
	}
}
