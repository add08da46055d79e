// Package roletest runs roles inside tests, as if each were a process: started, ready,
// drained, killed, or ended by itself.
package roletest

import (
	"context"
	"strings"
	"testing"
	"time"

	"parley/internal/hooks"
	"parley/internal/lifecycle"

	"github.com/nats-io/nats.go"
)

// Patience bounds every wait of a test; nothing comes near it.
const Patience = 2 * time.Minute

// Await returns the next value of c, or fails the test after [Patience].
func Await[T any](t testing.TB, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(Patience):
		t.Fatalf("waited %v for %s", Patience, what)
	}
	return v
}

// Must fails the test if there is an error.
func Must(t testing.TB, errs ...error) {
	for _, err := range errs {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
}

// Process is a role that runs.
type Process struct {
	t    testing.TB
	role interface{ Run(context.Context) error }
	// NATS is the connection that [Process.Kill] closes.
	NATS *nats.Conn
	// Stop cancels the role, and does not wait for it.
	Stop context.CancelFunc
	done chan struct{}
	err  error // what Run returned, once done is closed
	over bool  // a test has seen the end
}

// Start runs a role, or what has its method Run, and drains it when the test ends. nc is
// its connection, which [Process.Kill] closes.
func Start(t testing.TB, nc *nats.Conn, role interface{ Run(context.Context) error }, with ...hooks.Hooks) *Process {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	for _, h := range with {
		ctx = hooks.With(ctx, h)
	}
	p := &Process{t: t, role: role, NATS: nc, Stop: cancel, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.err = role.Run(ctx)
	}()
	t.Cleanup(p.Drain)
	return p
}

// AwaitReady waits until the role serves: it must be a [lifecycle.Role].
func (p *Process) AwaitReady() {
	p.t.Helper()
	select {
	case <-p.role.(lifecycle.Role).Ready():
	case <-p.done:
		p.over = true
		p.t.Fatalf("%T ended before it was ready: %v", p.role, p.err)
	case <-time.After(Patience):
		p.t.Fatalf("%T is not ready after %v", p.role, Patience)
	}
}

// Drain stops the role in order, which must succeed. It has no effect on a role whose
// end the test has seen.
func (p *Process) Drain() {
	p.t.Helper()
	p.Stop()
	if p.over {
		return
	}
	if err := p.AwaitEnd(); err != nil {
		p.t.Errorf("%T ended with: %v", p.role, err)
	}
}

// Kill cuts the role off in the middle of whatever it does: it loses its connection and
// its memory at the same moment.
func (p *Process) Kill() {
	p.t.Helper()
	p.NATS.Close()
	p.Stop()
	_ = p.AwaitEnd() // whatever it returns, nobody would see it
}

// AwaitEnd waits until the role has ended by itself, and returns what Run returned.
func (p *Process) AwaitEnd() error {
	p.t.Helper()
	p.over = true
	Await(p.t, "the role to end", p.done)
	return p.err
}

// AwaitFailure waits until the role has ended by itself, with an error that contains all
// parts.
func (p *Process) AwaitFailure(parts ...string) error {
	p.t.Helper()
	err := p.AwaitEnd()
	if err == nil {
		p.t.Fatalf("%T ended without an error, want one that names %q", p.role, parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			p.t.Errorf("the error %q does not name %q", err, part)
		}
	}
	return err
}
