package chatgw

import (
	"context"
	"net/http"
	"time"
)

// drain stops the gateway in order: the health check fails, services post
// elsewhere, no client is admitted, and the connected ones are sent a time at
// which to reconnect, a few at a time, each after what it has begun. What is
// acknowledged is durable; the sender repeats what is not.
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
