package lease

import (
	"fmt"

	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/idwire"
)

// Retire returns the write that takes a number out of use until the timestamps that
// its record reserves have passed, or nil if it is retired already. found is the
// number's newest record, nil if it has none, broker is the broker's time, and holder
// and nonce identify the writer and this write. The record keeps its until, and the
// write is conditional like any other: after an answer that is not definite the
// record is read again, and the same nonce means that it is stored.
//
// A lease within the normal bound is refused: its holder may be alive, and if it is
// dead, the number is free before an operator could act.
func Retire(found *Row, broker int64, limits Limits, holder, nonce string) (*Write, error) {
	if found == nil {
		return nil, fmt.Errorf("this worker number has no lease to retire")
	}
	old := found.Record
	if old.State == idwire.LeaseRetired {
		return nil, nil
	}
	if old.Until <= broker+limits.far() {
		return nil, fmt.Errorf("worker %d is %s until %d ms after the broker's time: only a lease that reaches more than %d ms beyond it is retired, others pass by themselves", old.Worker, old.State, old.Until-broker, limits.far())
	}
	return &Write{Expect: found.Seq, Record: idwire.Lease{
		V: wire.Version, Worker: old.Worker, State: idwire.LeaseRetired, Until: old.Until,
		Holder: holder, Nonce: nonce, At: broker + snowflake.EpochMS,
	}}, nil
}
