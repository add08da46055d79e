package orders

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"parley/chatgw"
	"parley/chatgw/frame"
	"parley/chatgw/socket"
	"parley/coordinator/txclient"
	"parley/idworker/idclient"
)

// Config is how a desk behaves.
type Config struct {
	// Log defaults to [slog.Default].
	Log *slog.Logger
}

// Deps are what a desk needs from the process it runs in.
type Deps struct {
	// NATS is an open connection, not closed by the desk.
	NATS *nats.Conn
	// IDs gives the IDs that are shown.
	IDs *idclient.Client
	// Stage breaks things; nil offers none of that.
	Stage Stage
}

// Stage breaks roles of this process on purpose and starts them again.
type Stage interface {
	State() frame.StageState
	// Do arms, kills or starts a role. Errors are for the person who asked.
	Do(ctx context.Context, s frame.Stage) (frame.StageState, error)
}

// Desk serves what a gateway offers beside the chat.
type Desk struct {
	cfg   Config
	deps  Deps
	ready chan struct{}

	mu       sync.Mutex
	client   *txclient.Client // while it runs
	book     *book
	watchers map[chatgw.Client]bool
	subs     []*nats.Subscription
	// background is there while it runs; what is done for clients beside ends
	// with it.
	background context.Context
	work       sync.WaitGroup
	asking     map[chatgw.Client]int
	askingAll  int
	// idle is since when nobody watches.
	idle time.Time
}

const (
	// tellEvery is how often watchers are told, so that busy traffic comes in
	// few frames.
	tellEvery = 50 * time.Millisecond
	// linger is how long a desk goes on listening when nobody watches any more:
	// pages are reloaded.
	linger = 10 * time.Second
	// maxPending bounds the messages that wait to be looked at; the rest is
	// not shown.
	maxPending = 4096
)

// New checks the dependencies; it opens nothing.
func New(cfg Config, deps Deps) (*Desk, error) {
	switch {
	case deps.NATS == nil:
		return nil, errors.New("orders: there is no NATS connection")
	case deps.IDs == nil:
		return nil, errors.New("orders: there is no ID client")
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &Desk{cfg: cfg, deps: deps, ready: make(chan struct{}), book: newBook(), watchers: make(map[chatgw.Client]bool), asking: make(map[chatgw.Client]int)}, nil
}

// Ready is closed when the desk serves.
func (d *Desk) Ready() <-chan struct{} { return d.ready }

// Features are what to tell clients that there is.
func (d *Desk) Features() []string {
	f := []string{"orders", "ids"}
	if d.deps.Stage != nil {
		f = append(f, "stage")
	}
	return f
}

// Run serves until ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	client, err := txclient.New(d.deps.NATS)
	if err != nil {
		return fmt.Errorf("orders: %w", err)
	}
	defer client.Close()
	background, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer d.work.Wait()
	defer cut()
	d.mu.Lock()
	d.client, d.background = client, background
	d.mu.Unlock()
	close(d.ready)
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			d.mu.Lock()
			d.deafen()
			d.client, d.background = nil, nil
			d.mu.Unlock()
			return nil
		case now := <-tick.C:
			d.tell(now)
		}
	}
}

// tell sends watchers what happened.
func (d *Desk) tell(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.watchers) == 0 {
		if d.subs != nil && now.Sub(d.idle) > linger {
			d.deafen()
		}
		return
	}
	f, ok := d.book.take()
	if !ok {
		return
	}
	whole := socket.Text(frame.Encode(f))
	for w := range d.watchers {
		w.SendShared(whole)
	}
}

// Watch begins to tell c what happens.
func (d *Desk) Watch(c chatgw.Client) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.client == nil {
		return errStopped
	}
	if d.subs == nil {
		if err := d.listen(); err != nil {
			return err
		}
	}
	if len(d.watchers) == 0 {
		d.book.take() // what nobody watched
	}
	d.watchers[c] = true
	return nil
}

// Unwatch ends it.
func (d *Desk) Unwatch(c chatgw.Client) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.watchers, c)
	if len(d.watchers) == 0 {
		d.idle = time.Now()
	}
}

func (d *Desk) listen() error {
	for _, subject := range subjects() {
		sub, err := d.deps.NATS.Subscribe(subject, d.hear)
		if err == nil {
			d.subs = append(d.subs, sub)
			err = sub.SetPendingLimits(maxPending, -1)
		}
		if err != nil {
			d.deafen()
			return fmt.Errorf("orders: listening to %s: %w", subject, err)
		}
	}
	return nil
}

func (d *Desk) deafen() {
	for _, s := range d.subs {
		_ = s.Unsubscribe() // fails when the connection is closed, and with it this
	}
	d.subs = nil
}

func (d *Desk) hear(m *nats.Msg) {
	now := time.Now().UnixMicro()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.book.note(m.Subject, m.Data, now)
}
