package idworker_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/idworker"
	"parley/idworker/lease"
	"parley/idworker/snowflake"
	"parley/internal/hooks"
	"parley/internal/lifecycle/roletest"
	"parley/internal/streams"
	"parley/natsconn"
	"parley/wire"
	"parley/wire/idwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of a test.
const patience = roletest.Patience

// quick are limits in which a lease passes while a test waits.
func quick() lease.Limits {
	return lease.Limits{Reserve: 2_000, Renew: 300, Ahead: 1_000, Warm: 50, Retry: 20, Standby: 50}
}

// harness is a broker with the stream of leases, on one server or on three.
type harness struct {
	server      *brokertest.Server  // nil on three
	cluster     *brokertest.Cluster // nil on one
	nc          *nats.Conn          // for requests
	js          jetstream.JetStream
	incarnation string
}

func newHarness(t testing.TB) *harness {
	t.Helper()
	return (&harness{server: brokertest.Run(t)}).open(t, 1)
}

func newCluster(t testing.TB) *harness {
	t.Helper()
	return (&harness{cluster: brokertest.RunCluster(t, 3)}).open(t, 3)
}

func (b *harness) open(t testing.TB, replicas int) *harness {
	t.Helper()
	b.nc = b.connect(t)
	b.js, b.incarnation = brokertest.Stream(t, b.nc, idwire.LeaseStream(), replicas)
	return b
}

func (b *harness) connect(t testing.TB) *nats.Conn {
	t.Helper()
	if b.cluster != nil {
		return b.cluster.Connect(t)
	}
	return b.server.Connect(t)
}

// process is an idworker that runs.
type process struct {
	*roletest.Process
	*idworker.Worker
	t   testing.TB
	log *roletest.Log
}

// start starts an idworker, with [quick] limits unless cfg has others.
func (b *harness) start(t testing.TB, cfg idworker.Config, h ...hooks.Hooks) *process {
	t.Helper()
	return b.startOn(t, cfg, streams.Synced, h...)
}

func (b *harness) startOn(t testing.TB, cfg idworker.Config, d streams.Durability, h ...hooks.Hooks) *process {
	t.Helper()
	if cfg.Limits == (lease.Limits{}) {
		cfg.Limits = quick()
	}
	nc, p := b.connect(t), &process{t: t, log: roletest.NewLog(t)}
	cfg.Log = slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	w, err := idworker.New(cfg, idworker.Deps{NATS: nc})
	roletest.Must(t, err)
	w.Pretend(d)
	p.Worker, p.Process = w, roletest.Start(t, nc, w, h...)
	return p
}

// ready starts an idworker and waits until it is.
func (b *harness) ready(t testing.TB, cfg idworker.Config, h ...hooks.Hooks) *process {
	t.Helper()
	p := b.start(t, cfg, h...)
	p.AwaitReady()
	return p
}

// fails waits until the process has ended by itself, with an error about the
// stream that has all parts.
func (p *process) fails(parts ...string) {
	p.t.Helper()
	err := p.AwaitFailure(parts...)
	if _, ok := errors.AsType[*streams.Error](err); !ok {
		p.t.Errorf("the idworker ended with %v, want a *streams.Error", err)
	}
}

// clock is a clock that tests put off.
type clock struct{ off atomic.Int64 }

func (c *clock) now() time.Time        { return time.Now().Add(time.Duration(c.off.Load())) }
func (c *clock) put(off time.Duration) { c.off.Store(int64(off)) }

// request asks and decodes.
func request[T any, M wire.Message[T]](t testing.TB, nc *nats.Conn, subject string, data []byte) T {
	t.Helper()
	msg, err := nc.Request(subject, data, patience)
	if err != nil {
		t.Fatalf("%s: %v", subject, err)
	}
	v, err := wire.Decode[T, M](msg.Data)
	if err != nil {
		t.Fatalf("%s: %v", subject, err)
	}
	return v
}

// next gets IDs from any idworker, which must be there.
func (b *harness) next(t testing.TB, count int) []snowflake.ID {
	t.Helper()
	m := request[idwire.IDs](t, b.nc, idwire.SubjectNext, wire.Encode(idwire.Request{V: wire.Version, Count: count}))
	if m.Code != "" || len(m.IDs) != count {
		t.Fatalf("got %d IDs, %s %s, want %d", len(m.IDs), m.Code, m.Reason, count)
	}
	return m.IDs
}

func (b *harness) leases(t testing.TB) map[int]idwire.Lease {
	t.Helper()
	m := request[idwire.Leases](t, b.nc, idwire.SubjectLeases, wire.Encode(idwire.LeasesRequest{V: wire.Version}))
	if m.Code != "" || m.BrokerTime == 0 {
		t.Fatalf("the leases are %+v", m)
	}
	all := map[int]idwire.Lease{}
	for _, l := range m.Leases {
		all[l.Worker] = l
	}
	return all
}

// states asks all idworkers until n have answered.
func (b *harness) states(t testing.TB, n int) (all []idwire.IDWorkerState) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := natsconn.Gather(ctx, b.nc, idwire.SubjectWorkers, wire.Encode(idwire.WorkersRequest{V: wire.Version}), func(m *nats.Msg) bool {
		s, err := wire.Decode[idwire.IDWorkerState](m.Data)
		roletest.Must(t, err)
		all = append(all, s)
		return len(all) < n
	})
	if err != nil || len(all) < n {
		t.Fatalf("%d of %d idworkers answered: %v", len(all), n, err)
	}
	return all
}

// until asks all n idworkers again and again until their states are ok.
func (b *harness) until(t testing.TB, what string, n int, ok func([]idwire.IDWorkerState) bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for {
		s := b.states(t, n)
		if ok(s) {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited for %s: %+v", what, s)
		}
	}
}

// put writes a lease as another process would.
func (b *harness) put(t testing.TB, l idwire.Lease) {
	t.Helper()
	b.putRaw(t, l.Worker, wire.Encode(l))
}

func (b *harness) putRaw(t testing.TB, worker int, data []byte) {
	t.Helper()
	if _, err := b.js.Publish(t.Context(), idwire.LeaseSubject(worker), data); err != nil {
		t.Fatal(err)
	}
}

const stranger = "strangerstranger"
