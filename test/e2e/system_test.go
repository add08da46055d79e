package e2e

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/coordinator/txclient"
	"parley/participants/food"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// system is a broker and two participants, each a process of its own, with as
// many coordinators as a test starts.
type system struct {
	testing.TB
	data         string
	url          string
	broker       *process
	participants map[string]*process
	coordinators []*process

	nc     *nats.Conn
	js     jetstream.JetStream
	client *txclient.Client

	// stock is what inventory began with.
	stock  map[string]int64
	mu     sync.Mutex
	orders []*order
}

// both are the participants.
var both = []string{food.Inventory, food.Delivery}

// newSystem starts a broker and participants with goods that no test exhausts.
func newSystem(t testing.TB) *system {
	t.Helper()
	s := &system{TB: t, data: t.TempDir(), participants: map[string]*process{}, stock: map[string]int64{}}
	s.broker = start(t, "broker", "--data", s.data, "--listen", "127.0.0.1:0")
	s.url = s.broker.URL()
	if out, errs, code := parley(t, "init", "--nats", s.url); code != exitOK {
		t.Fatalf("init: exit %d\n%s%s", code, out, errs)
	}
	s.startParticipants()
	s.connect()
	for _, i := range s.items() {
		s.stock[i.Item] = i.Stock
	}
	return s
}

// connect opens the test's own connection, which survives the broker.
func (s *system) connect() {
	s.Helper()
	var err error
	if s.nc, err = nats.Connect(s.url, nats.Name("e2e"), nats.MaxReconnects(-1), nats.ReconnectBufSize(-1), nats.ReconnectWait(50*time.Millisecond), nats.ReconnectJitter(0, 0)); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(s.nc.Close)
	if s.js, err = jetstream.New(s.nc); err != nil {
		s.Fatal(err)
	}
	if s.client, err = txclient.New(s.nc); err != nil {
		s.Fatal(err)
	}
}

// startBroker starts the broker again where it was. Its port may have been
// taken meanwhile, by a connection that is about to end.
func (s *system) startBroker() {
	s.Helper()
	listen := strings.TrimPrefix(s.url, "nats://")
	eventually(s, patience, "starting the broker again", func() error {
		s.broker = start(s, "broker", "--data", s.data, "--listen", listen)
		for {
			switch out := s.broker.Output(); {
			case strings.Contains(out, "NATS listens on"):
				return nil
			case s.broker.Ended() && strings.Contains(out, "in use"):
				return fmt.Errorf("the port is taken: %s", out)
			case s.broker.Ended():
				s.Fatalf("the broker does not start:\n%s", out)
			}
			s.broker.OneMore()
		}
	})
}

// startParticipant starts one and returns before it is ready.
func (s *system) startParticipant(name string, flags ...string) *process {
	s.Helper()
	p := start(s, append([]string{name, "--data", s.data, "--nats", s.url, "--sample", "bench"}, flags...)...)
	s.participants[name] = p
	return p
}

func (s *system) startParticipants() {
	s.Helper()
	for _, name := range both {
		s.startParticipant(name)
	}
	for _, name := range both {
		s.participants[name].Await(name + " is ready")
	}
}

// startCoordinator starts one and returns when it is ready.
func (s *system) startCoordinator(flags ...string) *process {
	s.Helper()
	p := start(s, append([]string{"coordinator", "--nats", s.url}, flags...)...)
	s.coordinators = append(s.coordinators, p)
	p.Await("coordinator is ready")
	return p
}

// stopCoordinators drains those that live.
func (s *system) stopCoordinators() {
	s.Helper()
	for _, c := range s.coordinators {
		if !c.Ended() {
			c.Stop()
		}
	}
	s.coordinators = nil
}

// stopAll ends everything in order; what is left must be nothing.
func (s *system) stopAll() {
	s.Helper()
	s.stopCoordinators()
	if left := s.logs(); len(left) > 0 {
		s.Errorf("after a drain the commit logs hold %v", left)
	}
	for _, p := range s.participants {
		p.Stop()
	}
	s.nc.Close()
	s.broker.Stop()
}

// killAll is a power failure.
func (s *system) killAll() {
	for _, p := range slices.Concat(s.coordinators, slices.Collect(maps.Values(s.participants)), []*process{s.broker}) {
		p.Kill()
	}
	s.coordinators = nil
}

// logs are the commit logs that have records, and how many.
func (s *system) logs() map[string]uint64 {
	s.Helper()
	st, err := s.js.Stream(s.Context(), txwire.LogStream().Name)
	if err != nil {
		s.Fatal(err)
	}
	info, err := st.Info(s.Context(), jetstream.WithSubjectFilter(">"))
	if err != nil {
		s.Fatal(err)
	}
	return info.State.Subjects
}

func (s *system) path(name string) string { return filepath.Join(s.data, name) }
