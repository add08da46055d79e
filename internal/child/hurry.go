package child

import "sync"

// Hurry is what is left to do when a person presses Ctrl-C a second time, before
// the process exits at once: end the processes that it has started.
type Hurry struct {
	mu   sync.Mutex
	last map[*Process]struct{}
}

// With has a child end at once too, until the returned function is called.
func (h *Hurry) With(c *Process) (without func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.last == nil {
		h.last = map[*Process]struct{}{}
	}
	h.last[c] = struct{}{}
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.last, c)
	}
}

// Now tells every child to exit when this process does, which is next.
func (h *Hurry) Now() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.last {
		c.ask()
	}
}
