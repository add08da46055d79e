package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// crowd is a growing set of connections.
type crowd struct {
	mu      sync.Mutex
	sockets []*chatSocket
	reading sync.WaitGroup
}

// openAll calls open for each number from first to below end, several concurrently, until
// one fails.
func (b *chatBench) openAll(ctx context.Context, first, end int, open func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var opening sync.WaitGroup
	for range b.Concurrency {
		opening.Go(func() {
			for i := range next {
				if err := open(ctx, i); err != nil {
					cancel(fmt.Errorf("connection %d: %w", i, err))
				}
			}
		})
	}
	for i := first; i < end && ctx.Err() == nil; i++ {
		next <- i
	}
	close(next)
	opening.Wait()
	return context.Cause(ctx)
}

// grow opens connections until there are n. Each is of a different person who joins one
// of the rooms, and is read from then on.
func (c *crowd) grow(ctx context.Context, b *chatBench, addr string, n int) error {
	return b.openAll(ctx, c.size(), n, func(ctx context.Context, i int) error {
		return c.open(ctx, addr, fmt.Sprintf("person-%d", i), fmt.Sprintf("room-%d", i%b.Rooms))
	})
}

func (c *crowd) open(ctx context.Context, addr, name, room string) error {
	s, err := openChat(ctx, addr)
	if err != nil {
		return err
	}
	if _, err := s.enter(name, room); err != nil {
		s.Close()
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sockets = append(c.sockets, s)
	c.reading.Go(func() {
		for {
			if _, err := s.next(); err != nil {
				return // idle checks that no connection ended
			}
		}
	})
	return nil
}

func (c *crowd) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.sockets)
}

func (c *crowd) close() {
	c.mu.Lock()
	for _, s := range c.sockets {
		s.Close()
	}
	c.mu.Unlock()
	c.reading.Wait()
}

// idleSteps is how often memory is measured.
const idleSteps = 5

// weight is the gateway's memory with a number of connections.
type weight struct {
	Connections int   `json:"connections"`
	RSSBytes    int64 `json:"rss_bytes"`
}

// idle measures the gateway's memory with growing numbers of connections, each of which
// has joined a room.
func (b *chatBench) idle(ctx context.Context) error {
	g, err := b.gateway(ctx, partIdle)
	if err != nil {
		return err
	}
	var c crowd
	defer c.close()
	for i := range idleSteps {
		n := b.From + i*(b.Connections-b.From)/(idleSteps-1)
		b.progress("memory of %d idle connections", n)
		if err := c.grow(ctx, b, g.addr, n); err != nil {
			return err
		}
		if err := b.pause(ctx, b.Settle); err != nil {
			return err
		}
		b.report.Idle = append(b.report.Idle, weight{n, g.usage().rss})
	}
	open, err := g.metric(ctx, "parley_chat_connections")
	if err == nil && int(open) != b.Connections {
		err = fmt.Errorf("%.0f connections are left of %d", open, b.Connections)
	}
	b.report.KBPerIdleConnection = slope(b.report.Idle) / 1024
	c.close()
	return errors.Join(err, g.child.Stop())
}

// slope returns the bytes for each further connection, by least squares.
func slope(weights []weight) float64 {
	var n, sx, sy, sxx, sxy float64
	for _, w := range weights {
		x, y := float64(w.Connections), float64(w.RSSBytes)
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	if n*sxx == sx*sx {
		return 0
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}

// joins measures how many connections a second are opened and have joined a room.
func (b *chatBench) joins(ctx context.Context) error {
	g, err := b.gateway(ctx, partJoins)
	if err != nil {
		return err
	}
	b.progress("%d joins", b.Connections)
	var c crowd
	defer c.close()
	before, start := g.usage().cpu, time.Now()
	if err := c.grow(ctx, b, g.addr, b.Connections); err != nil {
		return err
	}
	b.report.JoinsPerS = perSecond(int64(b.Connections), time.Since(start))
	b.report.JoinCPUUS = 1e6 * (g.usage().cpu - before) / float64(b.Connections)
	c.close()
	return g.child.Stop()
}
