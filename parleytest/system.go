package parleytest

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/coordinator"
	"parley/coordinator/txclient"
	"parley/idworker"
	"parley/idworker/idclient"
	"parley/natsconn"
	"parley/participants/participanttest"

	"github.com/nats-io/nats.go"
)

const (
	// defaultPatience is for a slow machine under load.
	defaultPatience = time.Minute
	// drainTimeout is short: a test may end before its participants have acknowledged
	// everything, and these are stopped first.
	drainTimeout = 500 * time.Millisecond
)

// System is a running Parley.
type System struct {
	// Broker is the broker, with every stream of Parley.
	Broker *brokertest.Server
	// Coordinators and IDWorkers are one each, unless options set another number.
	Coordinators, IDWorkers []*Process

	log      *slog.Logger
	patience time.Duration
	nc       *nats.Conn
}

// Option changes what [Start] starts.
type Option func(*options)

type options struct {
	coordinators, idworkers int
	eventSubjects           []string
	log                     *slog.Logger
	patience                time.Duration
}

// Coordinators sets the number of coordinators. With two, one of them can die or be
// isolated, and the other one finishes its transactions.
func Coordinators(n int) Option { return func(o *options) { o.coordinators = n } }

// EventSubjects are the subjects that transactions may have events for; the test creates
// their streams.
func EventSubjects(subjects ...string) Option { return func(o *options) { o.eventSubjects = subjects } }

// IDWorkers sets the number of idworkers.
func IDWorkers(n int) Option { return func(o *options) { o.idworkers = n } }

// Log receives all logs, in place of the test's output.
func Log(log *slog.Logger) Option { return func(o *options) { o.log = log } }

// Patience bounds each wait for something that is to happen; default one minute.
func Patience(d time.Duration) Option { return func(o *options) { o.patience = d } }

// Start starts a broker, its streams, a coordinator and an idworker, and stops them when
// the test ends.
func Start(t testing.TB, opts ...Option) *System {
	t.Helper()
	o := options{coordinators: 1, idworkers: 1, patience: defaultPatience, log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	for _, set := range opts {
		set(&o)
	}
	s := &System{Broker: brokertest.Run(t, brokertest.Log(o.log)), log: o.log, patience: o.patience}
	s.nc = s.Connect(t)
	participanttest.Streams(t, s.nc)
	for i := range o.coordinators {
		s.Coordinators = append(s.Coordinators, s.Run(t, fmt.Sprintf("coordinator-%d", i+1), func(nc *nats.Conn) (Role, error) {
			return coordinator.New(coordinator.Config{EventSubjects: o.eventSubjects, DrainTimeout: drainTimeout, Log: o.log}, coordinator.Deps{NATS: nc})
		}))
	}
	for i := range o.idworkers {
		s.IDWorkers = append(s.IDWorkers, s.Run(t, fmt.Sprintf("idworker-%d", i+1), func(nc *nats.Conn) (Role, error) {
			return idworker.New(idworker.Config{Log: o.log}, idworker.Deps{NATS: nc})
		}))
	}
	return s
}

// Logger returns the logger of the system's roles, for those of the test.
func (s *System) Logger() *slog.Logger { return s.log }

// RestartBroker ends the broker without a drain and starts it again, on the same port and
// store. Connections return by themselves.
func (s *System) RestartBroker(t testing.TB) { t.Helper(); s.Broker.Restart(t) }

func (s *System) address() string { return strings.TrimPrefix(s.Broker.URL(), "nats://") }

// Connect opens a connection past the relays, as package natsconn opens it, and closes it
// with the test.
func (s *System) Connect(t testing.TB) *nats.Conn {
	t.Helper()
	nc, err := natsconn.Connect(t.Context(), natsconn.Options{URL: s.Broker.URL(), Name: t.Name(), Log: s.log})
	if err != nil {
		t.Fatalf("parleytest: %v", err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// Client returns a client that submits transactions, and closes it with the test.
func (s *System) Client(t testing.TB) *txclient.Client {
	t.Helper()
	c, err := txclient.New(s.nc)
	if err != nil {
		t.Fatalf("parleytest: %v", err)
	}
	t.Cleanup(func() { _ = c.Close() }) // it fails only on a closed connection
	return c
}

// IDs returns a client that takes IDs, and closes it with the test.
func (s *System) IDs(t testing.TB) *idclient.Client {
	t.Helper()
	c, err := idclient.New(s.nc, idclient.Config{})
	if err != nil {
		t.Fatalf("parleytest: %v", err)
	}
	t.Cleanup(c.Close)
	return c
}
