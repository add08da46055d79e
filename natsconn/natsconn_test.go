package natsconn_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/natsconn"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// record is a log to read back.
type record struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.Write(p)
}

func (r *record) count(s string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Count(r.buf.String(), s)
}

func (r *record) logger() *slog.Logger { return slog.New(slog.NewTextHandler(r, nil)) }

// patience bounds every wait; nothing comes near it.
const patience = 2 * time.Minute

func connect(t *testing.T, o natsconn.Options) *nats.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	nc, err := natsconn.Connect(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func awaitStatus(t *testing.T, nc *nats.Conn, want nats.Status) {
	t.Helper()
	// The client does not report every change to listeners.
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for nc.Status() != want {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("the connection is %v, want %v", nc.Status(), want)
		}
	}
}

// A publish while the broker is away fails at once and never arrives later.
func TestOutageKeepsNothingAndLogsOnce(t *testing.T) {
	s := brokertest.Run(t)
	var log record
	nc := connect(t, natsconn.Options{URL: s.URL(), Name: "test", Log: log.logger()})
	sub, err := nc.SubscribeSync("x")
	if err != nil {
		t.Fatal(err)
	}
	s.Kill()
	awaitStatus(t, nc, nats.RECONNECTING)
	if err := nc.Publish("x", []byte("late")); !errors.Is(err, nats.ErrReconnectBufExceeded) {
		t.Errorf("publishing without a broker returns %v, want %v", err, nats.ErrReconnectBufExceeded)
	}
	s.Restart(t)
	awaitStatus(t, nc, nats.CONNECTED)
	if err := nc.Publish("x", []byte("new")); err != nil {
		t.Fatal(err)
	}
	msg, err := sub.NextMsg(patience)
	if err != nil {
		t.Fatal(err)
	}
	if string(msg.Data) != "new" {
		t.Errorf("the first message after the outage is %q, want %q", msg.Data, "new")
	}
	nc.Close()
	if n := log.count("lost the connection"); n != 1 {
		t.Errorf("the loss was logged %d times, want once", n)
	}
	if n := log.count("cannot be reached"); n != 0 {
		t.Errorf("failed attempts were logged %d times besides the loss", n)
	}
}

func TestConnectWaitsForTheBroker(t *testing.T) {
	s := brokertest.Run(t)
	s.Kill()
	var log record
	type result struct {
		nc  *nats.Conn
		err error
	}
	out := make(chan result, 1)
	go func() {
		nc, err := natsconn.Connect(t.Context(), natsconn.Options{URL: s.URL(), Log: log.logger()})
		out <- result{nc, err}
	}()
	s.Restart(t)
	select {
	case r := <-out:
		if r.err != nil {
			t.Fatal(r.err)
		}
		r.nc.Close()
	case <-time.After(patience):
		t.Fatal("Connect does not notice that the broker is there")
	}
	if n := log.count("cannot be reached"); n > 1 {
		t.Errorf("waiting was logged %d times, want at most once", n)
	}
}

// Flush waits for a broker that is away, and for nothing else.
func TestFlush(t *testing.T) {
	s := brokertest.Run(t)
	nc := connect(t, natsconn.Options{URL: s.URL(), Log: slog.New(slog.DiscardHandler)})
	if err := natsconn.Flush(t.Context(), nc); err != nil {
		t.Fatal(err)
	}
	s.Kill()
	awaitStatus(t, nc, nats.RECONNECTING)
	sub, err := nc.SubscribeSync("x")
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stopped by the test")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	if err := natsconn.Flush(ctx, nc); !errors.Is(err, stop) {
		t.Errorf("flushing without a broker, stopped: %v", err)
	}
	flushed := make(chan error, 1)
	go func() { flushed <- natsconn.Flush(t.Context(), nc) }()
	s.Restart(t)
	if err := <-flushed; err != nil {
		t.Fatal(err)
	}
	if err := s.Connect(t).Publish("x", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := sub.NextMsg(patience); err != nil {
		t.Errorf("what was sent after the flush: %v", err)
	}
	nc.Close()
	if err := natsconn.Flush(t.Context(), nc); !errors.Is(err, nats.ErrConnectionClosed) {
		t.Errorf("flushing a closed connection: %v", err)
	}
}

// A name server that does not answer holds nobody up: neither who connects nor
// who closes.
func TestNameServerIsSilent(t *testing.T) {
	usual := net.DefaultResolver
	t.Cleanup(func() { net.DefaultResolver = usual })
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if _, err := natsconn.Connect(ctx, natsconn.Options{URL: "nats://broker-1:4222,nats://broker-2:4222", Log: slog.New(slog.DiscardHandler)}); err == nil {
		t.Fatal("connected to nobody")
	}
	// Each name takes a dial of two seconds, twice at most; a lookup without a
	// bound takes half a minute.
	if took := time.Since(begin); took > 25*time.Second {
		t.Errorf("giving up took %v", took)
	}
}

func TestConnectGivesUpWithAHint(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var log record
	_, err = natsconn.Connect(ctx, natsconn.Options{URL: "nats://bob:hunter2@" + addr, Log: log.logger()})
	if err == nil {
		t.Fatal("connected to nothing")
	}
	for _, want := range []string{addr, "is a broker running?", "`parley up`", "bob:xxxxx@"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error %q does not contain %q", err, want)
		}
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error %q is not the context's", err)
	}
	if strings.Contains(err.Error(), "hunter2") || log.count("hunter2") > 0 {
		t.Error("the password is shown")
	}
	if n := log.count("cannot be reached"); n != 1 {
		t.Errorf("waiting was logged %d times, want once", n)
	}
}

