package coordinator_test

import (
	"log/slog"
	"testing"

	"parley/broker/brokertest"
	"parley/coordinator"
	"parley/coordinator/txclient"
	"parley/internal/hooks"
	"parley/internal/lifecycle/roletest"
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
	js, _ := brokertest.Stream(t, s.Connect(t), spec, 1)
	return &harness{Server: s, js: js}
}

// coordinator starts one and waits until it serves.
func (s *harness) coordinator(t *testing.T, cfg coordinator.Config, h ...hooks.Hooks) *roletest.Process {
	t.Helper()
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelInfo}))
	nc := s.Connect(t)
	c, err := coordinator.New(cfg, coordinator.Deps{NATS: nc})
	roletest.Must(t, err)
	p := roletest.Start(t, nc, c, h...)
	p.AwaitReady()
	return p
}

func newClient(t *testing.T, nc *nats.Conn) *txclient.Client {
	t.Helper()
	c, err := txclient.New(nc)
	roletest.Must(t, err)
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
	roletest.Must(t, err)
	info, err := st.Info(t.Context(), jetstream.WithSubjectFilter(">"))
	roletest.Must(t, err)
	return info.State.Subjects
}
