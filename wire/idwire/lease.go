package idwire

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"parley/idworker/snowflake"
	"parley/wire"
)

// Lease is the newest record on [LeaseSubject]: which timestamps of a worker
// number are taken, and by whom. A process uses a timestamp only when a record
// of its own that reserves it was acknowledged; see the package idworker/lease.
type Lease struct {
	V      int        `json:"v"`
	Worker int        `json:"worker"`
	State  LeaseState `json:"state"`
	// Until: timestamps below it are taken, in milliseconds since
	// [snowflake.EpochMS]. It decreases in one case: a holder that stops releases
	// the number at the first timestamp that it never used.
	Until int64 `json:"until"`
	// Holder names the process that wrote the record, Nonce the very write.
	Holder string `json:"holder"`
	Nonce  string `json:"nonce"`
	// At is the broker's clock as the writer knew it, in milliseconds since
	// 1970.
	At int64 `json:"at"`
}

// LeaseState is what the writer of a [Lease] is doing with the number.
type LeaseState string

const (
	// LeaseHeld: the holder uses it, until the broker's clock has passed
	// Until.
	LeaseHeld LeaseState = "held"
	// LeaseReleased: the holder is done; whoever claims it starts at Until.
	LeaseReleased LeaseState = "released"
	// LeaseRetired: an operator took it out of use until the broker's clock
	// has passed Until.
	LeaseRetired LeaseState = "retired"
)

// Form implements [wire.Message].
func (m *Lease) Form() wire.Form { return wire.Form{Name: "lease", Version: m.V, Limit: MaxLease} }

// Check implements [wire.Message].
func (m *Lease) Check() error {
	switch m.State {
	case LeaseHeld, LeaseReleased, LeaseRetired:
	default:
		return fmt.Errorf("state is %.40q, allowed are held, released and retired", m.State)
	}
	if m.Until < 0 || m.Until > snowflake.MaxTimestamp+1 {
		return fmt.Errorf("until is %d, allowed is 0 to %d", m.Until, int64(snowflake.MaxTimestamp+1))
	}
	return cmp.Or(snowflake.CheckWorker("worker", m.Worker), wire.CheckToken("holder", m.Holder), wire.CheckToken("nonce", m.Nonce))
}

// MaxLease bounds one lease record in bytes.
const MaxLease = 1 << 10

const leasePrefix = "id.lease."

// LeaseSubject is where the lease of a worker number is stored in the stream
// [LeaseStream]: id.lease.<n>.
func LeaseSubject(worker int) string { return leasePrefix + strconv.Itoa(worker) }

// ParseLeaseSubject is the inverse of [LeaseSubject].
func ParseLeaseSubject(subject string) (worker int, err error) {
	n, ok := strings.CutPrefix(subject, leasePrefix)
	if worker, err = strconv.Atoi(n); !ok || err != nil || worker < 0 || worker > snowflake.MaxWorker || strconv.Itoa(worker) != n {
		return 0, fmt.Errorf("subject %.80q is not id.lease.<n> with n from 0 to %d", subject, snowflake.MaxWorker)
	}
	return worker, nil
}

// LeaseStream holds the leases of worker numbers, the newest few records of each:
// file storage, no age limit, no direct get.
func LeaseStream() wire.StreamSpec {
	return wire.StreamSpec{
		Name:       "IDLEASE",
		Subjects:   []string{leasePrefix + "*"},
		MaxBytes:   4 << 20,
		PerSubject: 16,
		MaxMsgSize: MaxLease + 4096,
		Duplicates: time.Second,

		FirstAnywhere: true,
	}
}
