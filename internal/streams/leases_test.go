package streams_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/idworker/snowflake"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/idwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// leases is the stream of leases as its tests write to it.
type leases struct {
	ctx  context.Context
	js   jetstream.JetStream
	spec wire.StreamSpec
}

// On one server and on three, whose brokers check conditions and drop old records in
// different code.
func TestLeasesOnOneServer(t *testing.T) {
	s := brokertest.Run(t)
	l := newLeases(t, s.Connect(t), 1)
	l.testNewestStay(t)
	s.Restart(t)
	l.wantKept(t, "after a restart")
	l.testNoPurge(t)
}

func TestLeasesOnThreeServers(t *testing.T) {
	c := brokertest.RunCluster(t, 3)
	l := newLeases(t, c.Connect(t), 3)
	l.testNewestStay(t)
	if err := c.StepDown(t, l.spec.Name); err != nil {
		t.Fatal(err)
	}
	c.StreamLeader(t, l.spec.Name)
	l.wantKept(t, "with another leader")
	l.testNoPurge(t)
}

func newLeases(t *testing.T, nc *nats.Conn, replicas int) *leases {
	t.Helper()
	l := &leases{ctx: testContext(t), js: newJS(t, nc), spec: idwire.LeaseStream()}
	if _, _, err := streams.Ensure(l.ctx, l.js, l.spec, replicas); err != nil {
		t.Fatal(err)
	}
	return l
}

// publish writes one record under a condition. On three servers the error "another
// write is in flight" can follow an acknowledged write of this client, and there is no
// leader during an election.
func (l *leases) publish(worker int, expect uint64, data []byte) (uint64, error) {
	for {
		ack, err := l.js.Publish(l.ctx, idwire.LeaseSubject(worker), data,
			jetstream.WithExpectStream(l.spec.Name), jetstream.WithExpectLastSequencePerSubject(expect))
		if err == nil {
			return ack.Sequence, nil
		}
		// Without a leader the stream has no subscriber, and a message without a
		// subscriber was not stored.
		if api, ok := errors.AsType[*jetstream.APIError](err); !errors.Is(err, jetstream.ErrNoStreamResponse) && (!ok || api.ErrorCode != 10164) {
			return 0, err
		}
	}
}

// Records of every worker number, as large as they may be, are written many
// times over: no write that expects the last sequence is refused, every other
// one is, and of each subject the newest records are kept.
func (l *leases) testNewestStay(t *testing.T) {
	t.Helper()
	const rounds = 40
	data := bytes.Repeat([]byte("x"), idwire.MaxLease)
	last := make([]uint64, snowflake.MaxWorker+1)
	for round := range rounds {
		for n := range last {
			seq, err := l.publish(n, last[n], data)
			if err != nil {
				t.Fatalf("round %d of worker %d, expecting %d: %v", round, n, last[n], err)
			}
			if round > 0 && round%8 == 0 {
				for _, stale := range []uint64{0, last[n], seq + 1} {
					if _, err := l.publish(n, stale, data); !wrongLast(err, seq) {
						t.Fatalf("a write that expects %d after %d: %v", stale, seq, err)
					}
				}
			}
			last[n] = seq
		}
	}
	l.wantKept(t, "in the end")
	s, err := l.js.Stream(l.ctx, l.spec.Name)
	if err != nil {
		t.Fatal(err)
	}
	for n, seq := range last {
		if raw, err := s.GetLastMsgForSubject(l.ctx, idwire.LeaseSubject(n)); err != nil || raw.Sequence != seq {
			t.Errorf("the last record of worker %d is %+v, %v, want sequence %d", n, raw, err, seq)
		}
	}
	if bytes := s.CachedInfo().State.Bytes; bytes > uint64(l.spec.MaxBytes)/2 {
		t.Errorf("full, the stream has %d bytes of %d: too little is left", bytes, l.spec.MaxBytes)
	}
}

func wrongLast(err error, seq uint64) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && api.ErrorCode == 10071 && api.Description == fmt.Sprintf("wrong last sequence: %d", seq)
}

