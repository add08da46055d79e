package idworker

import (
	"context"
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

// Worker is one idworker. Create it with [New].
type Worker struct {
	cfg Config
	// wall is the clock of IDs. Time-outs do not use it.
	wall   func() time.Time
	deps   Deps
	holder string // its name in leases and listings
	ready  chan struct{}

	// adjustReport may change the durability report of the stream, in tests.
	adjustReport func(*streams.Report)

	// Set by Run, before anything else runs.
	stream     *streams.Binding // of the leases
	records    *records
	background context.Context // ends with Run
	keeping    context.Context // ends with the keeper
	work       sync.WaitGroup
	events     chan func()
	failed     chan error

	// Used by the handlers of requests.
	ids       snowflake.Generator
	pace      pace
	waiters   *waitlist
	issued    atomic.Uint64
	exhausted chan struct{} // a request found no timestamp left

	// Owned by the keeper.
	m         *lease.Machine
	wait      *time.Timer   // of the pending lease.Wait
	waiting   bool          // a lease.Wait is pending
	wokeEarly time.Time     // when a wait was last cut short
	idService micro.Service // nil without a number
	closing   bool          // requests that arrived are being answered, before a lease.Close
	draining  bool          // Run's context has ended
	logged    logged
	// unreadable are the sequences of unreadable records that were logged.
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
	return &Worker{cfg: cfg, deps: deps, wall: time.Now, holder: wire.NewToken(), ready: make(chan struct{}), adjustReport: func(*streams.Report) {}}, nil
}

// Ready is closed once the process issues IDs, stands by for a number, or refuses
// requests because its clock is wrong.
func (w *Worker) Ready() <-chan struct{} { return w.ready }

// Run issues IDs, or waits for a worker number, until ctx is cancelled. Then it
// answers the requests that have arrived and releases its number. It returns a
// [*streams.Error] if the stream of leases cannot be trusted: it is missing, was
// recreated, or is configured differently.
func (w *Worker) Run(ctx context.Context) error {
	if now := hooks.From(ctx).Now; now != nil {
		w.wall = now
	}
	var err error
	if w.stream, err = streams.Bind(ctx, w.deps.NATS, idwire.LeaseStream(), w.cfg.Log); err == nil {
		w.adjustReport(&w.stream.Durability)
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
	w.exhausted = make(chan struct{}, 1)
	w.pace, w.waiters = newPace(), newWaitlist()
	w.wait = stoppedTimer()
	w.m = lease.New(lease.Config{
		Holder: w.holder, Prefix: wire.NewToken()[:lease.PrefixLen], Start: mathrand.IntN(w.cfg.Numbers),
		Verified: verified(w.stream.Durability), Limits: w.cfg.Limits,
	})
	queries, err := w.answerQueries()
	if err != nil {
		return fmt.Errorf("idworker: %w", err)
	}
	w.goDo(w.stream.WarnDurability)
	w.goDo(w.watchStream)
	w.goDo(w.serveWaiters)
	err = w.keep(ctx)
	kept()
	// No ID is issued from here on, also after an error.
	w.ids.Install(nil)
	w.stop(w.idService)
	w.stop(queries)
	return err
}

// maxEvents bounds the queue of the keeper; a full one blocks the senders.
const maxEvents = 1024

// postEvent queues f for the keeper. It drops f once the keeper has ended.
func (w *Worker) postEvent(f func()) {
	select {
	case w.events <- f:
	case <-w.keeping.Done():
	}
}

// goDo runs f in a goroutine, whose context ends with Run.
func (w *Worker) goDo(f func(context.Context)) {
	w.work.Go(func() { f(w.background) })
}

func (w *Worker) fail(err error) {
	select {
	case w.failed <- err:
	default:
	}
}

// now reads the process's own clock, as a timestamp of IDs.
func (w *Worker) now() int64 { return snowflake.Timestamp(w.wall()) }

// errClosed ends a process whose connection was closed by its owner.
var errClosed = errors.New("idworker: the NATS connection was closed")

func stoppedTimer() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}
