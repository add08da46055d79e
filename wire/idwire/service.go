package idwire

import (
	"cmp"
	"fmt"

	"parley/idworker/snowflake"
	"parley/wire"
)

// Subjects of the ID service. The first three are answered by one idworker of
// the queue group [Queue].
const (
	// SubjectNext answers [Request] with [IDs]. An empty request asks for
	// one.
	SubjectNext = "id.next"
	// SubjectGrant answers [GrantRequest] with [Grant].
	SubjectGrant = "id.grant"
	// SubjectLeases answers [LeasesRequest] with [Leases], also by an idworker on
	// standby.
	SubjectLeases = "id.leases"
	// SubjectRetire answers [RetireRequest] with [Leases], of that one
	// worker.
	SubjectRetire = "id.retire"
	// SubjectWorkers is answered by every idworker with its
	// [IDWorkerState].
	SubjectWorkers = "id.workers"

	Queue = "idworkers"
)

const (
	// MaxIDs bounds the IDs of one answer: those of one worker in a
	// millisecond, about 90 KB of JSON.
	MaxIDs = 4096
)

// Request requests IDs.
type Request struct {
	V     int `json:"v"`
	Count int `json:"count"`
}

// Form implements [wire.Message].
func (m *Request) Form() wire.Form {
	return wire.Form{Name: "id request", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *Request) Check() error {
	if m.Count < 1 || m.Count > MaxIDs {
		return fmt.Errorf("count is %d, allowed is 1 to %d", m.Count, MaxIDs)
	}
	return nil
}

// IDs answers [Request]: with the requested number of IDs, ascending, or with none and
// a code.
type IDs struct {
	V   int            `json:"v"`
	IDs []snowflake.ID `json:"ids"`
	// Code and Reason are set when there are none.
	Code   wire.Code `json:"code,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

// Form implements [wire.Message].
func (m *IDs) Form() wire.Form { return wire.Form{Name: "ids", Version: m.V, Limit: 1 << 20} }

// Check implements [wire.Message].
func (m *IDs) Check() error {
	if len(m.IDs) > MaxIDs {
		return fmt.Errorf("ids has %d, the limit is %d", len(m.IDs), MaxIDs)
	}
	for i, id := range m.IDs {
		if !id.Valid() || i > 0 && id <= m.IDs[i-1] {
			return fmt.Errorf("ids[%d] is %d, it must be from 1 to %d and above the one before", i, id, snowflake.MaxID)
		}
	}
	return wire.CheckCode(m.Code, m.Reason)
}

// GrantRequest requests a [snowflake.Block]. The grant may be smaller.
type GrantRequest struct {
	V     int `json:"v"`
	Count int `json:"count"`
}

// Form implements [wire.Message].
func (m *GrantRequest) Form() wire.Form {
	return wire.Form{Name: "grant request", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *GrantRequest) Check() error {
	if m.Count < 1 || m.Count > snowflake.MaxBlock {
		return fmt.Errorf("count is %d, allowed is 1 to %d", m.Count, snowflake.MaxBlock)
	}
	return nil
}

// Grant answers [GrantRequest] with a [snowflake.Block], or with a code.
type Grant struct {
	V      int   `json:"v"`
	Worker int   `json:"worker"`
	Start  int64 `json:"start,omitempty"`
	Count  int   `json:"count,omitempty"`
	// Code and Reason are set when nothing was granted.
	Code   wire.Code `json:"code,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

// Block returns the granted block.
func (m *Grant) Block() snowflake.Block {
	return snowflake.Block{Worker: m.Worker, Start: m.Start, Count: m.Count}
}

// Form implements [wire.Message].
func (m *Grant) Form() wire.Form {
	return wire.Form{Name: "grant", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *Grant) Check() error {
	if m.Code != "" {
		return wire.CheckCode(m.Code, m.Reason)
	}
	return m.Block().Check()
}

// LeasesRequest requests the table of worker numbers.
type LeasesRequest struct {
	V int `json:"v"`
}

// Form implements [wire.Message].
func (m *LeasesRequest) Form() wire.Form {
	return wire.Form{Name: "leases request", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (*LeasesRequest) Check() error { return nil }

// Leases is the table of worker numbers and their holders.
type Leases struct {
	V int `json:"v"`
	// BrokerTime is the broker's clock when the table was read, in
	// milliseconds since 1970.
	BrokerTime int64 `json:"broker_time"`
	// Leases are the newest records of the numbers that were ever held, ascending.
	Leases []Lease   `json:"leases"`
	Code   wire.Code `json:"code,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

// Form implements [wire.Message].
func (m *Leases) Form() wire.Form {
	return wire.Form{Name: "leases", Version: m.V, Limit: wire.MaxMessage, Report: true}
}

// Check implements [wire.Message].
func (m *Leases) Check() error {
	if len(m.Leases) > snowflake.MaxWorker+1 {
		return fmt.Errorf("leases has %d rows, the limit is %d", len(m.Leases), snowflake.MaxWorker+1)
	}
	for i := range m.Leases {
		if err := m.Leases[i].Check(); err != nil {
			return fmt.Errorf("leases[%d]: %w", i, err)
		}
	}
	return wire.CheckCode(m.Code, m.Reason)
}

// RetireRequest takes a worker number out of use until the timestamps that its
// lease reserves have passed. It is for a number whose lease was written under
// a clock far in the future.
type RetireRequest struct {
	V      int `json:"v"`
	Worker int `json:"worker"`
}

// Form implements [wire.Message].
func (m *RetireRequest) Form() wire.Form {
	return wire.Form{Name: "retire request", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *RetireRequest) Check() error { return snowflake.CheckWorker("worker", m.Worker) }

// WorkersRequest requests the [IDWorkerState] of every idworker.
type WorkersRequest struct {
	V int `json:"v"`
}

// Form implements [wire.Message].
func (m *WorkersRequest) Form() wire.Form {
	return wire.Form{Name: "id workers request", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (*WorkersRequest) Check() error { return nil }

// WorkerState is the activity of one idworker process.
type WorkerState string

const (
	// WorkerHolding: it holds a worker number and issues IDs.
	WorkerHolding WorkerState = "holding"
	// WorkerClaiming: it is claiming a number.
	WorkerClaiming WorkerState = "claiming"
	// WorkerStandby: all numbers are taken; it retries until one is free.
	WorkerStandby WorkerState = "standby"
	// WorkerRefusing: it issues no IDs, whether or not a number is free, for the
	// reason in Reason.
	WorkerRefusing WorkerState = "refusing"
)

// IDWorkerState is the state of one idworker process.
type IDWorkerState struct {
	V      int         `json:"v"`
	Holder string      `json:"holder"`
	State  WorkerState `json:"state"`
	// Worker is its number, nil without one; Until is what the number's
	// lease reserves, as in [Lease].
	Worker *int  `json:"worker,omitempty"`
	Until  int64 `json:"until,omitempty"`
	// Issued counts the IDs since it started.
	Issued uint64 `json:"issued"`
	// ClockMS is how far its clock is ahead of the broker's (negative:
	// behind), as last measured, in milliseconds.
	ClockMS int64 `json:"clock_ms"`
	// Durability is "synced", "replicated" or "unverified".
	Durability string `json:"durability"`
	Reason     string `json:"reason,omitempty"`
}

// Form implements [wire.Message].
func (m *IDWorkerState) Form() wire.Form {
	return wire.Form{Name: "id worker state", Version: m.V, Limit: wire.MaxMessage, Report: true}
}

// Check implements [wire.Message].
func (m *IDWorkerState) Check() error {
	switch m.State {
	case WorkerHolding, WorkerClaiming, WorkerStandby, WorkerRefusing:
	default:
		return fmt.Errorf("state is %.40q, allowed are holding, claiming, standby and refusing", m.State)
	}
	if m.Worker != nil {
		if err := snowflake.CheckWorker("worker", *m.Worker); err != nil {
			return err
		}
	}
	return cmp.Or(wire.CheckToken("holder", m.Holder), wire.CheckText("reason", m.Reason, wire.MaxReason))
}
