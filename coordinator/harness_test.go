package coordinator_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/coordinator"
	"parley/coordinator/txclient"
	"parley/internal/hooks"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// harness is a broker with the commit log's stream.
type harness struct {
	*brokertest.Server
	js jetstream.JetStream
}

func newHarness(t *testing.T) *harness { return newHarnessOn(t, txwire.LogStream()) }

// newHarnessOn starts a broker with a commit log of that specification.
func newHarnessOn(t *testing.T, spec wire.StreamSpec) *harness {
	s := brokertest.Run(t)
	js, err := jetstream.New(s.Connect(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := streams.Ensure(t.Context(), js, spec, 1); err != nil {
		t.Fatal(err)
	}
	return &harness{Server: s, js: js}
}

// process is a coordinator that can be stopped like one, or killed: a killed
// one loses its connection and its memory at the same moment.
type process struct {
	t    *testing.T
	nc   *nats.Conn
	stop context.CancelFunc
	done chan error
}

func (s *harness) coordinator(t *testing.T, cfg coordinator.Config, h ...hooks.Hooks) *process {
	t.Helper()
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelInfo}))
	nc := s.Connect(t)
	c, err := coordinator.New(cfg, coordinator.Deps{NATS: nc})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	for _, h := range h {
		ctx = hooks.With(ctx, h)
	}
	p := &process{t: t, nc: nc, stop: cancel, done: make(chan error, 1)}
	go func() { p.done <- c.Run(ctx) }()
	t.Cleanup(p.drain)
	select {
	case <-c.Ready():
	case err := <-p.done:
		t.Fatalf("coordinator ended: %v", err)
	case <-time.After(patience):
		t.Fatal("coordinator is not ready")
	}
	return p
}

// kill cuts the coordinator off in the middle of whatever it does.
func (p *process) kill() {
	p.nc.Close()
	p.stop()
	<-p.done
	p.done = nil
}

func (p *process) drain() {
	if p.done == nil {
		return
	}
	p.stop()
	if err := <-p.done; err != nil {
		p.t.Errorf("coordinator ended with %v", err)
	}
	p.done = nil
}

func newClient(t *testing.T, nc *nats.Conn) *txclient.Client {
	t.Helper()
	c, err := txclient.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func order(key string) txclient.Request {
	return txclient.Request{Key: key, Branches: []txwire.Branch{
		{Participant: "inventory", Payload: []byte(`{"item":"soup"}`)},
		{Participant: "delivery", Payload: []byte(`{"zone":"north"}`)},
	}}
}

func (s *harness) logs(t *testing.T) map[string]uint64 {
	t.Helper()
	st, err := s.js.Stream(t.Context(), txwire.LogStream().Name)
	if err != nil {
		t.Fatal(err)
	}
	info, err := st.Info(t.Context(), jetstream.WithSubjectFilter(">"))
	if err != nil {
		t.Fatal(err)
	}
	return info.State.Subjects
}
