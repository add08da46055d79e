package lease

import (
	"fmt"

	"parley/wire/idwire"
)

// State returns the state of the process, for reports, and the reason if it issues
// no IDs. now is the process's clock in milliseconds since [snowflake.EpochMS].
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

// Held returns the worker number of the process, and the timestamp below which it
// may issue IDs, in milliseconds since [snowflake.EpochMS].
func (m *Machine) Held() (worker int, until int64, ok bool) {
	if m.held == nil {
		return 0, 0, false
	}
	return m.held.worker, m.held.until, true
}

// Clock returns the last comparison of the process's clock with the broker's.
func (m *Machine) Clock() Clock { return m.clock }
