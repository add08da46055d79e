package participanttest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"parley/internal/catalog"
	"parley/internal/lifecycle"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/txwire"
)

// Service is a running participant that a test accesses over NATS, to check its
// endpoints and the reasons of its refusals.
type Service struct {
	testing.TB
	NATS *nats.Conn

	name  string
	votes *nats.Subscription
	n     uint64
}

// Streams creates the streams that participants and coordinators need, unless they
// exist.
func Streams(t testing.TB, nc *nats.Conn) {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range catalog.Streams() {
		if _, _, err := streams.Ensure(t.Context(), js, spec, 1); err != nil {
			t.Fatal(err)
		}
	}
}

// Serve runs a participant until the test ends, and returns when it is ready. nc is a
// connection of the test.
func Serve(t testing.TB, name string, nc *nats.Conn, role lifecycle.Role) *Service {
	t.Helper()
	Streams(t, nc)
	votes, err := nc.SubscribeSync(txwire.ParticipantFilter(txwire.KindVote, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(startRole(t, role))
	return &Service{TB: t, NATS: nc, name: name, votes: votes}
}

// startRole runs a role until stop is called, and returns when it is ready.
func startRole(t testing.TB, role lifecycle.Role) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- role.Run(ctx) }()
	select {
	case <-role.Ready():
	case err := <-ended:
		cancel()
		t.Fatalf("Run ended with %v", err)
	case <-time.After(patience):
		cancel()
		t.Fatal("the participant is not ready")
	}
	return sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func (s *Service) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// Prepare sends the prepare of a new transaction with a new key, and returns the vote.
func (s *Service) Prepare(payload string) (txwire.ID, txwire.Vote) {
	s.Helper()
	s.n++
	id := txwire.ID{Log: "testlogtestloga2", N: s.n}
	s.Publish(txwire.KindPrepare, id, wire.Encode(txwire.Prepare{
		V: wire.Version, Key: "key-" + id.String(), Digest: "0123456789abcdef0123456789abcdef",
		DecideBy: time.Now().Add(time.Hour).UnixMilli(), OpenSeq: 1, Payload: []byte(payload),
	}))
	m, err := s.votes.NextMsg(patience)
	s.must(err)
	v, err := wire.Decode[txwire.Vote](m.Data)
	s.must(err)
	return id, v
}

// Commit commits a branch with a yes vote, and returns when it is acknowledged.
func (s *Service) Commit(id txwire.ID, v txwire.Vote) {
	s.Helper()
	acks, err := s.NATS.SubscribeSync(txwire.Subject(txwire.KindAck, s.name, id))
	s.must(err)
	defer acks.Unsubscribe()
	s.Publish(txwire.KindCommit, id, wire.Encode(txwire.Commit{V: wire.Version, Journal: v.Journal, DecideBy: time.Now().UnixMilli()}))
	_, err = acks.NextMsg(patience)
	s.must(err)
}

// Publish sends the participant a message of the protocol.
func (s *Service) Publish(kind string, id txwire.ID, data []byte) {
	s.Helper()
	s.must(s.NATS.Publish(txwire.Subject(kind, s.name, id), data))
}

// Ask sends the participant a request and decodes the response.
func Ask[T any, M wire.Message[T]](s *Service, subject string, request []byte) T {
	s.Helper()
	m, err := s.NATS.Request(subject, request, patience)
	s.must(err)
	a, err := wire.Decode[T, M](m.Data)
	s.must(err)
	return a
}
