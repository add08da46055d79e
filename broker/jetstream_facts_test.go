package broker_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/internal/streams"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// What the commit log and the leases build on, checked against the server that
// is linked: a newer one that behaves otherwise fails here first.

// Error codes of a conditional publish.
const (
	codeWrongLast = 10071 // the description contains the true last sequence
	codeInFlight  = 10164 // another write on the subject is being decided
	codeFull      = 10077
	codeWrongName = 10060 // another stream than the expected one
)

// facts is one stream on one or three servers.
type facts struct {
	ctx     context.Context
	js      jetstream.JetStream
	stream  jetstream.Stream
	restart func()
}

const factSubject = "tx.log.aaaaaaaaaaaaaaaa"

// onBoth runs a fact on one server and on a cluster of three.
func onBoth(t *testing.T, fact func(*testing.T, *facts)) {
	t.Run("R1", func(t *testing.T) {
		s := brokertest.Run(t)
		fact(t, newFacts(t, s.Connect(t), 1, func() { s.Restart(t) }))
	})
	t.Run("R3", func(t *testing.T) {
		c := brokertest.RunCluster(t, 3)
		fact(t, newFacts(t, c.Connect(t), 3, func() { c.Restart(t) }))
	})
}

func newFacts(t *testing.T, nc *nats.Conn, replicas int, restart func()) *facts {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	t.Cleanup(cancel)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	f := &facts{ctx: ctx, js: js, restart: restart}
	if _, _, err := streams.Ensure(ctx, js, txwire.LogStream(), replicas); err != nil {
		t.Fatal(err)
	}
	f.reopen(t)
	return f
}

func (f *facts) reopen(t *testing.T) {
	t.Helper()
	if _, err := streams.Check(f.ctx, f.js, txwire.LogStream()); err != nil {
		t.Fatal(err)
	}
	stream, err := f.js.Stream(f.ctx, txwire.LogStream().Name)
	if err != nil {
		t.Fatal(err)
	}
	f.stream = stream
}

// publish publishes one message that expects the sequence last. It repeats while
// another write is in flight and while nobody listens for the stream, whose leader
// is being elected; otherwise it returns the server's answer.
func (f *facts) publish(last uint64) (seq uint64, err error) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		ack, err := f.js.Publish(f.ctx, factSubject, []byte("x"),
			jetstream.WithExpectLastSequencePerSubject(last), jetstream.WithExpectStream(txwire.LogStream().Name))
		if err == nil {
			return ack.Sequence, nil
		}
		if code(err) != codeInFlight && !errors.Is(err, jetstream.ErrNoStreamResponse) {
			return 0, err
		}
		select {
		case <-tick.C:
		case <-f.ctx.Done():
			return 0, fmt.Errorf("still: %w", err)
		}
	}
}

func (f *facts) mustPublish(t *testing.T, last uint64) uint64 {
	t.Helper()
	seq, err := f.publish(last)
	if err != nil {
		t.Fatalf("publishing with the expectation %d: %v", last, err)
	}
	return seq
}

// refused expects 10071 with the given true last sequence.
func (f *facts) refused(t *testing.T, expect, last uint64) {
	t.Helper()
	seq, err := f.publish(expect)
	if err == nil {
		t.Errorf("publishing with the expectation %d succeeds as %d, want a refusal", expect, seq)
		return
	}
	if want := fmt.Sprintf("wrong last sequence: %d", last); code(err) != codeWrongLast || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("publishing with the expectation %d: %v, want %d %q", expect, err, codeWrongLast, want)
	}
}

func code(err error) jetstream.ErrorCode {
	if api, ok := errors.AsType[*jetstream.APIError](err); ok {
		return api.ErrorCode
	}
	return 0
}

// Only the true last sequence succeeds, and the refusal contains it.
func TestFactConditionalPublish(t *testing.T) {
	onBoth(t, func(t *testing.T, f *facts) {
		f.refused(t, 7, 0)
		first := f.mustPublish(t, 0)
		f.refused(t, 0, first)
		second := f.mustPublish(t, first)
		f.refused(t, first, second)
		f.refused(t, second+1, second)
	})
}

// After the whole subject was purged an old expectation fails with 0, and an
// expectation of 0 succeeds: so no commit may ever expect 0. Sequences are not
// used again, also after a restart.
func TestFactWholePurge(t *testing.T) {
	onBoth(t, func(t *testing.T, f *facts) {
		last := f.mustPublish(t, f.mustPublish(t, 0))
		if err := f.stream.Purge(f.ctx, jetstream.WithPurgeSubject(factSubject)); err != nil {
			t.Fatal(err)
		}
		f.refused(t, last, 0)
		f.restart()
		f.reopen(t)
		f.refused(t, last, 0)
		if again := f.mustPublish(t, 0); again <= last {
			t.Errorf("the sequence %d was given after %d", again, last)
		}
	})
}

// After a prefix was purged only the true last sequence succeeds.
func TestFactPrefixPurge(t *testing.T) {
	onBoth(t, func(t *testing.T, f *facts) {
		first := f.mustPublish(t, 0)
		second := f.mustPublish(t, first)
		third := f.mustPublish(t, second)
		if err := f.stream.Purge(f.ctx, jetstream.WithPurgeSubject(factSubject), jetstream.WithPurgeSequence(third)); err != nil {
			t.Fatal(err)
		}
		if _, err := f.stream.GetMsg(f.ctx, second); !errors.Is(err, jetstream.ErrMsgNotFound) {
			t.Errorf("reading a purged record: %v, want %v", err, jetstream.ErrMsgNotFound)
		}
		for _, wrong := range []uint64{0, first, second} {
			f.refused(t, wrong, third)
		}
		f.mustPublish(t, third)
	})
}

// A full stream refuses a publish that would have been right, and returns a
// wrong one first that it is wrong.
func TestFactFullStream(t *testing.T) {
	s := brokertest.Run(t)
	f := newFacts(t, s.Connect(t), 1, nil)
	cfg := f.stream.CachedInfo().Config
	cfg.MaxBytes = 200
	if _, err := f.js.UpdateStream(f.ctx, cfg); err != nil {
		t.Fatal(err)
	}
	last := uint64(0)
	for range 100 {
		seq, err := f.publish(last)
		if err == nil {
			last = seq
			continue
		}
		if code(err) != codeFull {
			t.Fatalf("filling the stream: %v, want %d", err, codeFull)
		}
		f.refused(t, 0, last)
		return
	}
	t.Fatal("the stream does not fill up")
}

// Single records cannot be deleted; a message for another stream is refused.
func TestFactDenyDeleteAndExpectedStream(t *testing.T) {
	s := brokertest.Run(t)
	f := newFacts(t, s.Connect(t), 1, nil)
	seq := f.mustPublish(t, 0)
	// The client does not wrap the server's answer here.
	if err := f.stream.DeleteMsg(f.ctx, seq); err == nil || !strings.Contains(err.Error(), "err_code=10057") {
		t.Errorf("deleting a record: %v, want 10057", err)
	}
	if _, err := f.js.Publish(f.ctx, factSubject, nil, jetstream.WithExpectStream("OTHER")); code(err) != codeWrongName {
		t.Errorf("publishing to another stream than the expected one: %v, want %d", err, codeWrongName)
	}
	f.refused(t, 0, seq)
}
