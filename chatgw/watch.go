package chatgw

import (
	"context"
	"time"

	"parley/chatgw/frame"
	"parley/chatgw/socket"
)

const (
	// watchEvery is how often the broker is checked.
	watchEvery = time.Second
	// sweepEvery is how often disconnected people are forgotten.
	sweepEvery = 10
)

// watch turns clients away while the broker cannot be reached: another gateway
// may reach it, and a refused client can show the reason. Connected clients are
// kept for a while, since brokers restart.
func (g *Gateway) watch(ctx context.Context) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	var away time.Duration
	for n := 0; ; n++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		if n%sweepEvery == 0 {
			g.people.sweep(g.since())
		}
		if g.deps.NATS.IsConnected() {
			if away >= g.cfg.LostAfter {
				g.cfg.Log.Info("the broker is back; taking clients again", "away", away)
				g.sockets.Accept()
			}
			away = 0
			continue
		}
		before := away
		if away += watchEvery; before < g.cfg.LostAfter && away >= g.cfg.LostAfter {
			g.cfg.Log.Warn("the broker is away; sending clients to other gateways", "for", away)
			g.sockets.Refuse("the gateway cannot reach its broker")
			g.sockets.Evict(ctx, socket.Bye{Code: frame.CloseLost, Reason: "the gateway cannot reach its broker"}, g.cfg.DrainPerSecond)
		}
	}
}
