package streams_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*brokertest.StartTimeout)
	t.Cleanup(cancel)
	return ctx
}

func newJS(t *testing.T, nc *nats.Conn) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// wantError expects an *Error about the given setting ("" for a missing
// stream) that contains what to do.
func wantError(t *testing.T, err error, setting string) {
	t.Helper()
	wantErrorOf(t, err, txwire.LogStream().Name, setting)
}

func wantErrorOf(t *testing.T, err error, stream, setting string) {
	t.Helper()
	e, ok := errors.AsType[*streams.Error](err)
	if !ok {
		t.Fatalf("the error is %v, want a *streams.Error about %q", err, setting)
	}
	if e.Setting != setting || e.Missing != (setting == "") || e.Stream != stream {
		t.Errorf("the error is about %q of %q (missing: %v), want %q of %s", e.Setting, e.Stream, e.Missing, setting, stream)
	}
	if !strings.Contains(e.Error(), stream) || !strings.Contains(e.Error(), "parley init") {
		t.Errorf("the error %q does not contain the stream and what to do", e)
	}
}

func TestEnsureCreatesOnceAndCheckReadsIt(t *testing.T) {
	s := brokertest.Run(t)
	js, ctx, spec := newJS(t, s.Connect(t)), testContext(t), txwire.LogStream()
	_, err := streams.Check(ctx, js, spec)
	wantError(t, err, "")

	first, created, err := streams.Ensure(ctx, js, spec, 1)
	if err != nil || !created {
		t.Fatalf("creating: created is %v, %v", created, err)
	}
	second, created, err := streams.Ensure(ctx, js, spec, 1)
	if err != nil || created || second != first {
		t.Errorf("again: incarnation %q, created %v, %v; want %q, not created", second, created, err, first)
	}
	info, err := streams.Check(ctx, js, spec)
	if err != nil || info.Incarnation != first || info.Replicas != 1 || info.Leader != "test" || info.ServerTime.IsZero() {
		t.Errorf("Check returns %+v, %v", info, err)
	}
	// A stream that was lost and recreated has another incarnation.
	if err := js.DeleteStream(ctx, spec.Name); err != nil {
		t.Fatal(err)
	}
	third, created, err := streams.Ensure(ctx, js, spec, 1)
	if err != nil || !created || third == first {
		t.Errorf("recreated: incarnation %q after %q, created %v, %v", third, first, created, err)
	}
	if err := info.Same(spec.Name, first); err != nil {
		t.Error(err)
	}
	if info, err = streams.Check(ctx, js, spec); err != nil {
		t.Fatal(err)
	}
	wantError(t, info.Same(spec.Name, first), "metadata parley-incarnation")
}

func TestRacingCreatorsAgree(t *testing.T) {
	s := brokertest.Run(t)
	ctx, spec := testContext(t), txwire.LogStream()
	raceCreators(t, ctx, spec, 1, func() *nats.Conn { return s.Connect(t) })
}

func raceCreators(t *testing.T, ctx context.Context, spec wire.StreamSpec, replicas int, connect func() *nats.Conn) {
	t.Helper()
	const n = 8
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen, creators := map[string]bool{}, 0
	for range n {
		js := newJS(t, connect())
		wg.Go(func() {
			incarnation, created, err := streams.Ensure(ctx, js, spec, replicas)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			seen[incarnation] = true
			if created {
				creators++
			}
		})
	}
	wg.Wait()
	if len(seen) != 1 || creators != 1 {
		t.Errorf("%d creators saw %d incarnations and %d created one, want 1 and 1", n, len(seen), creators)
	}
}

func TestEnsureRefuses(t *testing.T) {
	s := brokertest.Run(t)
	js, ctx, spec := newJS(t, s.Connect(t)), testContext(t), txwire.LogStream()
	if _, _, err := streams.Ensure(ctx, js, spec, 2); err == nil || !strings.Contains(err.Error(), "replicas is 2") {
		t.Errorf("two replicas: %v", err)
	}
	if _, _, err := streams.Ensure(ctx, js, spec, 3); err == nil || strings.Contains(err.Error(), "is not available") {
		t.Errorf("three replicas on one server: %v, want an error without retries", err)
	}
	if _, _, err := streams.Ensure(ctx, js, spec, 1); err != nil {
		t.Fatal(err)
	}
	_, _, err := streams.Ensure(ctx, js, spec, 3)
	if err == nil {
		t.Error("a stream with one replica passes for one with three")
	}
}

