package parleytest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"parley/natsconn"

	"github.com/nats-io/nats.go"
)

// Role is what a process runs: a participant, a coordinator, or a service of the test
// with the same contract. Run blocks until ctx ends and the role has drained; Ready is
// closed once it serves.
type Role interface {
	Run(ctx context.Context) error
	Ready() <-chan struct{}
}

// Process is a role that the test starts, stops and breaks as if it were a separate
// process. Its methods fail the test in which it was made, and are called by that test
// alone.
type Process struct {
	t    testing.TB
	sys  *System
	name string
	make func(nc *nats.Conn) (Role, error)
	// current is the last start, also when that has ended.
	current *run
}

// run is a process from its start to its end.
type run struct {
	relay  *relay
	nc     *nats.Conn
	cancel context.CancelFunc
	ended  chan struct{}
	err    error // what Run returned, once ended is closed
	killed atomic.Bool
	// die ends it abruptly, once, and returns when nothing of it runs any more.
	die func()
}

// Run starts a role on a connection of its own, and returns when it is ready. make is
// called again by each [Process.Start]. The process is stopped when the test ends.
func (s *System) Run(t testing.TB, name string, make func(nc *nats.Conn) (Role, error)) *Process {
	t.Helper()
	p := &Process{t: t, sys: s, name: name, make: make}
	t.Cleanup(func() {
		if p.current != nil {
			p.Heal()
			p.Stop()
		}
	})
	p.Start()
	return p
}

// Start starts a process again that was stopped or killed, with a new role on a new
// connection, and returns when it is ready.
func (p *Process) Start() {
	p.t.Helper()
	if p.running() {
		p.t.Fatalf("parleytest: %s is to be started and runs already", p.name)
	}
	if err := p.start(); err != nil {
		p.t.Fatalf("parleytest: starting %s: %v", p.name, err)
	}
}

// running reports whether Run of the role has not returned.
func (p *Process) running() bool {
	if p.current == nil {
		return false
	}
	select {
	case <-p.current.ended:
		return false
	default:
		return true
	}
}

func (p *Process) start() error {
	relay, err := newRelay(p.sys.address())
	if err != nil {
		return err
	}
	r := &run{relay: relay, cancel: func() {}, ended: make(chan struct{})}
	r.die = sync.OnceFunc(r.kill)
	p.current = r
	ctx, cancel := context.WithTimeout(context.Background(), p.sys.patience)
	defer cancel()
	var role Role
	r.nc, err = natsconn.Connect(ctx, natsconn.Options{URL: relay.url(), Name: p.name, Log: p.sys.log.With("process", p.name)})
	if err == nil {
		role, err = p.make(r.nc)
	}
	if err != nil {
		close(r.ended)
		r.die()
		return err
	}
	running, stop := context.WithCancel(context.Background())
	r.cancel = stop
	go func() {
		defer close(r.ended)
		r.err = role.Run(running)
	}()
	select {
	case <-role.Ready():
		return nil
	case <-r.ended:
		err = fmt.Errorf("it ended before it was ready: %w", r.err)
	case <-ctx.Done():
		err = fmt.Errorf("it is not ready after %v", p.sys.patience)
	}
	r.die()
	return err
}

// kill gives the role no chance to send or receive anything before it ends.
func (r *run) kill() {
	r.killed.Store(true)
	r.relay.cut()
	if r.nc != nil {
		r.nc.Close()
	}
	r.cancel()
	<-r.ended
	r.relay.work.Wait()
}

// Stop stops the process in good order: it drains. An error with which it ends fails the
// test. It does nothing after Kill.
func (p *Process) Stop() {
	p.t.Helper()
	r := p.current
	r.cancel()
	<-r.ended
	if r.err != nil && !r.killed.Load() {
		p.t.Errorf("parleytest: %s ended: %v", p.name, r.err)
	}
	r.die()
}

// Kill ends the process as a crash does; see the package comment for what that is here.
func (p *Process) Kill() { p.current.die() }

// Isolate lets nothing pass to the process and from it until Heal. Its connections stay
// open until one side gives them up, after some seconds, as when a cable is unplugged.
func (p *Process) Isolate() { p.current.relay.hold() }

// Heal ends Isolate.
func (p *Process) Heal() { p.current.relay.release() }

// Lose loses the next message of a kind that the process sends or that is sent to it.
// lost is closed when that has happened.
func (p *Process) Lose(k Kind) (lost <-chan struct{}) {
	done := make(chan struct{})
	p.current.relay.add(fault{kind: k, lose: true, happened: func() { close(done) }})
	return done
}

// KillBefore kills the process instead of letting the next message of a kind pass, which
// it sends or which is sent to it. dead is closed when it can be started again.
func (p *Process) KillBefore(k Kind) (dead <-chan struct{}) { return p.killAt(k, true) }

// KillAfter is [Process.KillBefore], but that message passes.
func (p *Process) KillAfter(k Kind) (dead <-chan struct{}) { return p.killAt(k, false) }

func (p *Process) killAt(k Kind, lose bool) <-chan struct{} {
	done, r := make(chan struct{}), p.current
	r.relay.add(fault{kind: k, lose: lose, kill: true, happened: func() {
		go func() {
			defer close(done)
			r.die()
		}()
	}})
	return done
}
