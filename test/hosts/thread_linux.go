package hosts

import (
	"fmt"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// place is the namespace that a thread runs in.
type place bool

const (
	stay  place = false // in the one of this process
	leave place = true  // in a new one
)

// thread is an operating system's thread that runs functions in one network
// namespace. A namespace belongs to threads, not to processes: what is opened or
// started there belongs to the thread's namespace, whichever goroutine uses it
// later.
type thread struct {
	work chan func()
	once sync.Once
	done chan struct{} // closed when nothing runs on it any more
}

// newThread starts a thread. The thread is thrown away after use: Go ends one
// whose goroutine ends while locked to it, and with the last thread, process and
// device the namespace ends too.
func newThread(where place) (*thread, error) {
	th := &thread{work: make(chan func()), done: make(chan struct{})}
	ready := make(chan error)
	go th.run(where, ready)
	if err := <-ready; err != nil {
		return nil, err
	}
	return th, nil
}

func (th *thread) run(where place, ready chan<- error) {
	runtime.LockOSThread()
	if unix.Gettid() == unix.Getpid() {
		// The first thread cannot be thrown away. As long as this goroutine sits
		// on it, another one gets another thread.
		go th.run(where, ready)
		<-th.done
		runtime.UnlockOSThread()
		return
	}
	defer close(th.done)
	if where == leave {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			ready <- fmt.Errorf("a new network namespace: %w", err)
			return
		}
	}
	ready <- nil
	for f := range th.work {
		f()
	}
}

// do runs f on the thread and returns what it returns.
func (th *thread) do(f func() error) error {
	result := make(chan error, 1)
	th.work <- func() { result <- f() }
	return <-result
}

// end ends the thread.
func (th *thread) end() {
	th.once.Do(func() { close(th.work) })
	<-th.done
}