// Check and Ensure report every setting that the guarantees depend on if it differs.
func TestChangedSettingsAreNoticed(t *testing.T) {
	s := brokertest.Run(t)
	js, ctx, spec := newJS(t, s.Connect(t)), testContext(t), txwire.LogStream()
	token := wire.Token([10]byte{1})
	for _, c := range []struct {
		setting string
		change  func(*jetstream.StreamConfig)
	}{
		{"storage", func(c *jetstream.StreamConfig) { c.Storage, c.MaxBytes = jetstream.MemoryStorage, 1<<20 }},
		{"persist_mode", func(c *jetstream.StreamConfig) { c.PersistMode = jetstream.AsyncPersistMode }},
		{"retention", func(c *jetstream.StreamConfig) { c.Retention = jetstream.InterestPolicy }},
		{"discard", func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardOld }},
		{"max_age", func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour }},
		{"max_msgs", func(c *jetstream.StreamConfig) { c.MaxMsgs = 10 }},
		{"max_msgs_per_subject", func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 1 }},
		{"max_bytes", func(c *jetstream.StreamConfig) { c.MaxBytes = spec.MinBytes - 1 }},
		{"max_msg_size", func(c *jetstream.StreamConfig) { c.MaxMsgSize-- }},
		{"duplicate_window", func(c *jetstream.StreamConfig) { c.Duplicates /= 2 }},
		{"allow_rollup_hdrs", func(c *jetstream.StreamConfig) { c.AllowRollup = true }},
		{"allow_direct", func(c *jetstream.StreamConfig) { c.AllowDirect = true }},
		{"republish", func(c *jetstream.StreamConfig) { c.RePublish = &jetstream.RePublish{Source: ">", Destination: "y.>"} }},
		{"allow_msg_ttl", func(c *jetstream.StreamConfig) { c.AllowMsgTTL = true }},
		{"deny_delete", func(c *jetstream.StreamConfig) { c.DenyDelete = false }},
		{"deny_purge", func(c *jetstream.StreamConfig) { c.DenyPurge = true }},
		{"no_ack", func(c *jetstream.StreamConfig) { c.NoAck = true }},
		{"mirror or sources", func(c *jetstream.StreamConfig) { c.Sources = []*jetstream.StreamSource{{Name: "OTHER"}} }},
		{"subject_transform", func(c *jetstream.StreamConfig) {
			c.SubjectTransform = &jetstream.SubjectTransformConfig{Source: "tx.log.*", Destination: "x.{{wildcard(1)}}"}
		}},
		{"subjects", func(c *jetstream.StreamConfig) { c.Subjects = []string{"tx.log.>"} }},
		{"metadata parley-incarnation", func(c *jetstream.StreamConfig) { c.Metadata = nil }},
	} {
		t.Run(c.setting, func(t *testing.T) {
			cfg := streams.Config(spec, 1)
			cfg.Metadata = map[string]string{wire.MetaIncarnation: token}
			recreate(t, ctx, js, cfg)
			if _, err := streams.Check(ctx, js, spec); err != nil {
				t.Fatalf("before the change: %v", err)
			}
			if err := js.DeleteStream(ctx, spec.Name); err != nil {
				t.Fatal(err)
			}
			c.change(&cfg)
			recreate(t, ctx, js, cfg)
			defer js.DeleteStream(ctx, spec.Name)
			_, err := streams.Check(ctx, js, spec)
			wantError(t, err, c.setting)
			_, _, err = streams.Ensure(ctx, js, spec, 1)
			wantError(t, err, c.setting)
		})
	}
}

// recreate creates a stream whose namesake was just deleted. The server may still
// be removing that one's directory and answers 10049 meanwhile.
func recreate(t *testing.T, ctx context.Context, js jetstream.JetStream, cfg jetstream.StreamConfig) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		_, err := js.CreateStream(ctx, cfg)
		if err == nil {
			return
		}
		if api, ok := errors.AsType[*jetstream.APIError](err); !ok || api.ErrorCode != 10049 {
			t.Fatal(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal(err)
		}
	}
}

// Larger limits than required are accepted.
func TestLargerLimitsPass(t *testing.T) {
	s := brokertest.Run(t)
	js, ctx, spec := newJS(t, s.Connect(t)), testContext(t), txwire.LogStream()
	if _, _, err := streams.Ensure(ctx, js, spec, 1); err != nil {
		t.Fatal(err)
	}
	spec.MaxBytes, spec.MaxMsgSize = spec.MaxBytes/2, spec.MaxMsgSize/2
	if _, err := streams.Check(ctx, js, spec); err != nil {
		t.Error(err)
	}
}

