package status

import (
	"time"

	"parley/idworker/snowflake"
	"parley/wire/idwire"
)

// Lease is the lease of a worker number, and whether it is in force.
type Lease struct {
	idwire.Lease
	// Taken reports that the state is held or retired and the broker's clock has not
	// passed Until.
	Taken   bool      `json:"taken"`
	UntilAt time.Time `json:"until_at"`
}

// NewLease returns a lease as of brokerTime, in milliseconds since 1970.
func NewLease(l idwire.Lease, brokerTime int64) Lease {
	until := time.UnixMilli(snowflake.EpochMS + l.Until).UTC()
	return Lease{Lease: l, UntilAt: until, Taken: l.State != idwire.LeaseReleased && until.UnixMilli() > brokerTime}
}

// StateText is the lease's state for people, marked when its time has passed.
func (l *Lease) StateText() string {
	if l.Taken || l.State == idwire.LeaseReleased {
		return string(l.State)
	}
	return string(l.State) + ", passed"
}
