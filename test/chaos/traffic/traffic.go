// Package traffic keeps a cluster busy: it asks for orders, IDs, posts and chat,
// and writes down in a model.History what it asked for before it asks, and every
// answer that comes. It believes nothing and judges nothing.
//
// Some clients know every broker, as clients should; others know one alone, so
// that a minority is asked as well. Some have no patience, some ask the same
// thing twice at the same time.
//
//	file     noun
//	traffic  everything together, from start to quiet
//	orders   clients that order food
//	numbers  clients that ask for IDs
//	writers  clients that write posts
//	talker   people who talk in a room
package traffic

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"parley/blog/blogclient"
	"parley/coordinator/txclient"
	"parley/natsconn"
	"parley/test/model"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Config is whom to ask, and how much.
type Config struct {
	Seed uint64
	// URL names all brokers. Brokers has the name and address of each, for
	// clients that know that one alone; none are made for an empty map.
	URL     string
	Brokers map[string]string
	// Gateways are the addresses of the chat gateways.
	Gateways []string
	// Orderers know all brokers; PerBroker is how many know one alone.
	Orderers, PerBroker int
	// Patience is how long a client asks for an order; 0 means [DefaultPatience].
	Patience time.Duration
	// Writers, Askers and Talkers are how many write posts, ask for IDs and
	// talk; 0 means nobody.
	Writers, Askers, Talkers int
	// Events is on how many brokers the stream of events is: every other order has
	// an event. 0 means none.
	Events int
}

// Traffic is what is under way.
type Traffic struct {
	cfg     Config
	history *model.History
	// nc and client are for whoever knows all brokers; conns are all
	// connections, of which each broker has some.
	nc      *nats.Conn
	client  *txclient.Client
	conns   []*nats.Conn
	talkers []*talker
	closing []func()

	quiet, stop     context.CancelFunc
	asking, talking sync.WaitGroup
}

// Start connects and begins. [Traffic.Close] ends it.
func Start(ctx context.Context, cfg Config, h *model.History) (*Traffic, error) {
	t := &Traffic{cfg: cfg, history: h}
	var err error
	if t.nc, t.client, err = t.connect(ctx); err != nil {
		return nil, err
	}
	if cfg.Events > 0 {
		if err := t.createEvents(ctx); err != nil {
			t.Close()
			return nil, err
		}
	}
	clients := []orderer{}
	shared := t.client
	for i := range cfg.Orderers {
		// So that they are not all connected to the same broker.
		if i > 0 && i%perConnection == 0 {
			if _, shared, err = t.connect(ctx); err != nil {
				t.Close()
				return nil, err
			}
		}
		clients = append(clients, orderer{client: shared})
	}
	for name, url := range cfg.Brokers {
		pinned, err := t.pin(name, url)
		if err != nil {
			t.Close()
			return nil, err
		}
		for range cfg.PerBroker {
			clients = append(clients, orderer{client: pinned, via: name})
		}
	}
	posts, err := blogclient.New(t.nc)
	if err != nil {
		t.Close()
		return nil, err
	}
	asking, quiet := context.WithCancel(ctx)
	talking, stop := context.WithCancel(ctx)
	t.quiet, t.stop = quiet, stop
	for i := range clients {
		o := &clients[i]
		o.patience = cmp.Or(cfg.Patience, DefaultPatience)
		o.name, o.history, o.rng, o.other, o.events = fmt.Sprintf("order-%d", i), h, t.rng(i), t.client, cfg.Events > 0
		t.asking.Go(func() { o.run(asking) })
	}
	for i := range cfg.Askers {
		t.asking.Go(func() { newAsker(t.nc, h, i).run(asking) })
	}
	for i := range cfg.Writers {
		w := newWriter(posts, h, t.rng(100+i), i)
		t.asking.Go(func() { w.run(asking) })
	}
	for i := range cfg.Talkers {
		k := newTalker(cfg.Gateways, h, t.rng(200+i), i)
		t.talkers = append(t.talkers, k)
		t.talking.Go(func() { k.run(talking) })
	}
	return t, nil
}

