//go:build unix

package socket

import (
	"errors"
	"syscall"
)

// try writes to a socket without waiting for it.
type try struct {
	p   []byte
	n   int
	err error
	fn  func(fd uintptr) bool
}

// init makes the function once: it would be an allocation with each write.
func (t *try) init() {
	t.fn = func(fd uintptr) bool {
		for {
			t.n, t.err = syscall.Write(int(fd), t.p)
			if !errors.Is(t.err, syscall.EINTR) {
				return true // whatever it was, do not wait
			}
		}
	}
}

// write returns how much the socket took, which may be nothing. An error means
// that it is broken.
func (t *try) write(raw syscall.RawConn, p []byte) (int, error) {
	t.p, t.n, t.err = p, 0, nil
	err := raw.Write(t.fn)
	t.p = nil
	if errors.Is(t.err, syscall.EAGAIN) {
		t.err = nil
	}
	return max(t.n, 0), errors.Join(err, t.err)
}
