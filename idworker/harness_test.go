package idworker_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/idworker"
	"parley/idworker/lease"
	"parley/idworker/snowflake"
	"parley/internal/hooks"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/idwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of a test.
const patience = 2 * time.Minute

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
	b.js = jetStream(t, b.nc)
	ctx, cancel := context.WithTimeout(t.Context(), brokertest.StartTimeout)
	defer cancel()
	var err error
	if b.incarnation, _, err = streams.Ensure(ctx, b.js, idwire.LeaseStream(), replicas); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *harness) connect(t testing.TB) *nats.Conn {
	t.Helper()
	if b.cluster != nil {
		return b.cluster.Connect(t)
	}
	return b.server.Connect(t)
}

func jetStream(t testing.TB, nc *nats.Conn) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// process is an idworker that can be stopped like one, or killed: a killed one
// loses its connection and its memory at the same moment.
type process struct {
	t    testing.TB
	nc   *nats.Conn
	log  *logs
	stop context.CancelFunc
	done chan error
	*idworker.Worker
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
	p := &process{t: t, nc: b.connect(t), log: &logs{t: t, changed: make(chan struct{})}, done: make(chan error, 1)}
	cfg.Log = slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	w, err := idworker.New(cfg, idworker.Deps{NATS: p.nc})
	if err != nil {
		t.Fatal(err)
	}
	w.Pretend(d)
	var ctx context.Context
	ctx, p.stop = context.WithCancel(context.Background())
	for _, h := range h {
		ctx = hooks.With(ctx, h)
	}
	p.Worker = w
	go func() { p.done <- w.Run(ctx) }()
	t.Cleanup(p.drain)
	return p
}

// ready starts an idworker and waits until it is.
func (b *harness) ready(t testing.TB, cfg idworker.Config, h ...hooks.Hooks) *process {
	t.Helper()
	return b.start(t, cfg, h...).await()
}

func (p *process) await() *process {
	p.t.Helper()
	select {
	case <-p.Ready():
	case err := <-p.done:
		p.done <- err
		p.t.Fatalf("the idworker ended: %v", err)
	case <-time.After(patience):
		p.t.Fatal("the idworker is not ready")
	}
	return p
}

// kill cuts the process off in the middle of whatever it does.
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
		p.t.Errorf("the idworker ended with %v", err)
	}
	p.done = nil
}

// fails waits until the process has ended by itself, with an error about the
// stream that has all parts.
func (p *process) fails(parts ...string) {
	p.t.Helper()
	select {
	case err := <-p.done:
		p.done = nil
		if _, ok := errors.AsType[*streams.Error](err); !ok {
			p.t.Fatalf("the idworker ended with %v, want a *streams.Error that names %q", err, parts)
		}
		for _, part := range parts {
			if !strings.Contains(err.Error(), part) {
				p.t.Errorf("the error %q does not name %q", err, part)
			}
		}
	case <-time.After(patience):
		p.t.Fatal("the idworker goes on")
	}
}

// logs are the lines that a process has logged.
type logs struct {
	t       testing.TB
	mu      sync.Mutex
	lines   bytes.Buffer
	changed chan struct{}
}

func (l *logs) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.changed)
	l.changed = make(chan struct{})
	l.lines.Write(line)
	return l.t.Output().Write(line)
}

// count is how many lines have all parts.
func (l *logs) count(parts ...string) (n int, changed chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.lines.String()) {
		all := true
		for _, p := range parts {
			all = all && strings.Contains(line, p)
		}
		if all {
			n++
		}
	}
	return n, l.changed
}

// wait returns when a line has all parts.
func (l *logs) wait(parts ...string) {
	l.t.Helper()
	late := time.After(patience)
	for {
		n, changed := l.count(parts...)
		if n > 0 {
			return
		}
		select {
		case <-changed:
		case <-late:
			l.t.Fatalf("no log line has %q", parts)
		}
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
	inbox, err := b.nc.SubscribeSync(b.nc.NewInbox())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = inbox.Unsubscribe() }()
	if err := b.nc.PublishRequest(idwire.SubjectWorkers, inbox.Subject, wire.Encode(idwire.WorkersRequest{V: wire.Version})); err != nil {
		t.Fatal(err)
	}
	for range n {
		msg, err := inbox.NextMsg(patience)
		if err != nil {
			t.Fatalf("%d of %d idworkers answered: %v", len(all), n, err)
		}
		s, err := wire.Decode[idwire.IDWorkerState](msg.Data)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
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
