package conform

import (
	"encoding/json"
	"time"

	"github.com/nats-io/nats.go"

	"parley/wire"
	"parley/wire/txwire"
)

const (
	digest      = "0123456789abcdef0123456789abcdef"
	otherDigest = "ffffffffffffffffffffffffffffffff"
	// OpenSeq is where the logs of the transactions were opened.
	OpenSeq = 100
)

// T is what a case reports to; a [testing.T] is one. Fatalf ends the goroutine.
type T interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Participant is what is checked.
type Participant struct {
	NATS *nats.Conn
	Name string
	// Accepted is a payload that is accepted at least fifty times, Refused one that is
	// always refused.
	Accepted, Refused json.RawMessage
	// Patience bounds the wait for an expected message.
	Patience time.Duration
	// Totals returns how many branches have a reservation, and how many were
	// committed; nil where nobody can look.
	Totals func() (held, taken int, err error)
}

// Harness is a participant, with its user as the coordinator.
type Harness struct {
	Participant
	T T

	// log is the log of most transactions, which the keys begin with, too.
	log string
	// logs are all that it uses.
	logs           map[string]bool
	answers, asked *nats.Subscription
	n              uint64
}

// New returns a harness with a log of its own, until Close.
func New(t T, p Participant) *Harness {
	s := &Harness{Participant: p, T: t, log: wire.NewToken(), logs: map[string]bool{}}
	s.logs[s.log] = true
	s.answers = s.subscribe(txwire.ParticipantFilter("*", p.Name))
	s.asked = s.subscribe(txwire.SubjectResolve)
	return s
}

// Close ends the subscriptions.
func (s *Harness) Close() {
	_ = s.answers.Unsubscribe() // fails when the connection is closed
	_ = s.asked.Unsubscribe()
}

func (s *Harness) subscribe(subject string) *nats.Subscription {
	s.T.Helper()
	sub, err := s.NATS.SubscribeSync(subject)
	s.Must(err)
	s.Must(s.NATS.Flush())
	return sub
}

// key returns the key of this harness that a case calls short.
func (s *Harness) key(short string) string { return s.log + "-" + short }

func (s *Harness) Must(err error) {
	s.T.Helper()
	if err != nil {
		s.T.Fatalf("%v", err)
	}
}

// NewID returns a transaction id that was not used before in this test.
func (s *Harness) NewID() txwire.ID {
	s.n++
	return txwire.ID{Log: s.log, N: s.n}
}

func (s *Harness) Send(kind string, id txwire.ID, data []byte) {
	s.T.Helper()
	s.Must(s.NATS.Publish(txwire.Subject(kind, s.Name, id), data))
}

func Later() int64 { return time.Now().Add(time.Minute).UnixMilli() }

func (s *Harness) PrepareOf(key string, payload json.RawMessage) txwire.Prepare {
	return txwire.Prepare{V: wire.Version, Key: s.key(key), Digest: digest, DecideBy: Later(), OpenSeq: OpenSeq, Payload: payload}
}

// Prepare sends a prepare and returns the vote.
func (s *Harness) Prepare(id txwire.ID, m txwire.Prepare) txwire.Vote {
	s.T.Helper()
	s.Send(txwire.KindPrepare, id, wire.Encode(m))
	return s.Vote(id)
}

// Prepared prepares a new branch under a key and expects a yes.
func (s *Harness) Prepared(key string) (txwire.ID, string) {
	s.T.Helper()
	id := s.NewID()
	v := s.Prepare(id, s.PrepareOf(key, s.Accepted))
	if !v.Yes {
		s.T.Fatalf("vote is %+v, want yes", v)
	}
	return id, v.Journal
}

func (s *Harness) Commit(id txwire.ID, journal string) txwire.Ack {
	s.T.Helper()
	s.Send(txwire.KindCommit, id, wire.Encode(txwire.Commit{V: wire.Version, Journal: journal, DecideBy: Later()}))
	return s.Ack(id)
}

