package chatgw

import (
	"context"
	"net/http"
	"time"
)

// drain stops in order: the load balancer hears no, services post elsewhere, no
// client comes in, and those that are connected are sent the time to reconnect, a few at
// a time, each after what it has begun. What is acknowledged is durable; what
// is not is sent again by who sent it.
func (g *Gateway) drain(offered *service, servers []*http.Server) {
	g.stopping.Store(true)
	began := time.Now()
	ctx, cancel := context.WithTimeout(g.background, g.cfg.DrainTimeout)
	defer cancel()
	g.cfg.Log.Info("draining", "connections", g.sockets.Count())
	offered.stop()
	g.sockets.Drain(ctx, g.cfg.DrainPerSecond)
	for _, s := range servers {
		if err := s.Shutdown(ctx); err != nil {
			_ = s.Close() // a request that takes that long is cut
		}
	}
	if left := g.sockets.Count(); left > 0 {
		g.cfg.Log.Warn("cutting connections that did not end in time", "connections", left)
	}
	g.cfg.Log.Info("drained", "took", time.Since(began))
}
