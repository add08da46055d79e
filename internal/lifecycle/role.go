package lifecycle

import "context"

// Role is a long-running part of a process. See the package comment for what
// each method promises.
type Role interface {
	// Run blocks until ctx ends and the role has drained, or it failed.
	Run(ctx context.Context) error
	// Ready is closed once the role serves.
	Ready() <-chan struct{}
}
