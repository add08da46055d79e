package socket

import (
	"context"
	"math/rand/v2"
	"time"

	"parley/chatgw/frame"
)

// Refuse admits no more connections, until [Server.Accept]. Clients that try are
// sent the reason.
func (s *Server) Refuse(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusing = reason
}

// Accept is the inverse of [Server.Refuse], but not of [Server.Drain].
func (s *Server) Accept() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.draining {
		s.refusing = ""
	}
}

// Drain takes no more connections and evicts those that there are. It returns
// when all are disconnected, or ctx ended; then [Server.Run] cuts the rest.
func (s *Server) Drain(ctx context.Context, perSecond int) {
	s.mu.Lock()
	s.draining, s.refusing = true, "the gateway is stopping"
	s.mu.Unlock()
	s.Evict(ctx, Bye{Code: frame.CloseDrain, Reason: "the gateway is stopping"}, perSecond)
	s.await(ctx)
}

// Evict closes the present connections, at most perSecond, and faster if they
// would not all be closed before ctx ends. Each is sent a different time to
// reconnect, and what its session is doing is finished first. Evict returns when
// all have been asked to close, or ctx ended.
func (s *Server) Evict(ctx context.Context, b Bye, perSecond int) {
	conns := s.wheel.all()
	if len(conns) == 0 {
		return
	}
	gap := time.Second / time.Duration(max(perSecond, 1))
	if end, ok := ctx.Deadline(); ok {
		// Half of the time for saying it, half for those that answer slowly.
		gap = min(gap, time.Until(end)/2/time.Duration(len(conns)))
	}
	spread := max(2*time.Second, gap*time.Duration(len(conns)))
	s.cfg.Log.Info("closing connections", "connections", len(conns), "over", gap*time.Duration(len(conns)))
	began := time.Now()
	tick := time.NewTicker(max(gap, time.Millisecond))
	defer tick.Stop()
	for i := 0; i < len(conns); {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		for due := int(time.Since(began) / max(gap, 1)); i < len(conns) && i < due; i++ {
			b.Retry = 100*time.Millisecond + rand.N(spread)
			s.evict(conns[i], b)
		}
	}
}

// evict closes a connection after what its session is doing.
func (s *Server) evict(c *Conn, b Bye) {
	if c.turn.TryLock() {
		c.Close(b)
		c.turn.Unlock()
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	s.work.Go(func() {
		c.turn.Lock()
		defer c.turn.Unlock()
		c.Close(b)
	})
}

// await waits until all connections have ended, or ctx ended.
func (s *Server) await(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		s.work.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}
