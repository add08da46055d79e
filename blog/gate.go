package blog

import (
	"context"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/semaphore"

	"parley/wire"
)

// maxRequests bounds the requests under way. Most of them are posts that wait
// for a commit: 4,096 of the longest take 64 MB.
const maxRequests = 4096

// gate counts the requests under way and refuses them before and after the blog
// serves.
type gate struct {
	serving atomic.Bool
	places  *semaphore.Weighted
}

func newGate() *gate { return &gate{places: semaphore.NewWeighted(maxRequests)} }

// enter admits a request, which leaves at its end.
func (g *gate) enter() error {
	switch {
	case !g.serving.Load():
		return &wire.Error{Code: wire.CodeUnavailable, Text: "the blog is not serving: it is starting or ending; nothing was done"}
	case !g.places.TryAcquire(1):
		return &wire.Error{Code: wire.CodeBusy, Text: fmt.Sprintf("%d requests are under way already, try again later; nothing was done", maxRequests)}
	}
	return nil
}

func (g *gate) leave() { g.places.Release(1) }

// close admits no more requests, and waits for those under way or for ctx. It reports
// whether all have left.
func (g *gate) close(ctx context.Context) bool {
	g.serving.Store(false)
	return g.places.Acquire(ctx, maxRequests) == nil
}
