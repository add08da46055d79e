package main

import "sync"

// hurry is what is left to do when a person presses Ctrl-C a second time, before
// the process exits at once: end the processes that it has started.
type hurry struct {
	mu   sync.Mutex
	last map[*child]struct{}
}

// with has a child end at once too, until the returned function is called.
func (h *hurry) with(c *child) (without func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.last == nil {
		h.last = map[*child]struct{}{}
	}
	h.last[c] = struct{}{}
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.last, c)
	}
}

// now tells every child to exit when this process does, which is next.
func (h *hurry) now() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.last {
		c.ask()
	}
}
