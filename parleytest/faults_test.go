package parleytest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"parley/coordinator/txclient"
	"parley/parleytest"
	"parley/participants"
	"parley/participants/sqlite"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// seats is a resource that counts the branches in each state.
type seats struct{}

func (seats) Migrate(ctx context.Context, tx *sqlite.Tx) error {
	_, err := tx.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS seats (id TEXT PRIMARY KEY, sold INTEGER NOT NULL)")
	return err
}

func (seats) Prepare(ctx context.Context, tx *sqlite.Tx, b participants.Branch) (json.RawMessage, error) {
	_, err := tx.ExecContext(ctx, "INSERT INTO seats VALUES (?,0)", b.ID.String())
	return nil, err
}

func (seats) Commit(ctx context.Context, tx *sqlite.Tx, b participants.Branch) error {
	_, err := tx.ExecContext(ctx, "UPDATE seats SET sold=1 WHERE id=?", b.ID.String())
	return err
}

func (seats) Abort(ctx context.Context, tx *sqlite.Tx, b participants.Branch) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM seats WHERE id=?", b.ID.String())
	return err
}

const (
	stalls   = "stalls"
	patience = time.Minute
)

// theatre is a system with one participant.
type theatre struct {
	*parleytest.System
	t      *testing.T
	client *txclient.Client
	stalls *parleytest.Process
	seats  *participants.Participant[*sqlite.Tx] // of the last start
}

func newTheatre(t *testing.T, opts ...parleytest.Option) *theatre {
	th := &theatre{System: parleytest.Start(t, opts...), t: t}
	th.client = th.Client(t)
	path := filepath.Join(t.TempDir(), "stalls.db")
	th.stalls = th.Run(t, stalls, func(nc *nats.Conn) (_ parleytest.Role, err error) {
		th.seats, err = participants.New(participants.Config{Name: stalls, Log: th.Logger()}, participants.Deps{NATS: nc}, sqlite.File(path), seats{})
		return th.seats, err
	})
	return th
}

// submit submits a transaction while the test breaks something.
func (th *theatre) submit(key string) <-chan txwire.Outcome {
	answer := make(chan txwire.Outcome, 1)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	th.t.Cleanup(cancel)
	go func() {
		o, err := th.client.Submit(ctx, txclient.Request{Key: key, Branches: []txwire.Branch{{Participant: stalls, Payload: json.RawMessage("1")}}})
		if err != nil {
			th.t.Errorf("submitting %s: %v", key, err)
		}
		answer <- o
	}()
	return answer
}

func (th *theatre) want(o txwire.Outcome, status txwire.Status) {
	th.t.Helper()
	if o.Status != status {
		th.t.Fatalf("the outcome is %+v, want %s", o, status)
	}
}

// sold compares the seats that are sold and reserved.
func (th *theatre) sold(sold, reserved int) {
	th.t.Helper()
	th.AwaitSettled(th.t, stalls)
	err := th.seats.Read(th.t.Context(), func(ctx context.Context, tx *sqlite.Tx) error {
		var s, r int
		err := tx.QueryRowContext(ctx, "SELECT count(*) FILTER (WHERE sold=1), count(*) FILTER (WHERE sold=0) FROM seats").Scan(&s, &r)
		if s != sold || r != reserved {
			th.t.Errorf("%d seats are sold and %d reserved, want %d and %d", s, r, sold, reserved)
		}
		return err
	})
	if err != nil {
		th.t.Fatal(err)
	}
}

func happens(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatal("it did not happen: " + what)
	}
}

// Every message of a commit may be lost once: it is repeated.
func TestLose(t *testing.T) {
	th := newTheatre(t)
	for n, kind := range []parleytest.Kind{parleytest.Prepare, parleytest.Vote, parleytest.Commit, parleytest.Ack} {
		for who, p := range map[string]*parleytest.Process{stalls: th.stalls, "coordinator": th.Coordinators[0]} {
			lost := p.Lose(kind)
			o := <-th.submit(string(kind) + "-at-" + who)
			happens(t, string(kind)+" is lost at "+who, lost)
			th.want(o, txwire.StatusCommitted)
		}
		th.sold(2*(n+1), 0)
	}
	lost := th.Coordinators[0].Lose(parleytest.Record)
	o := <-th.submit("record")
	happens(t, "a record is lost", lost)
	th.want(o, txwire.StatusCommitted)
	th.sold(9, 0)
}

