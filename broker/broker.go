package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Broker is one nats-server. It is a role: see package internal/lifecycle.
type Broker struct {
	cfg   checked
	log   *serverLog
	ran   atomic.Bool
	ready chan struct{}
	// srv is written before ready is closed.
	srv *server.Server
}

// New checks the configuration. It opens nothing.
func New(cfg Config) (*Broker, error) {
	c, err := cfg.check()
	if err != nil {
		return nil, err
	}
	return &Broker{cfg: c, log: newServerLog(c.Log), ready: make(chan struct{})}, nil
}

// Ready is closed once clients can connect and JetStream answers.
func (b *Broker) Ready() <-chan struct{} { return b.ready }

// ClientURL returns the URL for clients. It is known once Ready is closed, and
// empty before.
func (b *Broker) ClientURL() string {
	if s := b.server(); s != nil {
		return s.ClientURL()
	}
	return ""
}

// ClusterPeers returns the names of the nodes that can hold replicas now, if this
// node leads the cluster; it is empty on other nodes and before Ready.
func (b *Broker) ClusterPeers() []string {
	if s := b.server(); s != nil && b.cfg.Cluster != nil {
		return s.JetStreamClusterPeers()
	}
	return nil
}

// InProcess returns a provider of connections that bypass the network, for
// nats.InProcessServer. Before Ready they are refused with [ErrNotReady].
func (b *Broker) InProcess() InProcess { return InProcess{b} }

// InProcess is the nats.InProcessConnProvider of a broker.
type InProcess struct{ broker *Broker }

// ErrNotReady is returned for connections and health checks before Ready.
var ErrNotReady = errors.New("the broker in this process is not ready")

// InProcessConn opens a connection.
func (p InProcess) InProcessConn() (net.Conn, error) {
	s := p.broker.server()
	if s == nil {
		return nil, ErrNotReady
	}
	return s.InProcessConn()
}

// Healthy returns an error while this node cannot serve clients. In a cluster it is
// healthy only if a majority of the nodes is connected and this one has caught up
// with them: then the next node may be restarted.
func (b *Broker) Healthy(context.Context) error {
	s := b.server()
	if s == nil {
		return ErrNotReady
	}
	if !b.serves(s) {
		return errors.New("the broker is behind the others, or knows no leader: are most brokers of the cluster up?")
	}
	if h := s.Healthz(nil); h.StatusCode != http.StatusOK && h.Error != "" {
		return fmt.Errorf("a stream on this node is not as new as it is elsewhere: %s", h.Error)
	}
	return nil
}

// server returns the running server, or nil before Ready.
func (b *Broker) server() *server.Server {
	select {
	case <-b.ready:
		return b.srv
	default:
		return nil
	}
}

const (
	// readyPoll is how often a starting server is checked.
	readyPoll = 20 * time.Millisecond
	// healthPoll is how often a running one is checked: nats-server switches
	// JetStream off without a notification.
	healthPoll = 2 * time.Second
)

// Run starts the server and blocks until ctx ends or the server fails. It
// returns once the server has stopped and the store is unlocked.
func (b *Broker) Run(ctx context.Context) error {
	if b.ran.Swap(true) {
		return errors.New("broker: Run was called twice: make another Broker to start again")
	}
	unlock, err := lockStore(b.cfg.StoreDir, b.cfg.Log)
	if err != nil {
		return err
	}
	defer unlock()
	s, err := server.NewServer(b.options())
	if err != nil {
		return fmt.Errorf("broker: configuring nats-server: %w", err)
	}
	s.SetLoggerV2(b.log, false, false, false)
	// Start recovers the store and cannot be interrupted; it returns immediately
	// after a fatal error.
	s.Start()
	defer func() {
		s.Shutdown()
		s.WaitForShutdown()
	}()
	if err := b.awaitReady(ctx, s); err != nil || ctx.Err() != nil {
		return err
	}
	b.srv = s
	close(b.ready)
	b.cfg.Log.Info("broker is ready", "url", s.ClientURL(), "server", s.Name(), "store", b.cfg.StoreDir)
	return b.watch(ctx, s)
}

// awaitReady returns nil when the server is ready or ctx has ended.
func (b *Broker) awaitReady(ctx context.Context, s *server.Server) error {
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	for {
		select {
		case <-b.log.fatal:
			return b.explain(b.log.reason())
		default:
		}
		if b.serves(s) {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-b.log.fatal:
		case <-tick.C:
		}
	}
}

// serves reports whether clients can connect and, in a cluster, whether this
// node is up to date with a known meta leader.
func (b *Broker) serves(s *server.Server) bool {
	if !s.ReadyForConnections(time.Millisecond) || !s.JetStreamEnabled() {
		return false
	}
	if b.cfg.Cluster == nil {
		return true
	}
	if !s.JetStreamIsCurrent() {
		return false
	}
	info, err := s.Jsz(nil)
	return err == nil && info.Meta != nil && info.Meta.Leader != ""
}

// watch returns nil when ctx ends and an error when the server fails.
func (b *Broker) watch(ctx context.Context, s *server.Server) error {
	tick := time.NewTicker(healthPoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-b.log.fatal:
			return b.explain(b.log.reason())
		case <-b.log.broken:
			return fmt.Errorf("broker: nats-server takes no more writes (is the disk of %s full or failing?): %s: make space or mend the disk, then start the broker again", b.cfg.StoreDir, b.log.brokenBy())
		case <-tick.C:
			if !s.Running() {
				return fmt.Errorf("broker: nats-server stopped by itself: %s", b.log.lastError())
			}
			if !s.JetStreamEnabled() {
				return fmt.Errorf("broker: nats-server switched JetStream off (is the disk of %s full or failing?): %s", b.cfg.StoreDir, b.log.lastError())
			}
		}
	}
}
