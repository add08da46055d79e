package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// slowTurns is how often the measurements without and with stalled readers
	// alternate, so that changes of the machine's speed affect both.
	slowTurns = 2
	// slowPatience bounds how long it takes until a stalled reader is cut off:
	// the kernel's buffers fill first, and then the gateway's queue.
	slowPatience = 3 * time.Minute
)

// slow measures how readers that do not read affect the others.
func (b *chatBench) slow(ctx context.Context) error {
	a, err := b.gather(ctx, partSlow)
	if err != nil {
		return err
	}
	stop := a.startSending(ctx)
	err = b.pause(ctx, b.WarmUp)
	for turn := 0; turn < slowTurns && err == nil; turn++ {
		b.progress("all readers read")
		a.phase.Store(phaseAll)
		if err = b.pause(ctx, b.Duration/slowTurns); err == nil {
			err = a.stall(ctx, turn)
		}
	}
	stop()
	cut, counted := a.gateway.metric(ctx, "parley_chat_connections_slow_total")
	for _, e := range a.readers {
		if e.wasStalled() {
			close(e.resume)
		}
	}
	if err = errors.Join(err, counted, a.finish(ctx)); err != nil {
		return err
	}
	r := &b.report
	r.SlowCutOff = int(cut)
	for _, e := range a.readers {
		if e.wasStalled() {
			r.SlowStalled++
		}
	}
	r.SlowP99WithoutMS, r.SlowP99WithMS = ms(a.phases[phaseAll].arrived, 99), ms(a.phases[phaseStalled].arrived, 99)
	if r.SlowP99WithoutMS > 0 {
		r.SlowRatio = r.SlowP99WithMS / r.SlowP99WithoutMS
	}
	if r.SlowCutOff != r.SlowStalled {
		return fmt.Errorf("%d readers stalled and %d were cut off", r.SlowStalled, r.SlowCutOff)
	}
	return nil
}

// stall makes other readers than before stop reading, and waits until the gateway has
// closed their connections.
func (a *audience) stall(ctx context.Context, turn int) error {
	b := a.bench
	n := max(int(float64(len(a.readers))*b.Stalled/100), 1)
	begun, end := time.Now(), time.Now().Add(slowPatience)
	b.progress("%d have stalled", n)
	a.phase.Store(phaseStalled)
	// From the end, since the first ones send.
	for i := range n {
		a.readers[len(a.readers)-1-turn*n-i].stall.Store(true)
	}
	for {
		if err := b.pause(ctx, 200*time.Millisecond); err != nil {
			return err
		}
		cut, err := a.gateway.metric(ctx, "parley_chat_connections_slow_total")
		switch {
		case err != nil:
			return err
		case int(cut) >= (turn+1)*n && time.Since(begun) >= b.Duration/slowTurns:
			return nil
		case time.Now().After(end):
			return fmt.Errorf("of %d stalled readers %.0f were cut off within %v", (turn+1)*n, cut, slowPatience)
		}
	}
}