// A participant that dies at any message of a commit knows afterwards what it did.
func TestKillParticipant(t *testing.T) {
	for name, kill := range map[string]func(*parleytest.Process) <-chan struct{}{
		"prepared":     func(p *parleytest.Process) <-chan struct{} { return p.KillBefore(parleytest.Vote) },
		"voted":        func(p *parleytest.Process) <-chan struct{} { return p.KillAfter(parleytest.Vote) },
		"before":       func(p *parleytest.Process) <-chan struct{} { return p.KillBefore(parleytest.Prepare) },
		"acknowledges": func(p *parleytest.Process) <-chan struct{} { return p.KillBefore(parleytest.Ack) },
	} {
		t.Run(name, func(t *testing.T) {
			th := newTheatre(t)
			dead := kill(th.stalls)
			answer := th.submit(name)
			happens(t, "it dies", dead)
			th.stalls.Start()
			o := <-answer
			if o.Status == txwire.StatusAborted && name == "before" {
				th.sold(0, 0)
				return
			}
			th.want(o, txwire.StatusCommitted)
			th.sold(1, 0)
		})
	}
}

// Whoever adopts the log of a dead coordinator finishes its transaction.
func TestKillCoordinator(t *testing.T) {
	th := newTheatre(t, parleytest.Coordinators(2))
	first, second := th.Coordinators[0], th.Coordinators[1]
	second.Stop()
	dead := first.KillAfter(parleytest.Record)
	answer := th.submit("k")
	happens(t, "the coordinator dies", dead)
	second.Start()
	th.want(<-answer, txwire.StatusCommitted)
	th.sold(1, 0)
}

// The client of an isolated coordinator gets its answer from another one, which seals
// the log of the first.
func TestIsolateCoordinator(t *testing.T) {
	th := newTheatre(t, parleytest.Coordinators(2))
	first, second := th.Coordinators[0], th.Coordinators[1]
	second.Stop()
	lost := first.Lose(parleytest.Vote)
	answer := th.submit("k")
	happens(t, "the vote is lost", lost)
	first.Isolate()
	second.Start()
	th.want(<-answer, txwire.StatusCommitted)
	first.Heal()
	th.sold(1, 0)
}

func TestRestartBroker(t *testing.T) {
	th := newTheatre(t, parleytest.Coordinators(2))
	th.want(<-th.submit("before"), txwire.StatusCommitted)
	th.RestartBroker(t)
	o := <-th.submit("after")
	th.want(o, txwire.StatusCommitted)
	if again := th.AwaitOutcome(t, o.ID); again.Status != txwire.StatusCommitted {
		t.Errorf("the outcome is %+v, want committed", again)
	}
	th.sold(2, 0)
	if id, err := th.IDs(t).Next(t.Context()); err != nil || id == 0 {
		t.Errorf("the ID is %v with %v", id, err)
	}
}

// A process that was stopped leaves and returns in good order.
func TestStop(t *testing.T) {
	th := newTheatre(t)
	for _, p := range []*parleytest.Process{th.stalls, th.Coordinators[0], th.IDWorkers[0]} {
		p.Stop()
		p.Start()
	}
	th.want(<-th.submit("k"), txwire.StatusCommitted)
	th.sold(1, 0)
}

// fails runs f with a test that f fails, and returns with what.
func fails(t *testing.T, f func(testing.TB)) string {
	t.Helper()
	failed := &failing{TB: t}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f(failed)
	}()
	<-ended
	if failed.why == "" {
		t.Error("the test passes, and must not")
	}
	return failed.why
}

type failing struct {
	testing.TB
	why string
}

func (f *failing) Fatalf(format string, args ...any) {
	f.why = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// What does not settle is named.
func TestAwaitReports(t *testing.T) {
	th := newTheatre(t, parleytest.Patience(time.Second))
	dead := th.stalls.KillBefore(parleytest.Commit)
	o := <-th.submit("k")
	happens(t, "it dies", dead)
	if why := fails(t, func(t testing.TB) { th.AwaitSettled(t) }); !strings.Contains(why, "1 unfinished") || !strings.Contains(why, o.ID.String()) {
		t.Errorf("the failure is %q, want the unfinished transaction %s", why, o.ID)
	}
	if why := fails(t, func(t testing.TB) { th.AwaitSettled(t, stalls) }); !strings.Contains(why, stalls) {
		t.Errorf("the failure is %q, want the dead participant", why)
	}
	never := txwire.ID{Log: o.ID.Log, N: o.ID.N + 100}
	if why := fails(t, func(t testing.TB) { th.AwaitOutcome(t, never) }); !strings.Contains(why, never.String()) {
		t.Errorf("the failure is %q, want %s", why, never)
	}
}
