package lease

import (
	"fmt"

	"parley/wire"
)

// State is what the process is doing, for people, and why it gives no IDs if
// that is so. now is its own clock in milliseconds since [wire.IDEpochMS].
func (m *Machine) State(now int64) (state wire.WorkerState, reason string) {
	switch {
	case m.draining:
		return wire.WorkerRefusing, "the process is stopping"
	case m.refused != "":
		return wire.WorkerRefusing, m.refused
	case m.held != nil && m.held.installed && now < m.held.until:
		return wire.WorkerHolding, ""
	case m.held != nil && m.held.installed:
		return wire.WorkerRefusing, fmt.Sprintf("this clock is %d ms past the last timestamp that is reserved, and the broker has not confirmed more", now-m.held.until)
	case m.allTaken:
		return wire.WorkerStandby, "all worker numbers are taken"
	default:
		return wire.WorkerClaiming, ""
	}
}

// Held is the worker number of the process, and below which timestamp it may
// make IDs, in milliseconds since [wire.IDEpochMS].
func (m *Machine) Held() (worker int, until int64, ok bool) {
	if m.held == nil {
		return 0, 0, false
	}
	return m.held.worker, m.held.until, true
}

// Clock is the last comparison of the own clock with the broker's.
func (m *Machine) Clock() Clock { return m.clock }
