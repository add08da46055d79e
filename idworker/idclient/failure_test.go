package idclient_test

import (
	"context"
	"errors"
	"strings"
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
)

// errGone is why a test ends a context.
var errGone = errors.New("the user went away")

// Without an idworker a caller soon receives what to do; or when its context
// ends, with its cause. Once there is one the next call works.
func TestNobody(t *testing.T) {
	t.Parallel()
	s := brokertest.Run(t)
	c := newClient(t, s, idclient.Config{})
	since := time.Now()
	_, err := c.Next(t.Context())
	if wire.CodeOf(err) != wire.CodeUnavailable || !strings.Contains(err.Error(), "`parley idworker`") {
		t.Errorf("got %v", err)
	}
	if d := time.Since(since); d < idclient.NobodyFor {
		t.Errorf("one that is restarted has only %v", d)
	}

	ctx, cancel := context.WithCancelCause(t.Context())
	got := make(chan error, 1)
	go func() {
		_, err := c.Next(ctx)
		got <- err
	}()
	until(t, "another try", c.Fetching)
	cancel(errGone)
	if err := <-got; !errors.Is(err, errGone) || wire.CodeOf(err) != wire.CodeUnavailable {
		t.Errorf("its context ended: %v", err)
	}

	go func() {
		_, err := c.Next(t.Context())
		got <- err
	}()
	until(t, "another try", c.Fetching)
	newPeer(t, s, 1, 0)
	if err := <-got; err != nil {
		t.Errorf("one was started in the meantime: %v", err)
	}
}

// A context that has ended sends nothing.
func TestEndedBefore(t *testing.T) {
	s := brokertest.Run(t)
	p := newPeer(t, s, 1, 0)
	c := newClient(t, s, idclient.Config{})
	if _, err := c.Next(ended()); !errors.Is(err, context.Canceled) || wire.CodeOf(err) != wire.CodeUnavailable {
		t.Errorf("got %v", err)
	}
	if n, err := c.NextN(ended(), 10); n != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v", n, err)
	}
	next(t, c)
	if asked := p.counts(); len(asked) != 1 {
		t.Errorf("%d requests for one ID", len(asked))
	}
}

// What may pass is tried again, and an ID comes.
func TestTriesAgain(t *testing.T) {
	for _, code := range []wire.Code{wire.CodeBusy, wire.CodeUnavailable, wire.CodeInternal, "silence"} {
		t.Run(string(code), func(t *testing.T) {
			s := brokertest.Run(t)
			p := newPeer(t, s, 1, 0)
			tries := 0
			p.do(func(r idwire.GrantRequest) []byte {
				if tries++; tries > 3 {
					return p.grant(r)
				}
				if code == "silence" {
					return nil
				}
				return wire.Encode(idwire.Grant{V: wire.Version, Code: code, Reason: "wait a little"})
			})
			next(t, newClient(t, s, idclient.Config{}))
		})
	}
}

// The error of a caller who gives up reports the error of the last attempt.
func TestReasonOfTheLastTry(t *testing.T) {
	s := brokertest.Run(t)
	p := newPeer(t, s, 1, 0)
	tried := make(chan struct{}, 1)
	p.do(func(idwire.GrantRequest) []byte {
		select {
		case tried <- struct{}{}:
		default:
		}
		return wire.Encode(idwire.Grant{V: wire.Version, Code: wire.CodeBusy, Reason: "the lease is used up"})
	})
	c := newClient(t, s, idclient.Config{})
	ctx, cancel := context.WithCancelCause(t.Context())
	got := make(chan error, 1)
	go func() {
		_, err := c.Next(ctx)
		got <- err
	}()
	for range 3 {
		<-tried
	}
	cancel(errGone)
	if err := <-got; wire.CodeOf(err) != wire.CodeBusy || !errors.Is(err, errGone) || !strings.Contains(err.Error(), "used up") {
		t.Errorf("got %v", err)
	}
	until(t, "the goroutine without a caller", func() bool { return !c.Fetching() })
}

// A process of the queue group that takes requests and never answers (it is
// stopped, or hangs) costs a moment, not the ID.
func TestSilentWorker(t *testing.T) {
	s := brokertest.Run(t)
	hung := newPeer(t, s, 1, 0)
	hung.do(func(idwire.GrantRequest) []byte { return nil })
	newPeer(t, s, 2, 0)
	c := newClient(t, s, idclient.Config{MaxBlock: 8})
	for range 100 {
		if id := next(t, c); id.Worker() != 2 {
			t.Errorf("worker %d gave %d", id.Worker(), id)
		}
	}
	t.Logf("100 IDs came with %d requests that were not answered", len(hung.counts()))
}

