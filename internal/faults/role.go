package faults

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"time"

	"parley/chatgw/frame"
	"parley/coordinator"
	"parley/internal/child"
	"parley/internal/host"
	"parley/participants"
	"parley/wire"
)

// Stage breaks roles of this process on purpose, so that one sees what happens.
// A role that is to die moves into a process of its own first, and dies there by
// SIGKILL, as it would in earnest: nothing of it is left but what is durable.
type Stage struct{ Roles []*Role }

// stageTimeout bounds one action: a role drains, a process starts.
const stageTimeout = 30 * time.Second

// States of a role on the stage, as [frame.StageRole] has them.
const (
	stageRunning = "running"
	stageArmed   = "armed"
	stageStopped = "stopped"
)

// crashStep is where an armed role dies, by the points that people know.
func crashStep(role, point string) (string, error) {
	switch {
	case role == frame.StageCoordinator && point == frame.StagePrepared:
		return coordinator.StepPrepareSent, nil
	case role == frame.StageCoordinator && point == frame.StageDecided:
		return coordinator.StepAppendAfter, nil
	case role != frame.StageCoordinator && point == frame.StageVoted:
		return participants.StepVoteSent, nil
	}
	return "", &wire.Error{Code: wire.CodeInvalid, Text: fmt.Sprintf("%s has no point %q: a participant dies when it has %s, a coordinator when it has %s or %s",
		role, point, frame.StageVoted, frame.StagePrepared, frame.StageDecided)}
}

// State is what every role on the stage is doing.
func (s *Stage) State() frame.StageState {
	var out frame.StageState
	for _, r := range s.Roles {
		out.Roles = append(out.Roles, r.state())
	}
	return out
}

// Do arms, kills or starts a role and returns when that is done.
func (s *Stage) Do(ctx context.Context, f frame.Stage) (frame.StageState, error) {
	i := slices.IndexFunc(s.Roles, func(r *Role) bool { return r.name == f.Role })
	if i < 0 {
		return s.State(), &wire.Error{Code: wire.CodeInvalid, Text: fmt.Sprintf("there is no %q on the stage", f.Role)}
	}
	want := order{}
	switch f.Do {
	case frame.StageStart:
		want.place = placeHere
	case frame.StageKill:
		want.place = placeKilled
	case frame.StageArm:
		step, err := crashStep(f.Role, f.Point)
		if err != nil {
			return s.State(), err
		}
		want = order{place: placeApart, step: step, point: f.Point}
	default:
		return s.State(), &wire.Error{Code: wire.CodeInvalid, Text: fmt.Sprintf("there is nothing to do called %q", f.Do)}
	}
	ctx, cancel := context.WithTimeout(ctx, stageTimeout)
	defer cancel()
	err := s.Roles[i].do(ctx, want)
	return s.State(), err
}

// place is where a staged role runs.
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
	now frame.StageRole
}

// New returns a role of this process that can also be run in a process of its own, by
// a command of the program.
func New(name, program string, command func() []string, build func() *host.Role) *Role {
	return &Role{
		name: name, build: build, program: program, command: command, ready: make(chan struct{}), orders: make(chan order),
		now: frame.StageRole{Role: name, State: stageRunning},
	}
}

// Ready is closed when the role serves for the first time.
func (r *Role) Ready() <-chan struct{} { return r.ready }

func (r *Role) state() frame.StageRole {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *Role) say(state, point string) {
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
			r.say(stageRunning, "")
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
		start, cancel := context.WithTimeout(ctx, stageTimeout)
		_, err = c.AwaitReady(start)
		cancel()
	}
	if err != nil {
		if c.Cmd.Process != nil { // it may be ready later, when nobody looks any more
			_ = c.Cmd.Process.Kill()
			<-c.Ended
		}
		r.say(stageStopped, "")
		o.done <- err
		return r.dead(ctx)
	}
	if o.place == placeKilled {
		_ = c.Cmd.Process.Signal(syscall.SIGKILL) // it may have ended by itself
		<-c.Ended
		r.say(stageStopped, "")
		o.done <- nil
		return r.dead(ctx)
	}
	r.say(stageArmed, o.point)
	o.done <- nil
	select {
	case <-c.Ended: // it has reached its point
		r.say(stageStopped, "")
		return r.dead(ctx)
	case next := <-r.orders:
		if next.place == placeKilled {
			_ = c.Cmd.Process.Signal(syscall.SIGKILL)
			<-c.Ended
			r.say(stageStopped, "")
			next.done <- nil
			return r.dead(ctx)
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
