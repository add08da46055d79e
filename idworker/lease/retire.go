package lease

import (
	"fmt"

	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/idwire"
)

// Retire is the write that takes a number out of use until the timestamps that
// its record reserves have passed, or nil if it is out of use already. found is
// the number's newest record, nil if it has none, broker the broker's time,
// holder and nonce name the writer and this write. The record keeps its until,
// and the write is conditional like any other: after an unclear answer the
// record is read again, and an own nonce means that it is done.
//
// A number within the broker's time is refused: its holder may be alive, and
// when it is not, the number is free by itself before anybody could act.
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
