package child

import "sync"

// ShutdownHooks ends the child processes of a process that exits without a drain, as
// after a second Ctrl-C.
type ShutdownHooks struct {
	mu       sync.Mutex
	children map[*Process]struct{}
}

// Add registers a child, until the returned function is called.
func (h *ShutdownHooks) Add(c *Process) (remove func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.children == nil {
		h.children = map[*Process]struct{}{}
	}
	h.children[c] = struct{}{}
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.children, c)
	}
}

// Run makes every registered child exit when this process does, which follows.
func (h *ShutdownHooks) Run() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.children {
		c.requestDrain()
	}
}
