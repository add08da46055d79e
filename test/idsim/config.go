package idsim

import "parley/idworker/lease"

// Config is one bounded world. Within its bounds everything can happen in every
// order.
type Config struct {
	Name string
	// About is what the configuration is for.
	About string
	// Processes is how many there are, Numbers how many worker numbers they
	// compete for. Process i begins with number Starts[i].
	Processes, Numbers int
	Starts             []int
	// Until is the broker's time at which the world ends; it begins at begin.
	Until int64
	// Takes is how often each process may take IDs: one, or all that it can.
	Takes int
	// Offsets are how far a clock can be from the broker's after it jumped.
	Offsets []int64
	// May is how often each kind of trouble may happen.
	May Troubles
	// Poisoned numbers begin with a record that a wrong clock wrote far ahead.
	Poisoned []int
	// Unverified: the broker may lose what it acknowledged.
	Unverified bool
	// AnyTime: everything takes as long as it likes. Without, the broker's time
	// moves on when every process that is not stopped has done what it can, and
	// a wait takes as long as it was meant to.
	AnyTime bool
	// Exact: events that do not depend on each other are explored in every
	// order. AnyTime implies it.
	Exact bool
	// Production: times are those of production.
	Production bool
	// Blind: only IDs that are really made twice count, not that one is made
	// which is not reserved.
	Blind bool
	// Small: it takes seconds, also with the race detector.
	Small bool
}

// Label implements [explore.Config].
func (c Config) Label() (name string, small bool) { return c.Name, c.Small }

// Troubles counts what may still go wrong.
type Troubles struct {
	// Stops: a process or its connection stops for a while, however long.
	Stops uint8
	// Crashes: a process ends and starts again.
	Crashes uint8
	// Drains: a process is asked to stop; it may start again.
	Drains uint8
	// Silences: a request has no answer, whatever it did or will do.
	Silences uint8
	// Stale: a read finds an older record, or none.
	Stale uint8
	// Jumps: a process's clock jumps.
	Jumps uint8
	// Retires: an operator retires a number.
	Retires uint8
	// Lost: the lease stream is lost and recreated.
	Lost uint8
	// Cuts: power fails, and an unverified broker forgets its newest record of
	// a number, or the newest two.
	Cuts uint8
}

// begin is the broker's time at which a world begins, in milliseconds since the
// epoch. Clocks that are behind must still be after it.
const begin = 20

// limits are, in an exploration, small enough for a few leases to follow each
// other.
func (c *Config) limits() lease.Limits {
	if c.Production {
		limits := lease.DefaultLimits()
		limits.Numbers = c.Numbers
		return limits
	}
	return lease.Limits{Numbers: c.Numbers, Reserve: 4, Renew: 2, Ahead: 1, Warm: 1, Retry: 1, Standby: 1}
}
