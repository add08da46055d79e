package txlog_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/coordinator/machine"
	"parley/coordinator/txlog"
	"parley/wire"
	"parley/wire/txwire"
)

// An owner that appends in a chain and two others that seal its log, all with
// the machine that runs in production. In every round exactly one record stands
// after each sequence that somebody expected, the log ends in one seal, and
// whatever anybody concluded agrees with it. (A seal published without its
// expected sequence, an abort upon 10164 or upon a mismatch without looking at
// what stands there, or not knowing the own record by its nonce, fails within a
// few rounds: acknowledgements are lost and records arrive twice.)
func testRace(t *testing.T, b *harness) {
	logs := []*txlog.Log{b.open(t), b.open(t), b.open(t)}
	var inFlight, unclear atomic.Int64
	var total struct{ appended, committed, aborted, unknown, lost int }
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range b.rounds {
		log := wire.NewToken()
		open := must(t, logs[0], log, record(txwire.RecordOpen, 0))
		owner := newActor(t, ctx, logs[0], &inFlight, &unclear)
		owner.faulty = true
		owner.own(log, open)
		sealers := []*actor{newActor(t, ctx, logs[1], &inFlight, &unclear), newActor(t, ctx, logs[2], &inFlight, &unclear)}

		// The sealers start when the owner publishes its k-th record.
		start := make(chan struct{})
		k := 1 + rand.IntN(4)
		published := 0
		var wg sync.WaitGroup
		for i, s := range sealers {
			s.target, s.faulty = log, true
			wg.Go(func() {
				<-start
				for range rand.IntN(3) * i {
					_, _ = s.log.ReadAfter(ctx, log, 0) // a moment
				}
				s.m.Adopt(log)
				s.run(func() bool { return s.adopted }, nil)
			})
		}
		wg.Go(func() {
			next := 0
			submit := func() {
				owner.submit(next)
				next++
			}
			submit()
			owner.run(func() bool { return owner.adopted }, func(a machine.Action) {
				switch a := a.(type) {
				case machine.Append:
					if published++; published == k {
						close(start)
					}
				case machine.Reply:
					if a.Outcome.Status != txwire.StatusCommitted {
						return
					}
					// An owner that never paused would hold a seal off: on
					// three servers the seal is refused, 10164, whenever an
					// append is under way.
					moments := rand.IntN(4)
					go func() {
						for range moments {
							_, _ = owner.log.ReadAfter(ctx, log, 0)
						}
						owner.post(submit)
					}()
				}
			})
		})
		wg.Wait()
		truth := judge(t, logs[0], log)
		owner.agree("the owner", truth)
		for _, s := range sealers {
			s.agree("a sealer", truth)
		}
		for n := range owner.unknown {
			if !owner.aborted[n] && !truth[n] {
				total.unknown++ // neither committed nor reported aborted
			}
		}
		total.appended += owner.appended
		total.lost += int(owner.lost.Load())
		total.committed += len(truth)
		total.aborted += len(owner.aborted)
		if t.Failed() {
			t.Fatalf("log %s: committed %v, owner reported %v, aborted %v", log, keys(truth), keys(owner.committed), keys(owner.aborted))
		}
	}
	t.Logf("%d rounds: %d appends acknowledged, %d acknowledgements lost, %d commits in the logs, %d aborted, %d left open by the owner; 10164 %d times, other unclear answers %d times",
		b.rounds, total.appended, total.lost, total.committed, total.aborted, total.unknown, inFlight.Load(), unclear.Load())
}

func keys(m map[uint64]bool) (all []uint64) {
	for n := range m {
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}
