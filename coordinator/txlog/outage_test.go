package txlog_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"parley/internal/lifecycle/roletest"

	"parley/coordinator/machine"
	"parley/wire"
	"parley/wire/txwire"
)

// The broker fails under an owner that appends without a pause: on one server
// it is killed and started again, on three its leader steps down, and then the
// leader dies. In the end another coordinator seals the log: everything that
// was acknowledged or reported is in it, the chain is whole, and nothing stands
// behind the seal.
func testOutage(t *testing.T, b *harness) {
	owned, other := b.open(t), b.open(t)
	ctx, cancel := context.WithTimeout(t.Context(), 45*time.Second)
	defer cancel()
	var inFlight, unclear atomic.Int64
	log := wire.NewToken()
	open := must(t, owned, log, record(txwire.RecordOpen, 0))
	owner := newActor(t, ctx, owned, &inFlight, &unclear)
	owner.own(log, open)

	// How much more is submitted; an owner that never paused could hold a seal
	// off for long.
	var left atomic.Int64
	left.Store(1 << 40)
	progress := make(chan int, 1) // how much is committed
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		next := 8
		for n := range next {
			owner.submit(n)
		}
		owner.run(func() bool { return owner.adopted }, func(a machine.Action) {
			if r, ok := a.(machine.Reply); ok && r.Outcome.Status == txwire.StatusCommitted {
				if left.Add(-1) >= 0 {
					owner.submit(next)
					next++
				}
				select {
				case <-progress:
				default:
				}
				progress <- len(owner.committed)
			}
		})
	}()
	grow := func(by int) {
		t.Helper()
		from := -1
		for {
			select {
			case n := <-progress:
				if from < 0 {
					from = n
				}
				if n >= from+by {
					return
				}
			case <-ctx.Done():
				t.Fatal("the owner does not get on")
			}
		}
	}
	grow(100)
	b.fail(t, grow)
	grow(100)

	sealer := newActor(t, ctx, other, &inFlight, &unclear)
	sealer.target = log
	left.Store(30)
	sealer.m.Adopt(log)
	sealer.run(func() bool { return sealer.adopted }, nil)
	owner.post(func() { owner.submit(1 << 20) }) // whose append meets the seal
	<-ended

	truth := judge(t, owned, log)
	owner.agree("the owner", truth)
	sealer.agree("the sealer", truth)
	t.Logf("%d appends acknowledged, %d commits in the log, %d reported committed, %d aborted after the seal; 10164 %d times, other unclear answers %d times",
		owner.appended, len(truth), len(owner.committed), len(owner.aborted), inFlight.Load(), unclear.Load())
}

// fail breaks the broker in the ways it can break; grow waits until work has
// gone on.
func (b *harness) fail(t *testing.T, grow func(int)) {
	if b.server != nil {
		for range 3 {
			b.server.Kill()
			b.server.Restart(t)
			grow(50)
		}
		return
	}
	stream := txwire.LogStream().Name
	for range 4 {
		roletest.Must(t, b.cluster.StepDown(t, stream))
		grow(50)
	}
	leader := b.cluster.StreamLeader(t, stream)
	b.cluster.KillNode(leader)
	grow(50)
	b.cluster.RestartNode(t, leader)
}
