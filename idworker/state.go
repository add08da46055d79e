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

// told is what was last said of the state, so that it is said once.
type told struct {
	state   idwire.WorkerState
	held    bool // with a number
	stoodBy bool // since the last claim
	ready   bool
}

// tell logs what has changed, after each event.
func (w *Worker) tell() {
	state, reason := w.m.State(w.now())
	_, _, held := w.m.Held()
	if state == w.told.state && held == w.told.held || w.draining {
		return
	}
	before := w.told.state
	w.told.state, w.told.held = state, held
	switch {
	case state == idwire.WorkerStandby && before != state:
		w.told.stoodBy = true
		w.cfg.Log.Info("standing by: all worker numbers are taken; asking again until one is free", "numbers", w.cfg.Numbers)
	case state == idwire.WorkerRefusing:
		w.cfg.Log.Warn("gives no IDs", "why", reason, "clock_ahead_ms", w.m.Clock().Offset())
	case before == idwire.WorkerRefusing:
		w.cfg.Log.Info("the reason for giving no IDs has passed", "clock_ahead_ms", w.m.Clock().Offset())
	}
	if state != idwire.WorkerClaiming && !w.told.ready {
		w.told.ready = true
		w.goDo(w.announce)
	}
}

// announce says that the process is ready: a request that is sent from now on
// arrives.
func (w *Worker) announce(ctx context.Context) {
	if natsconn.Flush(ctx, w.deps.NATS) == nil {
		close(w.ready)
	}
}

// skipped reports a number that a wrong clock has taken out of use.
func (w *Worker) skipped(a lease.Skipped) {
	w.cfg.Log.Warn("a worker number is reserved far into the future, by a clock that was wrong; it is not used until then",
		"worker", a.Record.Worker, "until", timeOf(a.Record.Until), "broker_time", timeOf(a.Broker), "holder", a.Record.Holder,
		"do", "if you know of it, run `parley id retire` with this number")
}

// state is what the process says of itself. It is false when the keeper has
// ended.
func (w *Worker) state() (idwire.IDWorkerState, bool) {
	answer := make(chan idwire.IDWorkerState, 1)
	w.post(func() { answer <- w.report() })
	select {
	case s := <-answer:
		return s, true
	case <-w.keeping.Done():
		return idwire.IDWorkerState{}, false
	}
}

// report is for the keeper.
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

// timeOf is a timestamp of a lease for people.
func timeOf(timestamp int64) time.Time { return time.UnixMilli(snowflake.EpochMS + timestamp).UTC() }
