package bench

import (
	"context"
	"errors"
	"time"
)

// fanout measures one room with many readers.
func (b *chatBench) fanout(ctx context.Context) error {
	a, err := b.gather(ctx, partFanout)
	if err != nil {
		return err
	}
	stop := a.startSending(ctx)
	b.progress("%d messages a second for %d people", b.Rate, b.Subscribers)
	err = b.pause(ctx, b.WarmUp)
	a.phase.Store(phaseAll)
	gateway, all := b.serverCPU(a.gateway)
	delivered, start := a.delivered.Load(), time.Now()
	err = errors.Join(err, b.pause(ctx, b.Duration))
	took, n := time.Since(start), a.delivered.Load()-delivered
	gatewayAfter, allAfter := b.serverCPU(a.gateway)
	stop()
	if err = errors.Join(err, a.finish(ctx)); err != nil {
		return err
	}
	r, h := &b.report, a.phases[phaseAll]
	r.DeliveriesPerS = perSecond(n, took)
	if n > 0 {
		r.CPUSPerMillionDeliveries = 1e6 * (gatewayAfter - gateway) / float64(n)
		r.ServerCPUSPerMillionDeliveries = 1e6 * (allAfter - all) / float64(n)
	}
	r.P50MS, r.P99MS, r.P999MS, r.MaxMS = ms(h.arrived, 50), ms(h.arrived, 99), ms(h.arrived, 99.9), float64(h.arrived.Max())/1000
	r.AckP50MS, r.AckP99MS = ms(h.acked, 50), ms(h.acked, 99)
	return nil
}
