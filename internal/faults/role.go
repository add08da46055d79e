package faults

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"time"

	"parley/internal/child"
	"parley/internal/host"
	"parley/wire"
)

// actTimeout bounds one action: a role drains, a process starts.
const actTimeout = 30 * time.Second

// States of a role, as [RoleState] has them.
const (
	running = "running"
	armed   = "armed"
	stopped = "stopped"
)

// place is where a role runs.
type place int

const (
	placeHere   place = iota // in this process
	placeApart               // in a process of its own, armed
	placeKilled              // nowhere, after a SIGKILL
)

// order is where a role should be.
type order struct {
	place       place
	step, point string
	done        chan error
}

// Role is a role that can be moved and killed. It is a [lifecycle.Role]
// itself, which goes on while what it holds is dead.
type Role struct {
	name string
	// build makes the role in this process, which runs once.
	build func() *host.Role
	// command is its command line in a process of its own.
	program string
	command func() []string

	ready  chan struct{}
	orders chan order

	mu  sync.Mutex
	now RoleState
}

// New returns a role of this process that can also be run in a process of its own, by
// a command of the program.
func New(name, program string, command func() []string, build func() *host.Role) *Role {
	return &Role{
		name: name, build: build, program: program, command: command, ready: make(chan struct{}), orders: make(chan order),
		now: RoleState{Role: name, State: running},
	}
}

// Ready is closed when the role serves for the first time.
func (r *Role) Ready() <-chan struct{} { return r.ready }

func (r *Role) state() RoleState {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *Role) set(state, point string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now.State, r.now.Point = state, point
}

// do hands an order to Run and waits until it is carried out.
func (r *Role) do(ctx context.Context, o order) error {
	o.done = make(chan error, 1)
	select {
	case r.orders <- o:
	case <-ctx.Done():
		return &wire.Error{Code: wire.CodeBusy, Text: r.name + " is still busy with the action before"}
	}
	select {
	case err := <-o.done:
		return err
	case <-ctx.Done():
		return &wire.Error{Code: wire.CodeBusy, Text: r.name + " takes long; look again"}
	}
}

// Run holds the role wherever it is ordered to be, until ctx ends.
func (r *Role) Run(ctx context.Context) error {
	o := order{place: placeHere, done: make(chan error, 1)}
	first := true
	for {
		var next order
		var err error
		if o.place == placeHere {
			next, err = r.here(ctx, o, first)
			first = false
		} else {
			next, err = r.apart(ctx, o)
		}
		if err != nil || ctx.Err() != nil {
			return err
		}
		o = next
	}
}

// here runs the role in this process until the next order.
func (r *Role) here(ctx context.Context, o order, first bool) (order, error) {
	run, stop := context.WithCancel(ctx)
	defer stop()
	role := r.build()
	ended := make(chan error, 1)
	go func() { ended <- role.Run(run) }()
	ready := role.Ready()
	for {
		select {
		case <-ready:
			ready = nil
			r.set(running, "")
			if first {
				close(r.ready)
			}
			o.done <- nil
		case err := <-ended:
			if ctx.Err() == nil && err == nil {
				err = errors.New("it stopped on its own")
			}
			return order{}, err
		case next := <-r.orders:
			if next.place == placeHere {
				next.done <- nil
				continue
			}
			stop()
			if err := <-ended; err != nil {
				next.done <- err
				return order{}, err
			}
			return next, nil
		}
	}
}

// apart runs the role in a process of its own until it is dead and there is a
// next order. To be killed it is started and killed.
func (r *Role) apart(ctx context.Context, o order) (order, error) {
	args := append(r.command(), "--until-eof", "--log-level", "error")
	if o.step != "" {
		args = append(args, "--crash-at", o.step)
	}
	died := make(chan error, 1)
	c, err := child.Start(r.name, r.program, args, nil, died)
	if err == nil {
		start, cancel := context.WithTimeout(ctx, actTimeout)
		_, err = c.AwaitReady(start)
		cancel()
	}
	if err != nil {
		if c.Cmd.Process != nil { // it may be ready later, when nobody looks any more
			_ = c.Cmd.Process.Kill()
			<-c.Ended
		}
		r.set(stopped, "")
		o.done <- err
		return r.dead(ctx)
	}
	kill := func(o order) (order, error) {
		_ = c.Cmd.Process.Signal(syscall.SIGKILL) // it may have ended by itself
		<-c.Ended
		r.set(stopped, "")
		o.done <- nil
		return r.dead(ctx)
	}
	if o.place == placeKilled {
		return kill(o)
	}
	r.set(armed, o.point)
	o.done <- nil
	select {
	case <-c.Ended: // it has reached its point
		r.set(stopped, "")
		return r.dead(ctx)
	case next := <-r.orders:
		if next.place == placeKilled {
			return kill(next)
		}
		_ = c.Stop() // it may reach its point this very moment, which is no harm
		return next, nil
	case <-ctx.Done():
		_ = c.Stop()
		return order{}, nil
	}
}

// dead waits for the order that brings the role back.
func (r *Role) dead(ctx context.Context) (order, error) {
	for {
		select {
		case next := <-r.orders:
			if next.place == placeKilled {
				next.done <- nil
				continue
			}
			return next, nil
		case <-ctx.Done():
			return order{}, nil
		}
	}
}
