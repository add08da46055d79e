package lease

import (
	"fmt"

	"parley/wire/idwire"
)

// State is what the process is doing, for people, and why it gives no IDs if
// that is so. now is its own clock in milliseconds since [snowflake.EpochMS].
func (m *Machine) State(now int64) (state idwire.WorkerState, reason string) {
	switch {
	case m.draining:
		return idwire.WorkerRefusing, "the process is stopping"
	case m.refused != "":
		return idwire.WorkerRefusing, m.refused
	case m.held != nil && m.held.installed && now < m.held.until:
		return idwire.WorkerHolding, ""
	case m.held != nil && m.held.installed:
		return idwire.WorkerRefusing, fmt.Sprintf("this clock is %d ms past the last timestamp that is reserved, and the broker has not confirmed more", now-m.held.until)
	case m.allTaken:
		return idwire.WorkerStandby, "all worker numbers are taken"
	default:
		return idwire.WorkerClaiming, ""
	}
}

// Held is the worker number of the process, and below which timestamp it may
// make IDs, in milliseconds since [snowflake.EpochMS].
func (m *Machine) Held() (worker int, until int64, ok bool) {
	if m.held == nil {
		return 0, 0, false
	}
	return m.held.worker, m.held.until, true
}

// Clock is the last comparison of the own clock with the broker's.
func (m *Machine) Clock() Clock { return m.clock }