func TestConnectWithPassword(t *testing.T) {
	url := passwordServer(t, server.RANDOM_PORT, "hunter2").Addr().String()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	connect(t, natsconn.Options{URL: "nats://bob:hunter2@" + url})

	var log record
	_, err := natsconn.Connect(ctx, natsconn.Options{URL: "nats://bob:wrong-secret@" + url, Log: log.logger()})
	if !errors.Is(err, nats.ErrAuthorization) || ctx.Err() != nil {
		t.Errorf("a wrong password gives %v, want %v at once", err, nats.ErrAuthorization)
	}
	if err != nil && strings.Contains(err.Error(), "wrong-secret") || log.count("wrong-secret") > 0 {
		t.Error("the password is shown")
	}
}

// A broker that comes back with other credentials is asked again until it has
// the right ones.
func TestRefusedCredentialsHeal(t *testing.T) {
	good := passwordServer(t, server.RANDOM_PORT, "hunter2")
	port := good.Addr().(*net.TCPAddr).Port
	var log record
	nc := connect(t, natsconn.Options{URL: "nats://bob:hunter2@" + good.Addr().String(), Log: log.logger()})
	good.Shutdown()
	good.WaitForShutdown()
	bad := passwordServer(t, port, "other")
	// The client gives up after two refusals by default.
	deadline := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for tries := uint64(0); tries < 4; {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("the client tried %d times and stopped", tries)
		}
		v, err := bad.Varz(nil)
		if err != nil {
			t.Fatal(err)
		}
		tries = v.TotalConnections
	}
	bad.Shutdown()
	bad.WaitForShutdown()
	passwordServer(t, port, "hunter2")
	awaitStatus(t, nc, nats.CONNECTED)
	nc.Close()
	if n := log.count("refuses the credentials"); n != 1 {
		t.Errorf("the refusal was logged %d times, want once", n)
	}
	if n := log.count("cannot be reached"); n != 0 {
		t.Errorf("failed attempts were logged %d times besides the loss", n)
	}
}

// passwordServer is a nats-server that wants the user bob with a password.
func passwordServer(t *testing.T, port int, password string) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: port, NoSigs: true, NoLog: true,
		Username: "bob", Password: password,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		t.Fatal("the server did not start")
	}
	return s
}

func TestConnectInProcess(t *testing.T) {
	s := brokertest.Run(t)
	nc := connect(t, natsconn.Options{InProcess: s.Broker().InProcess()})
	if err := nc.FlushTimeout(patience); err != nil {
		t.Error(err)
	}
}

func TestConnectRefusesBadOptions(t *testing.T) {
	for _, c := range []struct {
		name string
		o    natsconn.Options
		want string
	}{
		{"no url", natsconn.Options{}, "is empty"},
		{"malformed", natsconn.Options{URL: "nats://bob:hun%zzter2@host:4222"}, `"nats://bob:xxxxx@host:4222" is malformed`},
		{"scheme", natsconn.Options{URL: "http://bob:hunter2@host:4222"}, `has the scheme "http"`},
		{"no host", natsconn.Options{URL: "nats://:4222"}, "has no host"},
		{"creds", natsconn.Options{URL: "nats://host", Creds: filepath.Join(t.TempDir(), "none.creds")}, "none.creds"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := natsconn.Connect(t.Context(), c.o)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want one with %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "ter2") {
				t.Errorf("the error %q shows the password", err)
			}
		})
	}
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"nats://host:4222":                      "nats://host:4222",
		"nats://bob:pw@host:4222":               "nats://bob:xxxxx@host:4222",
		"nats://token@host":                     "nats://xxxxx@host",
		"bob:p@w:x@host":                        "bob:xxxxx@host",
		"nats://a:b@one:1,nats://c:d@two:2,x:3": "nats://a:xxxxx@one:1,nats://c:xxxxx@two:2,x:3",
		"":                                      "",
	} {
		if got := natsconn.Redact(in); got != want {
			t.Errorf("Redact(%q) is %q, want %q", in, got, want)
		}
	}
}

func TestDrainDeliversWhatArrived(t *testing.T) {
	s := brokertest.Run(t)
	nc := connect(t, natsconn.Options{URL: s.URL()})
	const n = 100
	var got int
	release := make(chan struct{})
	if _, err := nc.Subscribe("x", func(*nats.Msg) { <-release; got++ }); err != nil {
		t.Fatal(err)
	}
	for range n {
		if err := nc.Publish("x", nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := nc.FlushTimeout(patience); err != nil {
		t.Fatal(err)
	}
	drained := make(chan error, 1)
	go func() { drained <- natsconn.Drain(t.Context(), nc) }()
	awaitStatus(t, nc, nats.DRAINING_SUBS)
	close(release)
	if err := <-drained; err != nil {
		t.Fatal(err)
	}
	if !nc.IsClosed() || got != n {
		t.Errorf("closed is %v after %d of %d messages", nc.IsClosed(), got, n)
	}
	if err := natsconn.Drain(t.Context(), nc); err != nil {
		t.Errorf("draining a closed connection: %v", err)
	}
}

// A handler that hangs does not hold up the end for ever.
func TestDrainEndsWithItsContext(t *testing.T) {
	s := brokertest.Run(t)
	nc := connect(t, natsconn.Options{URL: s.URL()})
	release, entered := make(chan struct{}), make(chan struct{})
	defer close(release)
	if _, err := nc.Subscribe("x", func(*nats.Msg) { close(entered); <-release }); err != nil {
		t.Fatal(err)
	}
	if err := nc.Publish("x", nil); err != nil {
		t.Fatal(err)
	}
	<-entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := natsconn.Drain(ctx, nc); !errors.Is(err, context.Canceled) {
		t.Errorf("Drain returned %v, want %v", err, context.Canceled)
	}
	if !nc.IsClosed() {
		t.Error("the connection is not closed")
	}
}
