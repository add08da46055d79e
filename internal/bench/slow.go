package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// slowTurns is how often the measurement without stalled readers and that
	// with them alternate, so that both meet the same machine.
	slowTurns = 2
	// slowPatience bounds how long it takes until a stalled reader is cut off:
	// the kernel's buffers fill first, and then the gateway's queue.
	slowPatience = 3 * time.Minute
)

// slow measures what those who read notice of those who do not.
func (b *chatBench) slow(ctx context.Context) error {
	a, err := b.gather(ctx, partSlow)
	if err != nil {
		return err
	}
	talking, quiet := context.WithCancel(ctx)
	defer quiet()
	var talk sync.WaitGroup
	talk.Go(func() { a.talk(talking) })
	err = b.pause(ctx, b.WarmUp)
	for turn := 0; turn < slowTurns && err == nil; turn++ {
		b.say("everybody reads")
		a.phase.Store(phaseAll)
		if err = b.pause(ctx, b.Duration/slowTurns); err == nil {
			err = a.stall(ctx, turn)
		}
	}
	quiet()
	talk.Wait()
	cut, counted := a.gateway.metric(ctx, "parley_chat_connections_slow_total")
	for _, e := range a.ears {
		if e.wasStalled() {
			close(e.resume)
		}
	}
	if err = errors.Join(err, counted, a.finish(ctx)); err != nil {
		return err
	}
	r := &b.report
	r.SlowCutOff = int(cut)
	for _, e := range a.ears {
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

// stall has other people than before stop reading, and waits until they were
// cut off.
func (a *audience) stall(ctx context.Context, turn int) error {
	b := a.bench
	n := max(int(float64(len(a.ears))*b.Stalled/100), 1)
	begun, end := time.Now(), time.Now().Add(slowPatience)
	b.say("%d have stalled", n)
	a.phase.Store(phaseStalled)
	// From the back: those in front talk.
	for i := range n {
		a.ears[len(a.ears)-1-turn*n-i].mute.Store(true)
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
