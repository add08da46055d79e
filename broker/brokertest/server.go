package brokertest

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"parley/broker"

	"github.com/nats-io/nats.go"
)

const (
	// StartTimeout bounds the start of a server, and of a cluster until it has a
	// leader: two elections of up to 9 seconds, on a slow machine under load.
	StartTimeout = 2 * time.Minute
	// stopTimeout bounds the shutdown of a server.
	stopTimeout = 2 * time.Minute
	// portAttempts bounds how often a start is repeated because another process
	// took a port in between.
	portAttempts = 5
)

// Server is one broker of a test.
type Server struct {
	cfg    broker.Config
	broker *broker.Broker
	cancel context.CancelFunc
	ended  chan struct{}
	err    error // what Run returned, once ended is closed
}

// Option changes the configuration with which [Run] starts a server.
type Option func(*broker.Config)

// StoreDir stores the data in dir instead of a new temporary directory.
func StoreDir(dir string) Option { return func(c *broker.Config) { c.StoreDir = dir } }

// Log receives the server's log; by default the test's log receives its errors only.
func Log(log *slog.Logger) Option { return func(c *broker.Config) { c.Log = log } }

// Run starts a server on a free port and waits until it is ready.
func Run(t testing.TB, opts ...Option) *Server {
	t.Helper()
	cfg := broker.Config{Name: "test", Listen: "127.0.0.1:0", Log: testLog(t)}
	for _, o := range opts {
		o(&cfg)
	}
	if cfg.StoreDir == "" {
		cfg.StoreDir = t.TempDir()
	}
	s := &Server{cfg: cfg}
	t.Cleanup(s.Kill)
	s.start(t)
	s.ready(t)
	// A restart uses the same port, so that clients reconnect.
	s.cfg.Listen = strings.TrimPrefix(s.broker.ClientURL(), "nats://")
	return s
}

// URL returns the URL for clients. It stays the same over restarts.
func (s *Server) URL() string { return "nats://" + s.cfg.Listen }

// StoreDir returns the data directory.
func (s *Server) StoreDir() string { return s.cfg.StoreDir }

// Broker returns the running broker. A restart creates another one.
func (s *Server) Broker() *broker.Broker { return s.broker }

// Connect opens a connection that reconnects without limit and has no reconnect
// buffer, and closes it with the test.
func (s *Server) Connect(t testing.TB) *nats.Conn { t.Helper(); return connect(t, s.URL()) }

// Kill ends the server without a drain. It has no effect on a stopped server.
func (s *Server) Kill() {
	if s.cancel == nil {
		return
	}
	s.cancel()
	select {
	case <-s.ended:
	case <-time.After(stopTimeout):
		panic(fmt.Sprintf("brokertest: server %s did not stop within %v", s.cfg.Name, stopTimeout))
	}
}

// Restart starts a stopped server again (a running one is killed first) on the same
// port and store, and waits until it is ready.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.Kill()
	s.start(t)
	s.ready(t)
}

// start runs the server without waiting for it.
func (s *Server) start(t testing.TB) {
	t.Helper()
	b, err := broker.New(s.cfg)
	if err != nil {
		t.Fatalf("brokertest: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	s.broker, s.cancel, s.ended, s.err = b, cancel, ended, nil
	go func() {
		defer close(ended)
		s.err = b.Run(ctx)
	}()
}

// ready waits for a started server.
func (s *Server) ready(t testing.TB) {
	t.Helper()
	if err := s.await(StartTimeout); err != nil {
		t.Fatalf("brokertest: %v", err)
	}
}

func (s *Server) await(timeout time.Duration) error {
	select {
	case <-s.broker.Ready():
		return nil
	case <-s.ended:
		return fmt.Errorf("server %s did not start: %w", s.cfg.Name, s.err)
	case <-time.After(timeout):
		return fmt.Errorf("server %s is not ready after %v", s.cfg.Name, timeout)
	}
}

func connect(t testing.TB, url string) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(url,
		nats.Name(t.Name()),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(50*time.Millisecond),
		nats.ReconnectJitter(50*time.Millisecond, 50*time.Millisecond),
		nats.ReconnectBufSize(-1),
		// The servers of a cluster send clients the addresses of the others; url
		// has all of them already.
		nats.IgnoreDiscoveredServers())
	if err != nil {
		t.Fatalf("brokertest: connecting to %s: %v", url, err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// freePorts returns n addresses on the loopback interface that are not in use.
// Another process may take one before it is used.
func freePorts(t testing.TB, n int) []string {
	t.Helper()
	var addrs []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatalf("brokertest: finding a free port: %v", err)
		}
		defer l.Close() // after all were found, so that they differ
		addrs = append(addrs, l.Addr().String())
	}
	return addrs
}

// testLog sends errors to the test's log.
func testLog(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
}
