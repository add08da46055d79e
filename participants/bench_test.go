package participants_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"parley/participants/sqlite"

	"parley/participants"
	"parley/participants/delivery"
	"parley/participants/food"
	"parley/participants/inventory"
	"parley/wire"
	"parley/wire/txwire"
)

const benchLog = "abcdefghijklmnop"

func cpu() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// benchmarkPairs does b.N prepares and commits with so many transactions in
// flight, and reports the processor time of one.
func benchmarkPairs(b *testing.B, concurrent int, r participants.Resource[*sqlite.Tx], payload func(i int) json.RawMessage) {
	free := make(chan struct{}, concurrent)
	var h *participants.Harness
	decideBy := time.Now().Add(time.Hour).UnixMilli()
	h = participants.NewHarness(b, config{participants.Config{Name: "bench"}, filepath.Join(b.TempDir(), "journal.db")}, r,
		func(id txwire.ID, v *txwire.Vote, a *txwire.Ack) {
			switch {
			case v != nil && !v.Yes:
				b.Errorf("%s: %s", v.Code, v.Reason)
				<-free
			case v != nil:
				h.Commit(id, txwire.Commit{V: wire.Version, Journal: h.Journal(), DecideBy: decideBy})
			default:
				<-free
			}
		})
	payloads := make([]json.RawMessage, 64)
	for i := range payloads {
		payloads[i] = payload(i)
	}
	start := cpu()
	b.ResetTimer()
	for i := range b.N {
		free <- struct{}{}
		h.Prepare(txwire.ID{Log: benchLog, N: uint64(i + 1)}, txwire.Prepare{
			V: wire.Version, Key: fmt.Sprintf("key-%032x", uint64(i)*0x9e3779b97f4a7c15), Digest: "0123456789abcdef0123456789abcdef",
			DecideBy: decideBy, OpenSeq: 1, Payload: payloads[i%64],
		})
	}
	for range concurrent {
		free <- struct{}{}
	}
	b.StopTimer()
	b.ReportMetric(float64((cpu()-start).Nanoseconds())/float64(b.N)/1000, "cpu-µs/op")
	c := h.Counts()
	b.ReportMetric(float64(c.Operations)/float64(c.Groups), "ops/group")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
}

func BenchmarkJournalInventory(b *testing.B) {
	for _, n := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("concurrent=%d", n), func(b *testing.B) {
			benchmarkPairs(b, n, inventory.Resource(inventory.Bench()), func(i int) json.RawMessage {
				return wire.Encode(food.StockOrder{V: wire.Version, Item: fmt.Sprintf("item-%d", i), Quantity: 1})
			})
		})
	}
}

func BenchmarkJournalDelivery(b *testing.B) {
	b.Run("concurrent=256", func(b *testing.B) {
		benchmarkPairs(b, 256, delivery.Resource(delivery.Bench()), func(i int) json.RawMessage {
			return wire.Encode(food.CourierOrder{V: wire.Version, Zone: fmt.Sprintf("zone-%d", i%8)})
		})
	})
}
