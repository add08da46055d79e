// Package pause waits for a time, as part of a loop that ends with a context.
package pause

import (
	"context"
	"time"
)

// For waits for d and reports true, or returns false as soon as ctx ends.
func For(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
