// Package hooks lets tests of this module, and hidden flags of its command, intervene in
// a running role: stop it at a step, shift its clock, or trace its operations. Hooks are
// values in the context that a role runs with, so that no public configuration contains
// them.
package hooks

import (
	"context"
	"time"
)

// Hooks are the interventions; a nil one is off.
type Hooks struct {
	// Step is called at the named steps of the protocol, from several goroutines. A crash
	// test kills the process inside it.
	Step func(point string)
	// Now replaces [time.Now] as the clock of this machine. Waits are not measured with
	// it.
	Now func() time.Time
	// Trace is called with each operation on a commit log, a txlog.Event.
	Trace func(event any)
}

type key struct{}

// With returns a context that carries hooks to the role that runs with it.
func With(ctx context.Context, h Hooks) context.Context { return context.WithValue(ctx, key{}, h) }

// From returns the hooks that a context carries.
func From(ctx context.Context) Hooks {
	h, _ := ctx.Value(key{}).(Hooks)
	return h
}

// At calls Step, unless it is nil.
func (h Hooks) At(point string) {
	if h.Step != nil {
		h.Step(point)
	}
}