// EventStream is the stream of the orders' events, on EventSubjects.
const (
	EventStream   = "CHAOS"
	EventSubjects = "chaos.order.*"
)

// createEvents creates the stream of events. No outage is longer than its duplicate
// window.
func (t *Traffic) createEvents(ctx context.Context) error {
	js, err := jetstream.New(t.nc)
	if err != nil {
		return err
	}
	_, err = js.CreateStream(ctx, jetstream.StreamConfig{Name: EventStream, Subjects: []string{EventSubjects}, Replicas: t.cfg.Events, Duplicates: 2 * time.Hour})
	if err != nil {
		return fmt.Errorf("creating the stream %s: %w", EventStream, err)
	}
	return nil
}

// eventOf returns the subject of the event of an order.
func eventOf(key string) string { return strings.TrimSuffix(EventSubjects, "*") + key }

func (t *Traffic) rng(i int) *rand.Rand { return rand.New(rand.NewPCG(t.cfg.Seed, uint64(10+i))) }

// perConnection is how many orderers who know all brokers share a connection.
const perConnection = 6

// connect makes a client that knows all brokers.
func (t *Traffic) connect(ctx context.Context) (*nats.Conn, *txclient.Client, error) {
	nc, err := natsconn.Connect(ctx, natsconn.Options{URL: t.cfg.URL, Name: "chaos", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, nil, err
	}
	c, err := t.add(nc)
	return nc, c, err
}

// add makes a client on a connection; both are closed at the end.
func (t *Traffic) add(nc *nats.Conn) (*txclient.Client, error) {
	c, err := txclient.New(nc)
	if err != nil {
		nc.Close()
		return nil, err
	}
	t.conns = append(t.conns, nc)
	t.closing = append(t.closing, nc.Close, func() { _ = c.Close() })
	return c, nil
}

// pin makes a client that knows one broker.
func (t *Traffic) pin(name, url string) (*txclient.Client, error) {
	nc, err := nats.Connect(
		url, nats.Name("chaos "+name), nats.IgnoreDiscoveredServers(), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1),
		nats.ReconnectWait(100*time.Millisecond), nats.ReconnectJitter(0, 0), nats.ReconnectBufSize(-1), nats.PingInterval(2*time.Second),
	)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", name, err)
	}
	return t.add(nc)
}

// Quiet ends all new requests, and returns when what was asked has been
// answered or given up. Talkers go on listening.
func (t *Traffic) Quiet() {
	for _, k := range t.talkers {
		k.quiet.Store(true)
	}
	t.quiet()
	t.asking.Wait()
}

// Settled returns nil when every talker has sent what it wanted to send, has no hole
// in what it was shown, and was shown each room up to its end.
func (t *Traffic) Settled(ends map[string]uint64) error {
	for _, k := range t.talkers {
		if err := k.settled(ends); err != nil {
			return err
		}
	}
	return nil
}

// Resolve asks again for every order whose outcome no client knows, until ctx
// ends.
func (t *Traffic) Resolve(ctx context.Context) {
	const atOnce = 16
	pending := make(chan *model.Order)
	var asking sync.WaitGroup
	for range atOnce {
		asking.Go(func() {
			for o := range pending {
				ask(ctx, t.client, t.history, o, model.Answer{Again: true})
			}
		})
	}
	for _, o := range t.history.Pending() {
		pending <- o
	}
	close(pending)
	asking.Wait()
}

// Conn is a connection that knows all brokers, and Conns are all that there are.
func (t *Traffic) Conn() *nats.Conn    { return t.nc }
func (t *Traffic) Conns() []*nats.Conn { return t.conns }

// Close ends everything.
func (t *Traffic) Close() {
	if t.quiet != nil {
		t.quiet()
		t.stop()
	}
	t.asking.Wait()
	t.talking.Wait()
	for i := len(t.closing) - 1; i >= 0; i-- {
		t.closing[i]()
	}
}

// pause waits, and reports false if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
