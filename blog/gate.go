package blog

import (
	"context"
	"fmt"
	"sync"

	"parley/wire"
)

// maxRequests bounds the requests under way. Most of them are posts that wait
// for a commit: 4,096 of the longest take 64 MB.
const maxRequests = 4096

// gate counts the requests under way and lets nobody in before and after the
// blog serves. The zero gate is closed.
type gate struct {
	mu     sync.Mutex
	opened bool
	n      int
	// idle is closed when the gate is closed and nobody is inside.
	idle chan struct{}
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.opened, g.idle = true, make(chan struct{})
}

// enter lets a request in, which leaves at its end.
func (g *gate) enter() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case !g.opened:
		return &wire.Error{Code: wire.CodeUnavailable, Text: "the blog is not serving: it is starting or ending; nothing was done"}
	case g.n >= maxRequests:
		return &wire.Error{Code: wire.CodeBusy, Text: fmt.Sprintf("%d requests are under way already, try again later; nothing was done", maxRequests)}
	}
	g.n++
	return nil
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.n--
	g.settle()
}

// settle signals that no request is inside a closed gate.
func (g *gate) settle() {
	if !g.opened && g.n == 0 {
		close(g.idle)
	}
}

// close lets nobody else in, and waits for those inside or for ctx.
func (g *gate) close(ctx context.Context) {
	g.mu.Lock()
	if g.opened {
		g.opened = false
		g.settle()
	}
	g.mu.Unlock()
	select {
	case <-g.idle:
	case <-ctx.Done():
	}
}
