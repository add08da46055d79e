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

func (*IDRequest) name() string   { return "id request" }
func (m *IDRequest) version() int { return m.V }
func (*IDRequest) limit() int     { return MaxMessage }

func (m *IDRequest) check() error {
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

func (*IDs) name() string   { return "ids" }
func (m *IDs) version() int { return m.V }
func (*IDs) limit() int     { return 1 << 20 }

func (m *IDs) check() error {
	if len(m.IDs) > MaxIDs {
		return fmt.Errorf("ids has %d, the limit is %d", len(m.IDs), MaxIDs)
	}
	for i, id := range m.IDs {
		if !id.Valid() || i > 0 && id <= m.IDs[i-1] {
			return fmt.Errorf("ids[%d] is %d, it must be from 1 to %d and above the one before", i, id, MaxID)
		}
	}
	return checkCode(m.Code, m.Reason)
}

// GrantRequest asks for a [Block] to hand out from. The grant may be smaller.
type GrantRequest struct {
	V     int `json:"v"`
	Count int `json:"count"`
}

func (*GrantRequest) name() string   { return "grant request" }
func (m *GrantRequest) version() int { return m.V }
func (*GrantRequest) limit() int     { return MaxMessage }

func (m *GrantRequest) check() error {
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

func (*Grant) name() string   { return "grant" }
func (m *Grant) version() int { return m.V }
func (*Grant) limit() int     { return MaxMessage }

func (m *Grant) check() error {
	if m.Code != "" {
		return checkCode(m.Code, m.Reason)
	}
	return m.Block().check()
}

// LeasesRequest asks for who holds which worker number.
type LeasesRequest struct {
	V int `json:"v"`
}

func (*LeasesRequest) name() string   { return "leases request" }
func (m *LeasesRequest) version() int { return m.V }
func (*LeasesRequest) limit() int     { return MaxMessage }
func (*LeasesRequest) check() error   { return nil }

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

func (*Leases) name() string   { return "leases" }
func (m *Leases) version() int { return m.V }
func (*Leases) limit() int     { return MaxMessage }
func (*Leases) report()        {}

func (m *Leases) check() error {
	if len(m.Leases) > MaxWorker+1 {
		return fmt.Errorf("leases has %d rows, the limit is %d", len(m.Leases), MaxWorker+1)
	}
	for i := range m.Leases {
		if err := m.Leases[i].check(); err != nil {
			return fmt.Errorf("leases[%d]: %w", i, err)
		}
	}
	return checkCode(m.Code, m.Reason)
}

// RetireRequest takes a worker number out of use until the timestamps that its
// lease reserves have passed. It is for a number whose lease was written under
// a clock far in the future.
type RetireRequest struct {
	V      int `json:"v"`
	Worker int `json:"worker"`
}

func (*RetireRequest) name() string   { return "retire request" }
func (m *RetireRequest) version() int { return m.V }
func (*RetireRequest) limit() int     { return MaxMessage }
func (m *RetireRequest) check() error { return checkWorker("worker", m.Worker) }

// IDWorkersRequest asks every idworker for its [IDWorkerState].
type IDWorkersRequest struct {
	V int `json:"v"`
}

func (*IDWorkersRequest) name() string   { return "id workers request" }
func (m *IDWorkersRequest) version() int { return m.V }
func (*IDWorkersRequest) limit() int     { return MaxMessage }
func (*IDWorkersRequest) check() error   { return nil }

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

func (*IDWorkerState) name() string   { return "id worker state" }
func (m *IDWorkerState) version() int { return m.V }
func (*IDWorkerState) limit() int     { return MaxMessage }
func (*IDWorkerState) report()        {}

func (m *IDWorkerState) check() error {
	switch m.State {
	case WorkerHolding, WorkerClaiming, WorkerStandby, WorkerRefusing:
	default:
		return fmt.Errorf("state is %.40q, allowed are holding, claiming, standby and refusing", m.State)
	}
	if m.Worker != nil {
		if err := checkWorker("worker", *m.Worker); err != nil {
			return err
		}
	}
	return cmp.Or(CheckToken("holder", m.Holder), checkText("reason", m.Reason, MaxReason))
}
