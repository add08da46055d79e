package idworker

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"parley/idworker/lease"
	"parley/idworker/snowflake"
	"parley/internal/streams"
)

// keep processes events until the machine has stopped; it owns the machine.
func (w *Worker) keep(ctx context.Context) error {
	cancelled := ctx.Done()
	var late <-chan time.Time
	for {
		for actions := w.m.Actions(); len(actions) > 0; actions = w.m.Actions() {
			for _, a := range actions {
				w.perform(a)
			}
		}
		w.logState()
		if w.m.Stopped() && !w.closing {
			return nil
		}
		select {
		case f := <-w.events:
			f()
		case <-w.wait.C:
			w.wake()
		case <-w.exhausted:
			w.wakeEarly()
		case err := <-w.failed:
			return err
		case <-cancelled:
			cancelled = nil
			if w.deps.NATS.IsClosed() {
				return nil
			}
			late = time.After(w.cfg.DrainTimeout)
			w.cfg.Log.Info("draining")
			w.wait.Stop()
			w.waiting, w.draining = false, true
			w.m.Drain()
		case <-late:
			w.cfg.Log.Warn("stopped before the worker number was released; it is free when its lease has passed")
			return nil
		}
	}
}

// perform executes an action of the machine. Requests to the broker run in
// goroutines.
func (w *Worker) perform(a lease.Action) {
	switch a := a.(type) {
	case lease.ReadTable:
		w.goDo(w.readTable)
	case lease.Learn:
		w.goDo(w.learn)
	case lease.Read:
		w.goDo(func(ctx context.Context) { w.read(ctx, a) })
	case lease.Write:
		w.goDo(func(ctx context.Context) { w.write(ctx, a) })
	case lease.Wait:
		// A little more or less, so that many processes do not stay in step.
		ms := time.Duration(a.MS) * time.Millisecond
		w.wait.Reset(ms - ms/8 + rand.N(ms/4+1))
		w.waiting = true
	case lease.Install:
		w.install(a)
	case lease.Extend:
		if r := w.ids.Range(); r != nil {
			r.Extend(a.Until)
			r.Advance(a.From)
			w.waiters.wake()
		}
	case lease.Close:
		w.close()
	case lease.Lost:
		w.cfg.Log.Warn("lost the worker number, claiming another", "worker", a.Worker, "why", a.Why)
		w.stopIDService()
	case lease.Skipped:
		w.skipped(a)
	}
}

func (w *Worker) wake() {
	w.waiting = false
	w.m.Woke()
}

// wakeEarlyEvery bounds how often requests that find no timestamp left may cut a
// wait short: more timestamps become available only as the broker's clock advances.
const wakeEarlyEvery = 250 * time.Millisecond

// wakeEarly ends the pending wait, so that the machine compares the clocks now: the
// process's clock may have jumped ahead, which only the machine can distinguish from
// a lease that has ended.
func (w *Worker) wakeEarly() {
	if w.waiting && time.Since(w.wokeEarly) > wakeEarlyEvery {
		w.wokeEarly = time.Now()
		w.wait.Stop()
		w.wake()
	}
}

func (w *Worker) install(a lease.Install) {
	w.ids.Install(snowflake.NewRange(a.Worker, a.From, a.Until))
	w.waiters.wake()
	w.stopIDService()
	what := "claimed a worker number"
	if w.logged.stoodBy {
		what = "took over a worker number"
	}
	w.logged.stoodBy = false
	w.cfg.Log.Info(what, "worker", a.Worker, "holder", w.holder, "until", timeOf(a.Until))
	if err := w.startIDService(a.Worker); err != nil {
		w.fail(err)
	}
}

// close closes the range after the requests that have arrived are answered.
func (w *Worker) close() {
	w.closing = true
	stopping := w.idService
	w.idService = nil
	w.goDo(func(context.Context) {
		w.stop(stopping)
		w.postEvent(func() {
			w.closing = false
			var floor int64
			if r := w.ids.Range(); r != nil {
				floor = r.Close()
			}
			w.m.Closed(floor)
		})
	})
}

// stopIDService stops the ID service of a lost number: requests that have arrived
// are answered from the rest of its range.
func (w *Worker) stopIDService() {
	if stopping := w.idService; stopping != nil {
		w.idService = nil
		w.goDo(func(context.Context) { w.stop(stopping) })
	}
}

func (w *Worker) readTable(ctx context.Context) {
	found, err := w.records.table(ctx)
	w.postEvent(func() {
		if err != nil {
			w.cfg.Log.Debug("reading the leases", "error", err)
			w.m.Failed()
			return
		}
		w.logUnreadable(found)
		w.m.Table(found)
	})
}

// logUnreadable logs records that cannot be decoded, each once.
func (w *Worker) logUnreadable(found []lease.Row) {
	for _, r := range found {
		if n := r.Record.Worker; r.Record.State == "" && w.unreadable[n] != r.Seq {
			w.unreadable[n] = r.Seq
			w.cfg.Log.Error("a lease cannot be read, its worker number is not used: was it written by a later version?", "worker", n, "sequence", r.Seq)
		}
	}
}

// learn requests the broker's time. The answer is dropped if the stream was
// recreated: the process ends then.
func (w *Worker) learn(ctx context.Context) {
	c, err := w.compareClocks(ctx)
	w.postEvent(func() {
		if _, lost := errors.AsType[*streams.Error](err); lost {
			return
		}
		if err != nil {
			w.cfg.Log.Debug("requesting the broker's time", "error", err)
			w.m.Failed()
			return
		}
		w.m.Learned(c)
	})
}

func (w *Worker) read(ctx context.Context, a lease.Read) {
	found, err := w.records.last(ctx, a.Worker)
	w.postEvent(func() {
		if err != nil {
			w.cfg.Log.Debug("reading a lease", "worker", a.Worker, "error", err)
			w.m.Failed()
			return
		}
		w.m.Found(found)
	})
}

func (w *Worker) write(ctx context.Context, a lease.Write) {
	answer, seq, err := w.records.write(ctx, a)
	w.postEvent(func() {
		if err != nil {
			w.cfg.Log.Debug("writing a lease", "worker", a.Record.Worker, "error", err)
		}
		w.m.Written(a.Record.Nonce, answer, seq)
	})
}