func (s *Harness) Abort(id txwire.ID, m txwire.Abort) txwire.Ack {
	s.T.Helper()
	s.Send(txwire.KindAbort, id, wire.Encode(m))
	return s.Ack(id)
}

func (s *Harness) AbortOf(key, journal string, closeKey bool) txwire.Abort {
	return txwire.Abort{V: wire.Version, Journal: journal, Key: s.key(key), Digest: digest, DecideBy: Later(), Close: closeKey, Reason: "aborted by the test"}
}

// Next waits for the next vote or ack, of any branch.
func (s *Harness) Next() (kind string, id txwire.ID, data []byte) {
	s.T.Helper()
	for {
		m, err := s.answers.NextMsg(s.Patience)
		if err != nil {
			s.T.Fatalf("waiting for an answer: %v", err)
		}
		kind, _, id, err := txwire.ParseSubject(m.Subject)
		// What is left of a case before this one is not its answer.
		if err == nil && s.logs[id.Log] && (kind == txwire.KindVote || kind == txwire.KindAck) {
			return kind, id, m.Data
		}
	}
}

// Vote waits for the next answer, which must be the vote on id.
func (s *Harness) Vote(id txwire.ID) txwire.Vote {
	s.T.Helper()
	kind, got, data := s.Next()
	if kind != txwire.KindVote || got != id {
		s.T.Fatalf("got %s of %s (%s), want the vote on %s", kind, got, data, id)
	}
	v, err := wire.Decode[txwire.Vote](data)
	s.Must(err)
	return v
}

func (s *Harness) Ack(id txwire.ID) txwire.Ack {
	s.T.Helper()
	kind, got, data := s.Next()
	if kind != txwire.KindAck || got != id {
		s.T.Fatalf("got %s of %s (%s), want the ack of %s", kind, got, data, id)
	}
	a, err := wire.Decode[txwire.Ack](data)
	s.Must(err)
	return a
}

// Question waits for an inquiry of the participant about a branch. Inquiries about others
// may arrive before it: a participant inquires again without waiting for an answer.
func (s *Harness) Question(id txwire.ID) *nats.Msg {
	s.T.Helper()
	for {
		m, err := s.asked.NextMsg(s.Patience)
		if err != nil {
			s.T.Fatalf("waiting for an inquiry about %s: %v", id, err)
		}
		q, err := wire.Decode[txwire.Resolve](m.Data)
		s.Must(err)
		if q.Participant == s.Name && q.ID == id {
			return m
		}
	}
}

func (s *Harness) Answer(m *nats.Msg, r txwire.Resolved) {
	s.T.Helper()
	r.V = wire.Version
	s.Must(m.Respond(wire.Encode(r)))
}

// Branches requests the listing of the participant's branches.
func (s *Harness) Branches(q txwire.BranchQuery) txwire.Branches {
	s.T.Helper()
	q.V = wire.Version
	m, err := s.NATS.Request(txwire.BranchSubject(s.Name), wire.Encode(q), s.Patience)
	s.Must(err)
	b, err := wire.Decode[txwire.Branches](m.Data)
	s.Must(err)
	return b
}

func (s *Harness) State(id txwire.ID, want txwire.BranchState) {
	s.T.Helper()
	b := s.Branches(txwire.BranchQuery{ID: id})
	if len(b.Branches) != 1 || b.Branches[0].State != want {
		s.T.Fatalf("branches of %s are %+v, want one that is %s", id, b.Branches, want)
	}
}

// WantTotals compares the numbers of reservations and of committed ones, where somebody can
// look.
func (s *Harness) WantTotals(held, taken int) {
	s.T.Helper()
	if s.Totals == nil {
		return
	}
	h, k, err := s.Totals()
	s.Must(err)
	if h != held || k != taken {
		s.T.Fatalf("the resource has %d reservations and %d committed, want %d and %d", h, k, held, taken)
	}
}
