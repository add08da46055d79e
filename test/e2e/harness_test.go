package e2e

import (
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/coordinator/txclient"
	"parley/participants/food"
	"parley/test/proc"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// harness is a broker and two participants, each a process of its own, with as
// many coordinators as a test starts.
type harness struct {
	testing.TB
	data         string
	url          string
	broker       *proc.Broker
	participants map[string]*process
	coordinators []*process

	nc     *nats.Conn
	js     jetstream.JetStream
	client *txclient.Client

	// stock is what inventory began with.
	stock  map[string]int64
	mu     sync.Mutex
	orders []*order
	// events: every order has an event, see withEvents.
	events bool
}

// both are the participants.
var both = []string{food.Inventory, food.Delivery}

// newHarness starts a broker and participants with goods that no test exhausts.
func newHarness(t testing.TB) *harness {
	t.Helper()
	data := t.TempDir()
	return newHarnessOn(t, data, binary.StartBroker(t, data))
}

// newHarnessOn starts participants on a broker.
func newHarnessOn(t testing.TB, data string, b *proc.Broker) *harness {
	t.Helper()
	s := &harness{TB: t, data: data, broker: b, url: b.URL(), participants: map[string]*process{}}
	s.startParticipants()
	s.connect()
	s.stock = s.inStock()
	return s
}

// inStock returns how much there is of each item.
func (s *harness) inStock() map[string]int64 {
	s.Helper()
	stock := map[string]int64{}
	for _, i := range s.items() {
		stock[i.Item] = i.Stock
	}
	return stock
}

// connect opens the test's own connection, which survives the broker.
func (s *harness) connect() {
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

// startParticipant starts one and returns before it is ready.
func (s *harness) startParticipant(name string, flags ...string) *process {
	s.Helper()
	p := start(s, append([]string{name, "--data", s.data, "--nats", s.url, "--sample", "bench"}, flags...)...)
	s.participants[name] = p
	return p
}

func (s *harness) startParticipants() {
	s.Helper()
	for _, name := range both {
		s.startParticipant(name)
	}
	for _, name := range both {
		s.participants[name].Await(name + " is ready")
	}
}

// startCoordinator starts one and returns when it is ready.
func (s *harness) startCoordinator(flags ...string) *process {
	s.Helper()
	p := start(s, append(append([]string{"coordinator", "--nats", s.url}, s.eventFlags()...), flags...)...)
	s.coordinators = append(s.coordinators, p)
	p.Await("coordinator is ready")
	return p
}

// stopCoordinators drains those that live.
func (s *harness) stopCoordinators() {
	s.Helper()
	for _, c := range s.coordinators {
		if !c.Ended() {
			c.Stop()
		}
	}
	s.coordinators = nil
}

// settle waits until nothing is in doubt or under way, compares everything with the
// answers of the clients, submits every order once more, and stops everything.
func (s *harness) settle() {
	s.Helper()
	eventually(s, patience, "resolving every branch", s.inDoubt)
	s.check()
	s.repeatAll()
	eventually(s, patience, "finishing everything", s.unfinished)
	s.check()
	s.stopAll()
}

// initStreams creates the streams that do not exist.
func (s *harness) initStreams() { s.Helper(); binary.Init(s, "init", "--nats", s.url) }

// stopAll ends everything in order; what is left must be nothing.
func (s *harness) stopAll() {
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
func (s *harness) killAll() {
	for _, p := range slices.Concat(s.coordinators, slices.Collect(maps.Values(s.participants)), []*process{s.broker.Process}) {
		p.Kill()
	}
	s.coordinators = nil
}

// logs are the commit logs that have records, and how many.
func (s *harness) logs() map[string]uint64 {
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

func (s *harness) path(name string) string { return filepath.Join(s.data, name) }
