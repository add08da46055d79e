package wire

import (
	"cmp"
	"fmt"
)

// Subjects of the ID service. The first three are answered by one idworker of
// the queue group [QueueIDWorkers].
const (
	// SubjectIDNext answers [IDRequest] with [IDs]. An empty request asks for
	// one.
	SubjectIDNext = "id.next"
	// SubjectIDGrant answers [GrantRequest] with [Grant].
	SubjectIDGrant = "id.grant"
	// SubjectIDLeases answers [LeasesRequest] with [Leases]. Standing by is no
	// hindrance to answering.
	SubjectIDLeases = "id.leases"
	// SubjectIDRetire answers [RetireRequest] with [Leases], of that one
	// worker.
	SubjectIDRetire = "id.retire"
	// SubjectIDWorkers is answered by every idworker with its
	// [IDWorkerState].
	SubjectIDWorkers = "id.workers"

	QueueIDWorkers = "idworkers"
)

const (
	// MaxIDs bounds the IDs of one answer: what one worker makes in a
	// millisecond, about 90 KB of JSON.
	MaxIDs = 4096
	// MaxBlock bounds the IDs of one grant: 16 ms of one worker, so that one
	// client cannot run the others' timestamps far ahead.
	MaxBlock = 1 << 16
)

// IDRequest asks for IDs.
type IDRequest struct {
	V     int `json:"v"`
	Count int `json:"count"`
}

// Form implements [Message].
func (m *IDRequest) Form() Form { return Form{Name: "id request", Version: m.V, Limit: MaxMessage} }

// Check implements [Message].
func (m *IDRequest) Check() error {
	if m.Count < 1 || m.Count > MaxIDs {
		return fmt.Errorf("count is %d, allowed is 1 to %d", m.Count, MaxIDs)
	}
	return nil
}

