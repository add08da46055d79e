package idworker

import (
	"context"
	"time"

	"parley/idworker/lease"
	"parley/idworker/snowflake"
	"parley/natsconn"
	"parley/wire"
	"parley/wire/idwire"
)

// logged is the state that was logged last, so that each change is logged once.
type logged struct {
	state   idwire.WorkerState
	held    bool // with a number
	stoodBy bool // since the last claim
	ready   bool
}

// logState logs a change of the state. The keeper calls it after each event.
func (w *Worker) logState() {
	state, reason := w.m.State(w.now())
	_, _, held := w.m.Held()
	if state == w.logged.state && held == w.logged.held || w.draining {
		return
	}
	before := w.logged.state
	w.logged.state, w.logged.held = state, held
	switch {
	case state == idwire.WorkerStandby && before != state:
		w.logged.stoodBy = true
		w.cfg.Log.Info("standing by: all worker numbers are taken; waiting until one is free", "numbers", w.cfg.Numbers)
	case state == idwire.WorkerRefusing:
		w.cfg.Log.Warn("gives no IDs", "why", reason, "clock_ahead_ms", w.m.Clock().Offset())
	case before == idwire.WorkerRefusing:
		w.cfg.Log.Info("the reason for giving no IDs has passed", "clock_ahead_ms", w.m.Clock().Offset())
	}
	if state != idwire.WorkerClaiming && !w.logged.ready {
		w.logged.ready = true
		w.goDo(w.announce)
	}
}

// announce closes ready once the broker has processed the subscriptions.
func (w *Worker) announce(ctx context.Context) {
	if natsconn.Flush(ctx, w.deps.NATS) == nil {
		close(w.ready)
	}
}

// skipped logs a number that a wrong clock has taken out of use.
func (w *Worker) skipped(a lease.Skipped) {
	w.cfg.Log.Warn("a worker number is reserved far into the future, by a clock that was wrong; it is not used until then",
		"worker", a.Record.Worker, "until", timeOf(a.Record.Until), "broker_time", timeOf(a.Broker), "holder", a.Record.Holder,
		"do", "if you know of it, run `parley id retire` with this number")
}

// state returns the state of the process, and false if the keeper has ended.
func (w *Worker) state() (idwire.IDWorkerState, bool) {
	answer := make(chan idwire.IDWorkerState, 1)
	w.postEvent(func() { answer <- w.report() })
	select {
	case s := <-answer:
		return s, true
	case <-w.keeping.Done():
		return idwire.IDWorkerState{}, false
	}
}

// report returns the state of the process; the keeper calls it.
func (w *Worker) report() idwire.IDWorkerState {
	state, reason := w.m.State(w.now())
	s := idwire.IDWorkerState{
		V: wire.Version, Holder: w.holder, State: state, Issued: w.issued.Load(), ClockMS: w.m.Clock().Offset(),
		Durability: string(w.stream.Durability.Durability), Reason: wire.Clip(reason),
	}
	if n, until, ok := w.m.Held(); ok {
		s.Worker, s.Until = &n, until
	}
	return s
}

// timeOf converts a timestamp of a lease, for logs.
func timeOf(timestamp int64) time.Time { return time.UnixMilli(snowflake.EpochMS + timestamp).UTC() }
