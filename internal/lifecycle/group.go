package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Group is a [Role] made of roles that build on each other. It starts them in
// the order they were added, each when the one before is ready, and stops them
// in reverse, each when the one after has drained. The first failure stops all.
//
// States: adding (Add) -> starting -> ready -> stopping -> ended; a cancel or a
// failure while starting goes straight to stopping. The zero Group is empty and
// ready to use.
type Group struct {
	members []*member
	once    sync.Once
	ready   chan struct{}
}

type member struct {
	name string
	role Role
	stop context.CancelFunc
	// err is what Run returned, read after done is closed.
	err  error
	done chan struct{}
}

// Add appends a role, before Run. Errors contain the name.
func (g *Group) Add(name string, r Role) {
	g.members = append(g.members, &member{name: name, role: r, done: make(chan struct{})})
}

// Ready is closed once every role is ready.
func (g *Group) Ready() <-chan struct{} { return g.readyChan() }

func (g *Group) readyChan() chan struct{} {
	g.once.Do(func() { g.ready = make(chan struct{}) })
	return g.ready
}

// Run starts the roles and blocks until all of them have ended. It returns nil
// when ctx was cancelled and every role drained, and otherwise the first
// failure, with those that stopping added.
func (g *Group) Run(ctx context.Context) error {
	failed := make(chan *member, len(g.members))
	started, err := g.start(ctx, failed)
	if err == nil && ctx.Err() == nil {
		close(g.readyChan())
		select {
		case <-ctx.Done():
		case m := <-failed:
			err = m.failure()
		}
	}
	return errors.Join(err, stop(started, err))
}

// start runs the roles one after another and returns those that it started. It stops at
// the first failure of any of them, or when ctx ends.
func (g *Group) start(ctx context.Context, failed chan *member) (started []*member, err error) {
	for _, m := range g.members {
		if ctx.Err() != nil {
			return started, nil
		}
		// A role's context does not follow ctx: a cancel reaches the roles in
		// reverse order, through stop.
		run, cancel := context.WithCancel(context.WithoutCancel(ctx))
		m.stop = cancel
		started = append(started, m)
		go func() {
			m.err = m.role.Run(run)
			close(m.done)
			if run.Err() == nil {
				failed <- m
			}
		}()
		select {
		case <-m.role.Ready():
		case m := <-failed:
			return started, m.failure()
		case <-ctx.Done():
			return started, nil
		}
	}
	return started, nil
}

// failure returns why a role ended that was not stopped.
func (m *member) failure() error {
	if m.err == nil {
		return fmt.Errorf("%s stopped on its own", m.name)
	}
	return fmt.Errorf("%s: %w", m.name, m.err)
}

// stop ends the roles in reverse order and returns the errors of doing so,
// except for what is already in cause.
func stop(started []*member, cause error) error {
	var errs []error
	for i := len(started) - 1; i >= 0; i-- {
		m := started[i]
		m.stop()
		<-m.done
		if m.err != nil && !errors.Is(cause, m.err) && !errors.Is(m.err, context.Canceled) {
			errs = append(errs, fmt.Errorf("stopping %s: %w", m.name, m.err))
		}
	}
	return errors.Join(errs...)
}
