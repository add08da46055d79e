package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"parley/bench/internal/machine"
)

// measure lets the generators take turns, round after round, so that other load on
// the machine affects all of them. When ctx ends it returns what was
// measured until then.
func measure(ctx context.Context, all []generator, rounds int, each time.Duration, progress func(format string, args ...any)) (*report, error) {
	r := newReport(all)
	progress("checking\n")
	for _, g := range all {
		if err := g.check(r.CPUs, checked(g)); err != nil {
			return nil, err
		}
	}
	cpu := machine.ReadCPU()
	defer func() { r.StealPercent = machine.ReadCPU().StealSince(cpu) }()
	for round := range rounds {
		progress("round %d of %d\n", round+1, rounds)
		for i, g := range all {
			for _, goroutines := range r.goroutines() {
				if ctx.Err() != nil {
					r.Interrupted = true
					return r, nil
				}
				rate, err := g.rate(goroutines, each)
				if err != nil {
					return nil, err
				}
				r.Generators[i].add(goroutines, rate)
			}
		}
		r.Rounds++
	}
	return r, nil
}

// checked is how many IDs of a generator each goroutine makes to be checked:
// about a tenth of a second of them.
func checked(g generator) int {
	if g.ceiling == 0 {
		return 50_000
	}
	return int(g.ceiling/10) / runtime.NumCPU()
}

// rate is how many IDs a second so many goroutines get from one generator.
func (g generator) rate(goroutines int, d time.Duration) (float64, error) {
	m, err := g.open()
	if err != nil {
		return 0, fmt.Errorf("starting %s: %w", g.name, err)
	}
	// One more than a batch, so that a generator that waits for the clock starts
	// with the clock, and the first and the last piece of the run are whole.
	if err := m.spend(g.batch + 1); err != nil {
		return 0, fmt.Errorf("measuring %s: %w", g.name, err)
	}
	made := make([]int, goroutines)
	failed := make([]error, goroutines)
	var running sync.WaitGroup
	start := time.Now()
	for i := range goroutines {
		running.Go(func() {
			for time.Since(start) < d && failed[i] == nil {
				failed[i] = m.spend(g.batch)
				made[i] += g.batch
			}
		})
	}
	running.Wait()
	took := time.Since(start)
	if err := errors.Join(failed...); err != nil {
		return 0, fmt.Errorf("measuring %s: %w", g.name, err)
	}
	sum := 0
	for _, n := range made {
		sum += n
	}
	return float64(sum) / took.Seconds(), nil
}
