package idworker

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"parley/idworker/lease"
	"parley/idworker/snowflake"
	"parley/internal/hooks"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/idwire"

	"github.com/nats-io/nats.go/micro"
)

// Worker is one idworker process. Make it with [New].
type Worker struct {
	cfg Config
	// wall is the clock of IDs. What is waited for is not measured with it.
	wall   func() time.Time
	deps   Deps
	holder string // its name in leases and listings
	ready  chan struct{}

	// survives may change, in tests, what the stream is known to survive.
	survives func(*streams.Report)

	// Set by Run, before anything else runs.
	stream     *streams.Binding // of the leases
	records    *records
	background context.Context // ends with Run
	keeping    context.Context // ends with the keeper
	work       sync.WaitGroup
	events     chan func()
	failed     chan error

	// Used by the handlers of requests.
	ids    snowflake.Generator
	pace   pace
	room   *room
	issued atomic.Uint64
	hurry  chan struct{} // a request found no timestamp left

	// Owned by the keeper.
	m       *lease.Machine
	wait    *time.Timer // of the lease.Wait under way
	waiting bool        // there is one
	hurried time.Time   // when a wait was last cut short
	giving  micro.Service
	closing bool // requests that arrived are being answered, before a lease.Close
	// draining: the process was told to stop.
	draining bool
	told     told
	// unreadable has the sequences of records that were reported as such.
	unreadable [snowflake.MaxWorker + 1]uint64
}

// New checks the configuration. It opens nothing.
func New(cfg Config, deps Deps) (*Worker, error) {
	cfg, err := cfg.withDefaults()
	if err == nil {
		err = deps.check()
	}
	if err != nil {
		return nil, fmt.Errorf("idworker: %w", err)
	}
	return &Worker{cfg: cfg, deps: deps, wall: time.Now, holder: randomToken(), ready: make(chan struct{}), survives: func(*streams.Report) {}}, nil
}

// Ready is closed once it is settled what the process does: it gives IDs, or
// stands by, or refuses since its clock is wrong.
func (w *Worker) Ready() <-chan struct{} { return w.ready }

// Run gives IDs, or waits for a worker number, until ctx is cancelled. Then it
// answers what has arrived and gives its number back. It returns a
// [*streams.Error] if the stream of leases cannot be trusted: it is missing,
// another one, or set differently.
func (w *Worker) Run(ctx context.Context) error {
	if now := hooks.From(ctx).Now; now != nil {
		w.wall = now
	}
	var err error
	if w.stream, err = streams.Bind(ctx, w.deps.NATS, idwire.LeaseStream(), w.cfg.Log); err == nil {
		w.survives(&w.stream.Durability)
		w.records, err = openRecords(ctx, w.stream.JS, w.cfg.Log)
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("idworker: %w", err)
	}
	var cancel, kept context.CancelFunc
	w.background, cancel = context.WithCancel(context.WithoutCancel(ctx))
	defer w.work.Wait()
	defer cancel()
	w.keeping, kept = context.WithCancel(w.background)
	defer kept()
	w.events = make(chan func(), maxEvents)
	w.failed = make(chan error, 1)
	w.hurry = make(chan struct{}, 1)
	w.pace, w.room = newPace(), newRoom()
	w.wait = stoppedTimer()
	w.m = lease.New(lease.Config{
		Holder: w.holder, Prefix: randomToken()[:lease.PrefixLen], Start: mathrand.IntN(w.cfg.Numbers),
		Verified: verified(w.stream.Durability), Limits: w.cfg.Limits,
	})
	queries, err := w.answerQueries()
	if err != nil {
		return fmt.Errorf("idworker: %w", err)
	}
	w.goDo(w.stream.WarnDurability)
	w.goDo(w.watchStream)
	w.goDo(w.serveRoom)
	err = w.keep(ctx)
	kept()
	// After an error, too, no ID is made from here on.
	w.ids.Install(nil)
	w.stop(w.giving)
	w.stop(queries)
	return err
}

// maxEvents bounds the queue to the keeper; a full one slows the senders down.
const maxEvents = 1024

// post hands an event to the keeper. It does nothing once that has ended.
func (w *Worker) post(f func()) {
	select {
	case w.events <- f:
	case <-w.keeping.Done():
	}
}

// goDo runs f beside the keeper until it ends or the process does.
func (w *Worker) goDo(f func(context.Context)) {
	w.work.Go(func() { f(w.background) })
}

func (w *Worker) fail(err error) {
	select {
	case w.failed <- err:
	default:
	}
}

// now is the process's own clock, as timestamps of IDs are.
func (w *Worker) now() int64 { return snowflake.Timestamp(w.wall()) }

// errClosed ends a process that can reach nobody any more.
var errClosed = errors.New("idworker: its NATS connection was closed")

// pause waits, and reports false if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func stoppedTimer() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

func randomToken() string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return wire.Token(b)
}