// Check and Await wait for a server that starts.
func TestWaitsForJetStream(t *testing.T) {
	s := brokertest.Run(t)
	js, ctx, spec := newJS(t, s.Connect(t)), testContext(t), txwire.LogStream()
	if _, _, err := streams.Ensure(ctx, js, spec, 1); err != nil {
		t.Fatal(err)
	}
	s.Kill()
	out := make(chan error, 2)
	go func() {
		_, err := streams.Check(ctx, js, spec)
		out <- err
	}()
	go func() {
		_, err := streams.Await(ctx, js, spec, slog.New(slog.DiscardHandler))
		out <- err
	}()
	s.Restart(t)
	for range 2 {
		if err := <-out; err != nil {
			t.Error(err)
		}
	}
	// A definite answer is returned without retries.
	spec.Name = "OTHER"
	_, err := streams.Await(ctx, js, spec, slog.New(slog.DiscardHandler))
	if e, ok := errors.AsType[*streams.Error](err); !ok || !e.Missing {
		t.Errorf("a stream that does not exist: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestCheckEndsWithItsContext(t *testing.T) {
	s := brokertest.Run(t)
	js := newJS(t, s.Connect(t))
	s.Kill()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for what, err := range map[string]error{
		"Check": second(streams.Check(ctx, js, txwire.LogStream())),
		"Await": second(streams.Await(ctx, js, txwire.LogStream(), slog.New(slog.DiscardHandler))),
	} {
		if _, ok := errors.AsType[*streams.Error](err); err == nil || ok {
			t.Errorf("%s without a server: %v, want an error that is not about the stream", what, err)
		}
	}
}

func TestVerify(t *testing.T) {
	s := brokertest.Run(t)
	nc, ctx := s.Connect(t), testContext(t)
	if r := streams.Inspect(ctx, nc, txwire.LogStream().Name); r.Durability != streams.Unverified || r.Reason == "" {
		t.Errorf("without a stream: %+v", r)
	}
	if _, _, err := streams.Ensure(ctx, newJS(t, nc), txwire.LogStream(), 1); err != nil {
		t.Fatal(err)
	}
	if r := streams.Inspect(ctx, nc, txwire.LogStream().Name); r != (streams.Report{Durability: streams.Synced}) {
		t.Errorf("on a Parley broker: %+v", r)
	}
	if d := streams.Verify(ctx, nc, txwire.LogStream().Name, "NONE"); d != streams.Unverified {
		t.Errorf("with a stream that does not exist: %v", d)
	}
}

// A server that Parley did not start is unverified, unless its operator tagged
// it.
func TestVerifyForeignServer(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*server.Options)
		want   streams.Durability
	}{
		{"untagged", func(*server.Options) {}, streams.Unverified},
		{"tagged", func(o *server.Options) { o.Tags = []string{streams.TagSynced} }, streams.Synced},
		{"no system account", func(o *server.Options) {
			o.Tags = []string{streams.TagSynced}
			o.NoSystemAccount = true
		}, streams.Synced}, // JetStream makes one
	} {
		t.Run(c.name, func(t *testing.T) {
			o := &server.Options{
				ServerName: "foreign", Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true,
				JetStream: true, StoreDir: t.TempDir(), JetStreamMaxStore: 1 << 30, JetStreamMaxMemory: 1 << 20,
			}
			c.change(o)
			s, err := server.NewServer(o)
			if err != nil {
				t.Fatal(err)
			}
			s.Start()
			defer func() { s.Shutdown(); s.WaitForShutdown() }()
			nc, err := nats.Connect(s.ClientURL())
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			ctx := testContext(t)
			if _, _, err := streams.Ensure(ctx, newJS(t, nc), txwire.LogStream(), 1); err != nil {
				t.Fatal(err)
			}
			if r := streams.Inspect(ctx, nc, txwire.LogStream().Name); r.Durability != c.want || r.Silent {
				t.Errorf("the report is %+v, want %s as declared", r, c.want)
			}
		})
	}
}

func TestCluster(t *testing.T) {
	c := brokertest.RunCluster(t, 3)
	ctx, spec := testContext(t), txwire.LogStream()
	nc := c.Connect(t)
	raceCreators(t, ctx, spec, 3, func() *nats.Conn { return c.Connect(t) })
	info, err := streams.Check(ctx, newJS(t, nc), spec)
	if err != nil || info.Replicas != 3 {
		t.Fatalf("Check returns %+v, %v", info, err)
	}
	if r := streams.Inspect(ctx, nc, txwire.LogStream().Name); r.Durability != streams.Synced {
		t.Errorf("with all nodes: %+v", r)
	}
	// Whether a dead node synced its disk cannot be known.
	c.KillNode((c.StreamLeader(t, spec.Name) + 1) % 3)
	if r := streams.Inspect(ctx, nc, txwire.LogStream().Name); r.Durability != streams.Replicated || !r.Silent || !strings.Contains(r.Reason, "does not answer") {
		t.Errorf("with a dead node: %+v, want replicated, since one does not answer", r)
	}
}
