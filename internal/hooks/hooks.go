// Package hooks is how tests of this module, and its command for them, look into a role
// that runs: they stop it at a step, put its clock off, or trace what it does. Hooks
// travel in the context that a role runs with, so nothing of them is in a configuration
// that people see.
package hooks

import (
	"context"
	"time"
)

// Hooks are all off when zero.
type Hooks struct {
	// Step is called at named moments, with the process in exactly that state. A crash
	// test kills the process inside it. It is called from several goroutines.
	Step func(point string)
	// Now is the clock of this machine in place of [time.Now]. What is waited for is
	// not measured with it.
	Now func() time.Time
	// Trace is told of operations on commit logs: each is a txlog.Event.
	Trace func(event any)
}

type key struct{}

// With returns a context for a role that is run with hooks.
func With(ctx context.Context, h Hooks) context.Context { return context.WithValue(ctx, key{}, h) }

// From returns the hooks of a role's context.
func From(ctx context.Context) Hooks {
	h, _ := ctx.Value(key{}).(Hooks)
	return h
}

// At calls Step, if there is one.
func (h Hooks) At(point string) {
	if h.Step != nil {
		h.Step(point)
	}
}