// wantKept checks that each subject has as many records as it may have, the
// newest, and nothing below the oldest of these.
func (l *leases) wantKept(t *testing.T, when string) {
	t.Helper()
	info := l.info(t)
	for n := range snowflake.MaxWorker + 1 {
		if got := info.State.Subjects[idwire.LeaseSubject(n)]; got != uint64(l.spec.PerSubject) {
			t.Errorf("%s worker %d has %d records, want %d", when, n, got, l.spec.PerSubject)
		}
	}
	all := uint64(l.spec.PerSubject) * (snowflake.MaxWorker + 1)
	if s := info.State; s.Msgs != all || s.LastSeq-s.FirstSeq+1 != all {
		t.Errorf("%s the stream has %d records from %d to %d, want the newest %d", when, s.Msgs, s.FirstSeq, s.LastSeq, all)
	}
}

// info reads the stream; right after a failure it may have to retry.
func (l *leases) info(t *testing.T) *jetstream.StreamInfo {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		s, err := l.js.Stream(l.ctx, l.spec.Name)
		if err == nil {
			var info *jetstream.StreamInfo
			if info, err = s.Info(l.ctx, jetstream.WithSubjectFilter(">")); err == nil {
				return info
			}
		}
		select {
		case <-tick.C:
		case <-l.ctx.Done():
			t.Fatal(err)
		}
	}
}

// A worker number whose record disappeared would look unused.
func (l *leases) testNoPurge(t *testing.T) {
	t.Helper()
	s, err := l.js.Stream(l.ctx, l.spec.Name)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Purge(l.ctx); err == nil {
		t.Error("the leases can be purged")
	}
	if err := s.DeleteMsg(l.ctx, s.CachedInfo().State.LastSeq); err == nil {
		t.Error("a lease can be deleted")
	}
	l.wantKept(t, "after a purge")
	if _, err := streams.Check(l.ctx, l.js, l.spec); err != nil {
		t.Error(err)
	}
}

// The settings that differ for streams that drop old records.
func TestChangedLeaseSettingsAreNoticed(t *testing.T) {
	s := brokertest.Run(t)
	js, ctx, spec := newJS(t, s.Connect(t)), testContext(t), idwire.LeaseStream()
	for _, c := range []struct {
		setting string
		change  func(*jetstream.StreamConfig)
	}{
		{"max_msgs_per_subject", func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject-- }},
		{"max_msgs_per_subject", func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = -1 }},
		{"discard_new_per_subject", func(c *jetstream.StreamConfig) { c.DiscardNewPerSubject = true }},
		{"deny_purge", func(c *jetstream.StreamConfig) { c.DenyPurge = false }},
		{"first_seq", func(c *jetstream.StreamConfig) { c.FirstSeq = 0 }},
	} {
		cfg := streams.Config(spec, 1)
		cfg.FirstSeq = 2
		cfg.Metadata = map[string]string{wire.MetaIncarnation: wire.Token([10]byte{1})}
		c.change(&cfg)
		recreate(t, ctx, js, cfg)
		_, err := streams.Check(ctx, js, spec)
		wantErrorOf(t, err, spec.Name, c.setting)
		if err := js.DeleteStream(ctx, spec.Name); err != nil {
			t.Fatal(err)
		}
	}
}

// The condition of a write that was determined from a lost stream matches no record of
// the recreated one, on one server and on three.
func TestLeasesMadeAnewBeginElsewhere(t *testing.T) {
	t.Run("one server", func(t *testing.T) { testBeginElsewhere(t, brokertest.Run(t).Connect(t), 1) })
	t.Run("three servers", func(t *testing.T) { testBeginElsewhere(t, brokertest.RunCluster(t, 3).Connect(t), 3) })
}

func testBeginElsewhere(t *testing.T, nc *nats.Conn, replicas int) {
	l := newLeases(t, nc, replicas)
	var before uint64
	for range 2 {
		first, err := l.publish(7, 0, []byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		if info := l.info(t); info.Config.FirstSeq != first || first < 2 || first == before {
			t.Fatalf("the first record has sequence %d, configured is %d, the stream before began at %d", first, info.Config.FirstSeq, before)
		}
		if before != 0 {
			if _, err := l.publish(7, before, []byte("late")); !wrongLast(err, first) {
				t.Fatalf("a write that expects %d, of the stream that was lost: %v", before, err)
			}
			return
		}
		before = first
		if err := l.js.DeleteStream(l.ctx, l.spec.Name); err != nil {
			t.Fatal(err)
		}
		if _, _, err := streams.Ensure(l.ctx, l.js, l.spec, replicas); err != nil {
			t.Fatal(err)
		}
	}
}
