package participanttest

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"parley/participants/sqlite"

	"github.com/nats-io/nats.go"

	"parley/participants"
	"parley/wire"
	"parley/wire/txwire"
)

const (
	// name is that of the participant.
	name = "exercised"
	// testLog is the log of most transactions in this package.
	testLog     = "testlogtestloga2"
	digest      = "0123456789abcdef0123456789abcdef"
	otherDigest = "ffffffffffffffffffffffffffffffff"
	openSeq     = 100
	// patience bounds the wait for an expected message.
	patience = 2 * time.Minute
)

// harness is one participant, with the test as its coordinator.
type harness struct {
	t       *testing.T
	f       Fixture
	cfg     participants.Config
	path    string // of the journal
	nc      *nats.Conn
	answers *nats.Subscription
	asked   *nats.Subscription

	p    *participants.Participant[*sqlite.Tx]
	stop func()
	n    uint64
}

func newHarness(t *testing.T, f Fixture) *harness {
	s := &harness{t: t, f: f, cfg: config(t), path: filepath.Join(t.TempDir(), "journal.db"), nc: f.Connect(t)}
	Streams(t, s.nc)
	s.answers = s.subscribe("tx.*." + name + ".>")
	s.asked = s.subscribe(txwire.SubjectResolve)
	s.start()
	return s
}

func (s *harness) subscribe(subject string) *nats.Subscription {
	s.t.Helper()
	sub, err := s.nc.SubscribeSync(subject)
	s.must(err)
	s.must(s.nc.Flush())
	return sub
}

// start runs a participant until stop or the end of the test.
func (s *harness) start() {
	s.t.Helper()
	s.p = s.f.participant(s.t, s.cfg, s.path)
	s.stop = startRole(s.t, s.p)
	s.t.Cleanup(s.stop)
}

func (s *harness) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// id returns a transaction id that was not used before in this test.
func (s *harness) id() txwire.ID {
	s.n++
	return txwire.ID{Log: testLog, N: s.n}
}

func (s *harness) send(kind string, id txwire.ID, data []byte) {
	s.t.Helper()
	s.must(s.nc.Publish(txwire.Subject(kind, name, id), data))
}

func later() int64 { return time.Now().Add(time.Minute).UnixMilli() }

func prepareOf(key string, payload json.RawMessage) txwire.Prepare {
	return txwire.Prepare{V: wire.Version, Key: key, Digest: digest, DecideBy: later(), OpenSeq: openSeq, Payload: payload}
}

// prepare sends a prepare and returns the vote.
func (s *harness) prepare(id txwire.ID, m txwire.Prepare) txwire.Vote {
	s.t.Helper()
	s.send(txwire.KindPrepare, id, wire.Encode(m))
	return s.vote(id)
}

// yes prepares a new branch under a key and expects a yes.
func (s *harness) yes(key string) (txwire.ID, string) {
	s.t.Helper()
	id := s.id()
	v := s.prepare(id, prepareOf(key, s.f.Yes))
	if !v.Yes {
		s.t.Fatalf("vote is %+v, want yes", v)
	}
	return id, v.Journal
}

func (s *harness) commit(id txwire.ID, journal string) txwire.Ack {
	s.t.Helper()
	s.send(txwire.KindCommit, id, wire.Encode(txwire.Commit{V: wire.Version, Journal: journal, DecideBy: later()}))
	return s.ack(id)
}

func (s *harness) abort(id txwire.ID, m txwire.Abort) txwire.Ack {
	s.t.Helper()
	s.send(txwire.KindAbort, id, wire.Encode(m))
	return s.ack(id)
}

func abortOf(key, journal string, closeKey bool) txwire.Abort {
	return txwire.Abort{V: wire.Version, Journal: journal, Key: key, Digest: digest, DecideBy: later(), Close: closeKey, Reason: "aborted by the test"}
}

// next waits for the next vote or ack, of any branch.
func (s *harness) next() (kind string, id txwire.ID, data []byte) {
	s.t.Helper()
	for {
		m, err := s.answers.NextMsg(patience)
		if err != nil {
			s.t.Fatalf("waiting for an answer: %v", err)
		}
		kind, _, id, err := txwire.ParseSubject(m.Subject)
		if err == nil && (kind == txwire.KindVote || kind == txwire.KindAck) {
			return kind, id, m.Data
		}
	}
}

// vote waits for the next answer, which must be the vote on id.
func (s *harness) vote(id txwire.ID) txwire.Vote {
	s.t.Helper()
	kind, got, data := s.next()
	if kind != txwire.KindVote || got != id {
		s.t.Fatalf("got %s of %s (%s), want the vote on %s", kind, got, data, id)
	}
	v, err := wire.Decode[txwire.Vote](data)
	s.must(err)
	return v
}

func (s *harness) ack(id txwire.ID) txwire.Ack {
	s.t.Helper()
	kind, got, data := s.next()
	if kind != txwire.KindAck || got != id {
		s.t.Fatalf("got %s of %s (%s), want the ack of %s", kind, got, data, id)
	}
	a, err := wire.Decode[txwire.Ack](data)
	s.must(err)
	return a
}

// question waits for an inquiry of the participant about a branch. Inquiries about others
// may arrive before it: a participant inquires again without waiting for an answer.
func (s *harness) question(id txwire.ID) *nats.Msg {
	s.t.Helper()
	for {
		m, err := s.asked.NextMsg(patience)
		if err != nil {
			s.t.Fatalf("waiting for an inquiry about %s: %v", id, err)
		}
		q, err := wire.Decode[txwire.Resolve](m.Data)
		s.must(err)
		if q.Participant == name && q.ID == id {
			return m
		}
	}
}

func (s *harness) answer(m *nats.Msg, r txwire.Resolved) {
	s.t.Helper()
	r.V = wire.Version
	s.must(m.Respond(wire.Encode(r)))
}

// branches requests the listing of the participant's branches.
func (s *harness) branches(q txwire.BranchQuery) txwire.Branches {
	s.t.Helper()
	q.V = wire.Version
	m, err := s.nc.Request(txwire.BranchSubject(name), wire.Encode(q), patience)
	s.must(err)
	b, err := wire.Decode[txwire.Branches](m.Data)
	s.must(err)
	return b
}

func (s *harness) state(id txwire.ID, want txwire.BranchState) {
	s.t.Helper()
	b := s.branches(txwire.BranchQuery{ID: id})
	if len(b.Branches) != 1 || b.Branches[0].State != want {
		s.t.Fatalf("branches of %s are %+v, want one that is %s", id, b.Branches, want)
	}
}

// wantTotals compares the numbers of reservations and committed ones.
func (s *harness) wantTotals(held, taken int) {
	s.t.Helper()
	s.must(s.p.Read(context.Background(), func(ctx context.Context, tx *sqlite.Tx) error {
		h, k, err := s.f.Totals(ctx, tx)
		if err == nil && (h != held || k != taken) {
			err = fmt.Errorf("the resource has %d reservations and %d committed, want %d and %d", h, k, held, taken)
		}
		return err
	}))
}

// quiet returns a logger whose output is shown only if the test fails.
func quiet(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}
