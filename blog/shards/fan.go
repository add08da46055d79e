package shards

import (
	"context"
	"sync"
	"sync/atomic"
)

// maxFan bounds how many shards one request asks at a time. Each takes a
// goroutine and a connection, and beyond what the disks and processors can do at
// once more of them only wait elsewhere.
const maxFan = 16

// each calls fn with 0 to n-1, several at a time, and returns the first error,
// after which the context of the others is done.
func each(ctx context.Context, n int, fn func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(n, maxFan) {
		workers.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := fn(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}
