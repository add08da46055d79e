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

// keep is the one goroutine that owns the lease machine.
func (w *Worker) keep(ctx context.Context) error {
	cancelled := ctx.Done()
	var late <-chan time.Time
	for {
		for actions := w.m.Actions(); len(actions) > 0; actions = w.m.Actions() {
			for _, a := range actions {
				w.perform(a)
			}
		}
		w.tell()
		if w.m.Stopped() && !w.closing {
			return nil
		}
		select {
		case f := <-w.events:
			f()
		case <-w.wait.C:
			w.wake()
		case <-w.hurry:
			w.hasten()
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
			w.cfg.Log.Warn("stopped before the worker number was given back; it is free when its lease has passed")
			return nil
		}
	}
}

// perform does what the machine wants done. What waits for the broker is done
// beside the keeper.
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
			w.room.tell()
		}
	case lease.Close:
		w.close()
	case lease.Lost:
		w.cfg.Log.Warn("lost the worker number, claiming another", "worker", a.Worker, "why", a.Why)
		w.stopGiving()
	case lease.Skipped:
		w.skipped(a)
	}
}

func (w *Worker) wake() {
	w.waiting = false
	w.m.Woke()
}

// hastenEvery bounds how often requests that find no timestamp left may cut a
// wait short: the broker's clock has to move on before there are more.
const hastenEvery = 250 * time.Millisecond

// hasten asks the broker now and not when it was planned: the clock may have
// jumped ahead, which only the machine can tell from a lease that has ended.
func (w *Worker) hasten() {
	if w.waiting && time.Since(w.hurried) > hastenEvery {
		w.hurried = time.Now()
		w.wait.Stop()
		w.wake()
	}
}

func (w *Worker) install(a lease.Install) {
	w.ids.Install(snowflake.NewRange(a.Worker, a.From, a.Until))
	w.room.tell()
	w.stopGiving()
	what := "claimed a worker number"
	if w.told.stoodBy {
		what = "took over a worker number"
	}
	w.told.stoodBy = false
	w.cfg.Log.Info(what, "worker", a.Worker, "holder", w.holder, "until", timeOf(a.Until))
	if err := w.give(a.Worker); err != nil {
		w.fail(err)
	}
}

// close answers the requests that have arrived, and then closes the range.
func (w *Worker) close() {
	w.closing = true
	stopping := w.giving
	w.giving = nil
	w.goDo(func(context.Context) {
		w.stop(stopping)
		w.post(func() {
			w.closing = false
			var floor int64
			if r := w.ids.Range(); r != nil {
				floor = r.Close()
			}
			w.m.Closed(floor)
		})
	})
}

// stopGiving is for a number that was lost: requests that have arrived are
// answered from what is left of its range.
func (w *Worker) stopGiving() {
	if stopping := w.giving; stopping != nil {
		w.giving = nil
		w.goDo(func(context.Context) { w.stop(stopping) })
	}
}

func (w *Worker) readTable(ctx context.Context) {
	found, err := w.records.table(ctx)
	w.post(func() {
		if err != nil {
			w.cfg.Log.Debug("reading the leases", "error", err)
			w.m.Failed()
			return
		}
		w.complain(found)
		w.m.Table(found)
	})
}

// complain reports records that cannot be read, each once.
func (w *Worker) complain(found []lease.Row) {
	for _, r := range found {
		if n := r.Record.Worker; r.Record.State == "" && w.unreadable[n] != r.Seq {
			w.unreadable[n] = r.Seq
			w.cfg.Log.Error("a lease cannot be read, its worker number is not used: was it written by a later version?", "worker", n, "sequence", r.Seq)
		}
	}
}

// learn asks for the broker's time. The answer is dropped when the stream is
// another one: the process ends then.
func (w *Worker) learn(ctx context.Context) {
	c, err := w.compareClocks(ctx)
	w.post(func() {
		if _, lost := errors.AsType[*streams.Error](err); lost {
			return
		}
		if err != nil {
			w.cfg.Log.Debug("asking for the broker's time", "error", err)
			w.m.Failed()
			return
		}
		w.m.Learned(c)
	})
}

func (w *Worker) read(ctx context.Context, a lease.Read) {
	found, err := w.records.last(ctx, a.Worker)
	w.post(func() {
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
	w.post(func() {
		if err != nil {
			w.cfg.Log.Debug("writing a lease", "worker", a.Record.Worker, "error", err)
		}
		w.m.Written(a.Record.Nonce, answer, seq)
	})
}