// IDs answers [IDRequest]: as many as were asked for, ascending, or none and
// why.
type IDs struct {
	V   int  `json:"v"`
	IDs []ID `json:"ids"`
	// Code and Reason are set when there are none.
	Code   Code   `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Form implements [Message].
func (m *IDs) Form() Form { return Form{Name: "ids", Version: m.V, Limit: 1 << 20} }

// Check implements [Message].
func (m *IDs) Check() error {
	if len(m.IDs) > MaxIDs {
		return fmt.Errorf("ids has %d, the limit is %d", len(m.IDs), MaxIDs)
	}
	for i, id := range m.IDs {
		if !id.Valid() || i > 0 && id <= m.IDs[i-1] {
			return fmt.Errorf("ids[%d] is %d, it must be from 1 to %d and above the one before", i, id, MaxID)
		}
	}
	return CheckCode(m.Code, m.Reason)
}

// GrantRequest asks for a [Block] to hand out from. The grant may be smaller.
type GrantRequest struct {
	V     int `json:"v"`
	Count int `json:"count"`
}

// Form implements [Message].
func (m *GrantRequest) Form() Form {
	return Form{Name: "grant request", Version: m.V, Limit: MaxMessage}
}

// Check implements [Message].
func (m *GrantRequest) Check() error {
	if m.Count < 1 || m.Count > MaxBlock {
		return fmt.Errorf("count is %d, allowed is 1 to %d", m.Count, MaxBlock)
	}
	return nil
}

// Grant answers [GrantRequest] with a [Block], or with a code.
type Grant struct {
	V      int   `json:"v"`
	Worker int   `json:"worker"`
	Start  int64 `json:"start,omitempty"`
	Count  int   `json:"count,omitempty"`
	// Code and Reason are set when nothing was granted.
	Code   Code   `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Block is what was granted.
func (m *Grant) Block() Block { return Block{Worker: m.Worker, Start: m.Start, Count: m.Count} }

// Form implements [Message].
func (m *Grant) Form() Form { return Form{Name: "grant", Version: m.V, Limit: MaxMessage} }

// Check implements [Message].
func (m *Grant) Check() error {
	if m.Code != "" {
		return CheckCode(m.Code, m.Reason)
	}
	return m.Block().Check()
}

// LeasesRequest asks for who holds which worker number.
type LeasesRequest struct {
	V int `json:"v"`
}

// Form implements [Message].
func (m *LeasesRequest) Form() Form {
	return Form{Name: "leases request", Version: m.V, Limit: MaxMessage}
}

// Check implements [Message].
func (*LeasesRequest) Check() error { return nil }

// Leases is the table of worker numbers.
type Leases struct {
	V int `json:"v"`
	// BrokerTime is the broker's clock when the table was read, in
	// milliseconds since 1970.
	BrokerTime int64 `json:"broker_time"`
	// Leases has the numbers that were ever held, ascending.
	Leases []Lease `json:"leases"`
	Code   Code    `json:"code,omitempty"`
	Reason string  `json:"reason,omitempty"`
}

// Form implements [Message].
func (m *Leases) Form() Form {
	return Form{Name: "leases", Version: m.V, Limit: MaxMessage, Report: true}
}

// Check implements [Message].
func (m *Leases) Check() error {
	if len(m.Leases) > MaxWorker+1 {
		return fmt.Errorf("leases has %d rows, the limit is %d", len(m.Leases), MaxWorker+1)
	}
	for i := range m.Leases {
		if err := m.Leases[i].Check(); err != nil {
			return fmt.Errorf("leases[%d]: %w", i, err)
		}
	}
	return CheckCode(m.Code, m.Reason)
}

// RetireRequest takes a worker number out of use until the timestamps that its
// lease reserves have passed. It is for a number whose lease was written under
// a clock far in the future.
type RetireRequest struct {
	V      int `json:"v"`
	Worker int `json:"worker"`
}

// Form implements [Message].
func (m *RetireRequest) Form() Form {
	return Form{Name: "retire request", Version: m.V, Limit: MaxMessage}
}

// Check implements [Message].
func (m *RetireRequest) Check() error { return CheckWorker("worker", m.Worker) }

// IDWorkersRequest asks every idworker for its [IDWorkerState].
type IDWorkersRequest struct {
	V int `json:"v"`
}

// Form implements [Message].
func (m *IDWorkersRequest) Form() Form {
	return Form{Name: "id workers request", Version: m.V, Limit: MaxMessage}
}

// Check implements [Message].
func (*IDWorkersRequest) Check() error { return nil }

// WorkerState is what one idworker process is doing.
type WorkerState string

const (
	// WorkerHolding: it has a worker number and gives IDs.
	WorkerHolding WorkerState = "holding"
	// WorkerClaiming: it is looking for a number.
	WorkerClaiming WorkerState = "claiming"
	// WorkerStandby: all numbers are taken; it keeps asking.
	WorkerStandby WorkerState = "standby"
	// WorkerRefusing: it gives no IDs, whether a number is free or not; Reason
	// says why.
	WorkerRefusing WorkerState = "refusing"
)

// IDWorkerState is what one idworker process says of itself.
type IDWorkerState struct {
	V      int         `json:"v"`
	Holder string      `json:"holder"`
	State  WorkerState `json:"state"`
	// Worker is its number, while it has one; Until is what the number's
	// lease reserves, as in [Lease].
	Worker *int  `json:"worker,omitempty"`
	Until  int64 `json:"until,omitempty"`
	// Issued counts the IDs it gave since it started.
	Issued uint64 `json:"issued"`
	// ClockMS is how far its clock is ahead of the broker's (negative:
	// behind), as last measured, in milliseconds.
	ClockMS int64 `json:"clock_ms"`
	// Durability is "synced", "replicated" or "unverified".
	Durability string `json:"durability"`
	Reason     string `json:"reason,omitempty"`
}

// Form implements [Message].
func (m *IDWorkerState) Form() Form {
	return Form{Name: "id worker state", Version: m.V, Limit: MaxMessage, Report: true}
}

// Check implements [Message].
func (m *IDWorkerState) Check() error {
	switch m.State {
	case WorkerHolding, WorkerClaiming, WorkerStandby, WorkerRefusing:
	default:
		return fmt.Errorf("state is %.40q, allowed are holding, claiming, standby and refusing", m.State)
	}
	if m.Worker != nil {
		if err := CheckWorker("worker", *m.Worker); err != nil {
			return err
		}
	}
	return cmp.Or(CheckToken("holder", m.Holder), CheckText("reason", m.Reason, MaxReason))
}