// An invalid answer is returned immediately to waiting callers, and the next
// call works.
func TestWrongAnswers(t *testing.T) {
	s := brokertest.Run(t)
	p := newPeer(t, s, 1, 0)
	for _, c := range []struct {
		what, answer string
		code         wire.Code
		part         string
	}{
		{"no JSON", "grant", wire.CodeInvalid, "malformed"},
		{"empty", "{}", wire.CodeVersion, "version 0"},
		{"a later version", `{"v":2,"worker":1,"start":5000000,"count":1,"epoch":7}`, wire.CodeVersion, "version 2"},
		{"no such worker", `{"v":1,"worker":32,"start":5000000,"count":1}`, wire.CodeInvalid, "worker is 32"},
		{"no IDs", `{"v":1,"worker":1,"start":5000000}`, wire.CodeInvalid, "count is 0"},
		{"more IDs than asked for", `{"v":1,"worker":1,"start":5000000,"count":65}`, wire.CodeInvalid, "65 IDs, requested were 64"},
		{"beyond the end of time", `{"v":1,"worker":1,"start":9007199254740990,"count":64}`, wire.CodeInvalid, "start is"},
		{"a definite no", `{"v":1,"code":"unsupported_version","reason":"speak up"}`, wire.CodeVersion, "speak up"},
	} {
		client := newClient(t, s, idclient.Config{})
		p.do(func(idwire.GrantRequest) []byte { return []byte(c.answer) })
		if _, err := client.Next(t.Context()); wire.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.part) {
			t.Errorf("%s: got %v, want %s and %q", c.what, err, c.code, c.part)
		}
		p.do(nil)
		next(t, client)
		client.Close()
	}
}

// Two idworkers that use one number, as after a lease stream was lost: the
// client sees it when their grants overlap, reports it once, to a waiting caller or to
// the next caller, drops what it has, and gives nothing twice.
func TestOverlappingGrants(t *testing.T) {
	s := brokertest.Run(t)
	p := newPeer(t, s, 7, 0)
	c := newClient(t, s, idclient.Config{MaxBlock: 64})
	given := map[snowflake.ID]bool{}
	give := func() (err error) {
		id, err := c.Next(t.Context())
		if err == nil && given[id] {
			t.Fatalf("%d was given twice", id)
		}
		given[id] = err == nil
		return err
	}
	var again atomic.Bool
	var previous snowflake.Block
	p.do(func(r idwire.GrantRequest) []byte {
		b := previous
		if !again.Swap(false) {
			g, err := wire.Decode[idwire.Grant](p.grant(r))
			if err != nil {
				t.Error(err)
			}
			b = g.Block()
		}
		previous = snowflake.Block{Worker: b.Worker, Start: b.Start + 20, Count: b.Count - 20}
		return encode(b)
	})
	for range 5 {
		for range 150 {
			roletest.Must(t, give())
		}
		again.Store(true)
		var err error
		for n := 0; err == nil && n < 1000; n++ {
			err = give()
		}
		if wire.CodeOf(err) != wire.CodeViolation || !strings.Contains(err.Error(), "worker 7") || !strings.Contains(err.Error(), "`parley id workers`") {
			t.Fatalf("got %v", err)
		}
	}
}

// An overlap that is found while nobody waits, and with IDs still at hand, is
// returned to the next caller, once.
func TestOverlapFoundAhead(t *testing.T) {
	s := brokertest.Run(t)
	p := newPeer(t, s, 7, 0)
	c := newClient(t, s, idclient.Config{})
	first := next(t, c)
	until(t, "fetching", func() bool { return !c.Fetching() })
	p.do(func(idwire.GrantRequest) []byte {
		return encode(snowflake.Block{Worker: 7, Start: counter(first) + idclient.DefaultMinBlock - 1, Count: 10})
	})
	for !c.Fetching() {
		if _, err := c.Next(ended()); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "the answer", func() bool { return !c.Fetching() })
	if _, err := c.Next(ended()); wire.CodeOf(err) != wire.CodeViolation {
		t.Errorf("got %v", err)
	}
	p.do(nil)
	if id := next(t, c); counter(id) < counter(first)+idclient.DefaultMinBlock {
		t.Errorf("%d is of the block of which a part was granted twice", id)
	}
}

// The broker is away: what is at hand is given, then the caller waits; and it
// goes on when the broker is back. A connection that was closed stays closed.
func TestBrokerAway(t *testing.T) {
	s := brokertest.Run(t)
	p := newPeer(t, s, 1, 0)
	nc := s.Connect(t)
	c, err := idclient.New(nc, idclient.Config{})
	roletest.Must(t, err)
	defer c.Close()
	next(t, c)
	gone := nc.StatusChanged(nats.RECONNECTING)
	s.Kill()
	<-gone
	for range idclient.DefaultMinBlock - 1 {
		if _, err := c.Next(ended()); err != nil {
			t.Fatalf("an ID at hand was not given: %v", err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := c.Next(ctx); !errors.Is(err, context.DeadlineExceeded) || wire.CodeOf(err) != wire.CodeUnavailable {
		t.Errorf("without a broker: %v", err)
	}
	s.Restart(t)
	until(t, "the idworker", func() bool { return p.nc.IsConnected() })
	next(t, c)

	nc.Close()
	for range idclient.MaxNextN {
		_, err := c.Next(t.Context())
		if err == nil {
			continue
		}
		if wire.CodeOf(err) != wire.CodeUnavailable || !strings.Contains(err.Error(), "closed") {
			t.Errorf("got %v", err)
		}
		return
	}
	t.Error("IDs come over a connection that was closed")
}
