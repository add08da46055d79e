package participanttest

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"parley/participants"
	"parley/wire"
	"parley/wire/txwire"
)

const (
	// testLog is the log of most transactions here.
	testLog     = "testlogtestloga2"
	digest      = "0123456789abcdef0123456789abcdef"
	otherDigest = "ffffffffffffffffffffffffffffffff"
	openSeq     = 100
	// patience is how long to wait for what must come.
	patience = 2 * time.Minute
)

// stage is one participant and a coordinator that the test plays.
type stage struct {
	t       *testing.T
	f       Fixture
	cfg     participants.Config
	nc      *nats.Conn
	answers *nats.Subscription
	asked   *nats.Subscription

	p    *participants.Participant
	stop func()
	n    uint64
}

func newStage(t *testing.T, f Fixture) *stage {
	s := &stage{t: t, f: f, cfg: f.config(t), nc: f.Connect(t)}
	Streams(t, s.nc)
	s.answers = s.subscribe("tx.*." + s.cfg.Name + ".>")
	s.asked = s.subscribe(txwire.SubjectResolve)
	s.start()
	return s
}

func (s *stage) subscribe(subject string) *nats.Subscription {
	s.t.Helper()
	sub, err := s.nc.SubscribeSync(subject)
	s.must(err)
	s.must(s.nc.Flush())
	return sub
}

// start runs a participant until stop or the end of the test.
func (s *stage) start() {
	s.t.Helper()
	p, err := participants.New(s.cfg, participants.Deps{NATS: s.f.Connect(s.t)}, s.f.Resource())
	s.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	select {
	case <-p.Ready():
	case err := <-ended:
		cancel()
		s.t.Fatalf("Run ended with %v", err)
	case <-time.After(patience):
		s.t.Fatal("the participant is not ready")
	}
	stopped := false
	s.p = p
	s.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("Run: %v", err)
		}
	}
	s.t.Cleanup(s.stop)
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// id is a transaction not used before in this test.
func (s *stage) id() txwire.ID {
	s.n++
	return txwire.ID{Log: testLog, N: s.n}
}

func (s *stage) send(kind string, id txwire.ID, data []byte) {
	s.t.Helper()
	s.must(s.nc.Publish(txwire.Subject(kind, s.cfg.Name, id), data))
}

func later() int64 { return time.Now().Add(time.Minute).UnixMilli() }

func prepareOf(key string, payload json.RawMessage) txwire.Prepare {
	return txwire.Prepare{V: wire.Version, Key: key, Digest: digest, DecideBy: later(), OpenSeq: openSeq, Payload: payload}
}

// prepare sends a prepare and returns the vote.
func (s *stage) prepare(id txwire.ID, m txwire.Prepare) txwire.Vote {
	s.t.Helper()
	s.send(txwire.KindPrepare, id, wire.Encode(m))
	return s.vote(id)
}

// yes prepares a new branch under a key and expects a yes.
func (s *stage) yes(key string) (txwire.ID, string) {
	s.t.Helper()
	id := s.id()
	v := s.prepare(id, prepareOf(key, s.f.Yes))
	if !v.Yes {
		s.t.Fatalf("vote is %+v, want yes", v)
	}
	return id, v.Journal
}

func (s *stage) commit(id txwire.ID, journal string) txwire.Ack {
	s.t.Helper()
	s.send(txwire.KindCommit, id, wire.Encode(txwire.Commit{V: wire.Version, Journal: journal, DecideBy: later()}))
	return s.ack(id)
}

func (s *stage) abort(id txwire.ID, m txwire.Abort) txwire.Ack {
	s.t.Helper()
	s.send(txwire.KindAbort, id, wire.Encode(m))
	return s.ack(id)
}

func abortOf(key, journal string, closeKey bool) txwire.Abort {
	return txwire.Abort{V: wire.Version, Journal: journal, Key: key, Digest: digest, DecideBy: later(), Close: closeKey, Reason: "the test says so"}
}

// next waits for the next vote or ack, whoever it is about.
func (s *stage) next() (kind string, id txwire.ID, data []byte) {
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
func (s *stage) vote(id txwire.ID) txwire.Vote {
	s.t.Helper()
	kind, got, data := s.next()
	if kind != txwire.KindVote || got != id {
		s.t.Fatalf("got %s of %s (%s), want the vote on %s", kind, got, data, id)
	}
	v, err := wire.Decode[txwire.Vote](data)
	s.must(err)
	return v
}

func (s *stage) ack(id txwire.ID) txwire.Ack {
	s.t.Helper()
	kind, got, data := s.next()
	if kind != txwire.KindAck || got != id {
		s.t.Fatalf("got %s of %s (%s), want the ack of %s", kind, got, data, id)
	}
	a, err := wire.Decode[txwire.Ack](data)
	s.must(err)
	return a
}

// question waits until the participant asks about a branch. Questions about
// others may stand before it: a participant asks again without waiting for an
// answer.
func (s *stage) question(id txwire.ID) *nats.Msg {
	s.t.Helper()
	for {
		m, err := s.asked.NextMsg(patience)
		if err != nil {
			s.t.Fatalf("waiting for a question about %s: %v", id, err)
		}
		q, err := wire.Decode[txwire.Resolve](m.Data)
		s.must(err)
		if q.Participant == s.cfg.Name && q.ID == id {
			return m
		}
	}
}

func (s *stage) answer(m *nats.Msg, r txwire.Resolved) {
	s.t.Helper()
	r.V = wire.Version
	s.must(m.Respond(wire.Encode(r)))
}

// branches asks the participant what it holds.
func (s *stage) branches(q txwire.BranchQuery) txwire.Branches {
	s.t.Helper()
	q.V = wire.Version
	m, err := s.nc.Request(txwire.BranchSubject(s.cfg.Name), wire.Encode(q), patience)
	s.must(err)
	b, err := wire.Decode[txwire.Branches](m.Data)
	s.must(err)
	return b
}

func (s *stage) state(id txwire.ID, want txwire.BranchState) {
	s.t.Helper()
	b := s.branches(txwire.BranchQuery{ID: id})
	if len(b.Branches) != 1 || b.Branches[0].State != want {
		s.t.Fatalf("branches of %s are %+v, want one that is %s", id, b.Branches, want)
	}
}

// books compares what the resource holds and has given away.
func (s *stage) books(held, taken int) {
	s.t.Helper()
	s.must(s.p.Read(context.Background(), func(ctx context.Context, q participants.Querier) error {
		h, k, err := s.f.Books(ctx, q)
		if err == nil && (h != held || k != taken) {
			err = fmt.Errorf("the resource holds %d and has given away %d, want %d and %d", h, k, held, taken)
		}
		return err
	}))
}

// quiet shows a test's log only when it fails.
func quiet(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}
