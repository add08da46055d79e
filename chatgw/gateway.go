package chatgw

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"parley/chatgw/frame"
	"parley/chatgw/rooms"
	"parley/chatgw/socket"
	"parley/natsconn"
	"parley/wire"
	"parley/wire/chatwire"
)

// Gateway is one gateway process. Make it with [New].
type Gateway struct {
	cfg   Config
	deps  Deps
	ready chan struct{}

	rooms    *rooms.Rooms
	sockets  *socket.Server
	people   people
	counters counters
	sessions atomic.Uint64
	running  atomic.Int32   // functions of Client.Go
	work     sync.WaitGroup // of these
	born     time.Time
	stopping atomic.Bool

	frames, refusals, messages rate

	// Set by Run, before the first connection.
	identity   *identity
	welcome    frame.Welcome
	background context.Context // of what sessions do
	addr       net.Addr        // nil if it does not listen itself
	// metricsAddr is addr where the metrics have no port of their own.
	metricsAddr net.Addr
}

// New checks the configuration. It opens nothing.
func New(cfg Config, deps Deps) (*Gateway, error) {
	if err := natsconn.Check(deps.NATS); err != nil {
		return nil, fmt.Errorf("chatgw: %w", err)
	}
	if deps.NextID == nil {
		return nil, errors.New("chatgw: a source of ids is required")
	}
	if err := errors.Join(cfg.fill(), checkExtensions(deps.Extensions)); err != nil {
		return nil, err
	}
	g := &Gateway{
		cfg: cfg, deps: deps, ready: make(chan struct{}), born: time.Now(),
		counters: newCounters(),
		people:   people{all: map[string]*person{}},
		frames:   rate{cfg.FramesPerSecond, cfg.FramesAtOnce},
		refusals: rate{cfg.RefusalsPerSecond, cfg.RefusalsAtOnce},
		messages: rate{cfg.MessagesPerSecond, cfg.MessagesAtOnce},
	}
	cfg.Chat.Encode = encode
	var err error
	if g.rooms, err = rooms.New(cfg.Chat, rooms.Deps{NATS: deps.NATS, NextID: deps.NextID, Log: cfg.Log}); err != nil {
		return nil, fmt.Errorf("chatgw: %w", err)
	}
	if g.sockets, err = socket.New(cfg.Socket, g.newSession); err != nil {
		return nil, fmt.Errorf("chatgw: %w", err)
	}
	g.sockets.Refuse("the gateway is starting")
	return g, nil
}

// Ready is closed once browsers can connect.
func (g *Gateway) Ready() <-chan struct{} { return g.ready }

// Addr is where it listens, once it is ready; nil with [Config.Embedded].
func (g *Gateway) Addr() net.Addr { return g.addr }

// MetricsAddr is where it serves metrics, once it is ready; nil with
// [Config.Embedded].
func (g *Gateway) MetricsAddr() net.Addr { return g.metricsAddr }

// Run serves until ctx is cancelled, then drains: clients are sent to other gateways
// within [Config.DrainTimeout], and with [Config.Embedded] the caller's server can be
// shut down when Run has returned. It returns an error if it cannot listen, or if the
// stream of the messages cannot be trusted.
func (g *Gateway) Run(ctx context.Context) error {
	// What sessions do outlives ctx by the drain; everything else ends with
	// inner.
	background, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer g.work.Wait()
	defer cut()
	g.background = background
	inner, stop := context.WithCancel(background)
	failed := make(chan error, 4)
	var work sync.WaitGroup
	defer work.Wait()
	defer stop()
	run := func(f func(context.Context) error) {
		work.Go(func() {
			if err := f(inner); err != nil {
				failed <- err
			}
		})
	}

	run(g.rooms.Run)
	select {
	case <-g.rooms.Ready():
	case err := <-failed:
		return fmt.Errorf("chatgw: %w", err)
	case <-ctx.Done():
		return nil
	}
	ports, err := g.listen(ctx)
	if err != nil {
		return err
	}
	g.prepare()
	offered, err := g.offer(ctx)
	if ctx.Err() != nil {
		err = nil
	}
	if offered == nil {
		return errors.Join(err, closePorts(ports))
	}
	run(g.sockets.Run)
	run(g.watch)
	g.sockets.Accept()
	servers := g.serve(ports, failed, &work)
	g.cfg.Log.Info("the gateway is ready", "address", g.address(), "gateway", g.rooms.Gateway(), "guests", g.identity.guests)
	close(g.ready)

	select {
	case <-ctx.Done():
	case err = <-failed:
		err = fmt.Errorf("chatgw: %w", err)
	}
	g.drain(offered, servers)
	return err
}

// prepare is what depends on where it listens.
func (g *Gateway) prepare() {
	g.identity = newIdentity(&g.cfg, g.addr)
	g.welcome = frame.Welcome{
		Gateway: g.rooms.Gateway(), Release: wire.Release, Rooms: g.cfg.Suggested,
		Limits: frame.Limits{
			Text: chatwire.MaxText, Rooms: g.cfg.Rooms, Page: g.cfg.Chat.MaxPage,
			RetryMS: chatwire.Retry.Milliseconds(), PingMS: g.sockets.PingEvery().Milliseconds(),
		},
	}
	for _, x := range g.deps.Extensions {
		g.welcome.Extensions = append(g.welcome.Extensions, x.Name)
	}
}

// address is where it listens, for people; empty if it does not itself.
func (g *Gateway) address() string {
	if g.addr == nil {
		return ""
	}
	return g.addr.String()
}

// since is the time since the gateway was made: a clock that is not set back.
func (g *Gateway) since() time.Duration { return time.Since(g.born) }
