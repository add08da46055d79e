package status

import (
	"time"

	"parley/idworker/snowflake"
	"parley/wire/idwire"
)

// Lease is a worker number's lease, and whether it holds.
type Lease struct {
	idwire.Lease
	// Taken: the state is held or retired and the broker's clock has not
	// passed Until.
	Taken   bool      `json:"taken"`
	UntilAt time.Time `json:"until_at"`
}

// NewLease judges a lease by the broker's clock, in milliseconds since 1970.
func NewLease(l idwire.Lease, brokerTime int64) Lease {
	until := time.UnixMilli(snowflake.EpochMS + l.Until).UTC()
	return Lease{Lease: l, UntilAt: until, Taken: l.State != idwire.LeaseReleased && until.UnixMilli() > brokerTime}
}

// Says is the lease's state for people: held is what it says only until then.
func (l *Lease) Says() string {
	if l.Taken || l.State == idwire.LeaseReleased {
		return string(l.State)
	}
	return string(l.State) + ", passed"
}
