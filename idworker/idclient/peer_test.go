package idclient_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/internal/lifecycle/roletest"

	"parley/broker/brokertest"
	"parley/idworker/idclient"
	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/idwire"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// peer grants blocks as an idworker does, or as the test specifies.
type peer struct {
	t      testing.TB
	nc     *nats.Conn
	ids    *snowflake.Range
	ahead  time.Duration // of its clock
	grants atomic.Int64
	issued atomic.Int64

	mu sync.Mutex
	// instead, if set, answers in place of the peer. Not to answer is to
	// return nil.
	instead func(idwire.GrantRequest) []byte
	asked   []int // how many were asked for, each time
}

// newPeer has an hour of timestamps of the worker.
func newPeer(t testing.TB, s *brokertest.Server, worker int, ahead time.Duration) *peer {
	t.Helper()
	now := snowflake.Timestamp(time.Now().Add(ahead))
	p := &peer{t: t, nc: s.Connect(t), ids: snowflake.NewRange(worker, now, now+3_600_000), ahead: ahead}
	p.listen()
	return p
}

func (p *peer) listen() *nats.Subscription {
	p.t.Helper()
	sub, err := p.nc.QueueSubscribe(idwire.SubjectGrant, idwire.Queue, func(msg *nats.Msg) {
		r, err := wire.Decode[idwire.GrantRequest](msg.Data)
		if err != nil {
			p.t.Error(err)
			return
		}
		if answer := p.answer(r); answer != nil {
			_ = msg.Respond(answer) // the broker may be stopped by the test
		}
	})
	roletest.Must(p.t, err)
	roletest.Must(p.t, p.nc.Flush())
	return sub
}

func (p *peer) answer(r idwire.GrantRequest) []byte {
	p.mu.Lock()
	p.asked = append(p.asked, r.Count)
	instead := p.instead
	p.mu.Unlock()
	if instead != nil {
		return instead(r)
	}
	return p.grant(r)
}

// grant is the answer of a good idworker.
func (p *peer) grant(r idwire.GrantRequest) []byte {
	b, ok := p.ids.Take(snowflake.Timestamp(time.Now().Add(p.ahead)), r.Count)
	if !ok {
		return wire.Encode(idwire.Grant{V: wire.Version, Code: wire.CodeBusy, Reason: "nothing is left"})
	}
	p.grants.Add(1)
	p.issued.Add(int64(b.Count))
	return encode(b)
}

func encode(b snowflake.Block) []byte {
	return wire.Encode(idwire.Grant{V: wire.Version, Worker: b.Worker, Start: b.Start, Count: b.Count})
}

// do makes the peer answer in another way, or as it should with nil.
func (p *peer) do(instead func(idwire.GrantRequest) []byte) {
	p.mu.Lock()
	p.instead = instead
	p.mu.Unlock()
}

// counts are how many IDs were asked for since the last call.
func (p *peer) counts() []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked := p.asked
	p.asked = nil
	return asked
}

func newClient(t testing.TB, s *brokertest.Server, cfg idclient.Config) *idclient.Client {
	t.Helper()
	c, err := idclient.New(s.Connect(t), cfg)
	roletest.Must(t, err)
	t.Cleanup(c.Close)
	return c
}

// patience bounds every wait; nothing comes near it.
const patience = 2 * time.Minute

// next is an ID that must come.
func next(t testing.TB, c *idclient.Client) snowflake.ID {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	id, err := c.Next(ctx)
	roletest.Must(t, err)
	return id
}

// ended is a context with which Next answers only what it has at hand.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// until polls a condition that has no signal.
func until(t testing.TB, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !done() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}
