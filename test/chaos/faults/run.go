package faults

import (
	"context"
	"fmt"
	"sync"
	"time"

	"parley/test/model"
)

// System is what can be broken. None of its methods fails the run: what could
// not be done is reported, and the run goes on.
type System interface {
	// Kill ends a process and returns when it is dead.
	Kill(name string)
	// Start starts it and returns when it is ready, or after a while.
	Start(name string, flags ...string)
	Pause(name string)
	Continue(name string)
	// Crashed waits until a process has killed itself, Held until it stands
	// still at a step. They report whether that happened.
	Crashed(ctx context.Context, name string) bool
	Held(ctx context.Context, name, step string) bool
	// SetClock puts the clock of a process off.
	SetClock(name string, off time.Duration)
	// LockDatabase takes the lock of a participant's database, FailResource has its
	// resource fail, FillDisk leaves no space on its disk; each returns what undoes
	// it.
	LockDatabase(name string) (undo func())
	FailResource(name string) (undo func())
	FillDisk(name string) (undo func())
	// Backup copies a participant's journal while it runs; restore puts the copy in
	// place of the journal of a process that is dead.
	Backup(name string) (restore func())
	// Hosts are those of the cluster, without the clients'.
	Hosts() []string
	Cut(a, b string)
	CutOneWay(from, to string)
	Slow(a, b string, delay, jitter time.Duration)
	// Heal undoes what was done to the link.
	Heal(a, b string)
}

// reach bounds how long a process has to come to the step at which it is
// struck. Orders keep coming, so the step is reached as soon as it takes part again.
const reach = 10 * time.Second

// Run breaks the cluster by the schedule, and returns when everything that it
// has broken is mended. When ctx ends it begins nothing new and mends immediately.
func Run(ctx context.Context, all []Fault, s System, done func(model.Event)) {
	var under sync.WaitGroup
	defer under.Wait()
	locks := map[string]*sync.Mutex{}
	for _, f := range all {
		for _, name := range append([]string{f.Target}, f.Peers...) {
			if locks[name] == nil {
				locks[name] = new(sync.Mutex)
			}
		}
	}
	began := time.Now()
	for _, f := range all {
		if !wait(ctx, time.Until(began.Add(f.At))) {
			return
		}
		under.Go(func() {
			// A process that was slow to recover from the fault before is
			// left alone until it runs.
			if f.Kind.alone() {
				for _, name := range append([]string{f.Target}, f.Peers...) {
					locks[name].Lock()
					defer locks[name].Unlock()
				}
			}
			if ctx.Err() != nil {
				return
			}
			e := model.Event{Kind: string(f.Kind), Target: target(f), Step: f.Step, From: time.Now()}
			if !do(ctx, f, s) {
				e.Missed = fmt.Sprintf("it did not come to %s within %v", f.Step, reach)
			}
			e.To = time.Now()
			done(e)
		})
	}
}

func target(f Fault) string {
	s := f.Target
	for _, p := range f.Peers {
		s += " + " + p
	}
	return s
}

// do breaks one thing, waits, and mends it.
func do(ctx context.Context, f Fault, s System) bool {
	switch f.Kind {
	case Kill, Outage:
		names := append([]string{f.Target}, f.Peers...)
		for _, n := range names {
			s.Kill(n)
		}
		wait(ctx, f.For)
		var starting sync.WaitGroup
		defer starting.Wait()
		for _, n := range names {
			starting.Go(func() { s.Start(n) })
		}
	case Pause:
		s.Pause(f.Target)
		wait(ctx, f.For)
		s.Continue(f.Target)
	case Clock:
		s.SetClock(f.Target, f.Delay)
		wait(ctx, f.For)
		s.SetClock(f.Target, 0)
	case Lock:
		while(ctx, f, s.LockDatabase)
	case Fail:
		while(ctx, f, s.FailResource)
	case Fill:
		while(ctx, f, s.FillDisk)
	case Restore:
		restore := s.Backup(f.Target)
		s.Kill(f.Target)
		s.Start(f.Target)
		wait(ctx, f.For)
		s.Kill(f.Target)
		restore()
		s.Start(f.Target)
	case Crash:
		return crash(ctx, f, s)
	case Hold:
		return hold(ctx, f, s)
	case Cut:
		s.Cut(f.Target, f.Peers[0])
		wait(ctx, f.For)
		s.Heal(f.Target, f.Peers[0])
	case OneWay:
		s.CutOneWay(f.Target, f.Peers[0])
		wait(ctx, f.For)
		s.Heal(f.Target, f.Peers[0])
	case Slow:
		s.Slow(f.Target, f.Peers[0], f.Delay, f.Jitter)
		wait(ctx, f.For)
		s.Heal(f.Target, f.Peers[0])
	case Isolate, Minority:
		side(ctx, f, s)
	}
	return true
}

// while breaks the target for a while.
func while(ctx context.Context, f Fault, breakIt func(name string) (undo func())) {
	undo := breakIt(f.Target)
	wait(ctx, f.For)
	undo()
}

// crash makes the process die at a step, and starts it again.
func crash(ctx context.Context, f Fault, s System) bool {
	s.Kill(f.Target)
	s.Start(f.Target, "--crash-at", f.Step)
	late, cancel := context.WithTimeout(ctx, reach)
	defer cancel()
	died := s.Crashed(late, f.Target)
	if died {
		wait(ctx, f.For)
	} else {
		s.Kill(f.Target)
	}
	s.Start(f.Target)
	return died
}

// hold makes the process stand still at a step. Afterwards it goes on
// from there, with what it believed then.
func hold(ctx context.Context, f Fault, s System) bool {
	s.Kill(f.Target)
	s.Start(f.Target, "--hold-at", f.Step)
	late, cancel := context.WithTimeout(ctx, reach)
	defer cancel()
	if !s.Held(late, f.Target, f.Step) {
		s.Kill(f.Target)
		s.Start(f.Target)
		return false
	}
	wait(ctx, f.For)
	s.Continue(f.Target)
	return true
}

// side cuts some hosts off from all others.
func side(ctx context.Context, f Fault, s System) {
	in := map[string]bool{f.Target: true}
	for _, p := range f.Peers {
		in[p] = true
	}
	each := func(do func(a, b string)) {
		for a := range in {
			for _, b := range s.Hosts() {
				if !in[b] {
					do(a, b)
				}
			}
		}
	}
	each(s.Cut)
	wait(ctx, f.For)
	each(s.Heal)
}

// wait reports false if ctx ended first.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
