package machine

import (
	"fmt"
	"slices"
	"testing"

	"parley/wire"
	"parley/wire/txwire"
)

// A coordinator that holds more transactions than one answer has room for reports
// how many there are, and names all of them page by page.
func TestReportPages(t *testing.T) {
	m := New("aaaaaaaaa", DefaultLimits())
	var all []txwire.ID
	for _, log := range []string{"mmmmmmmmmmmmmmmm", "aaaaaaaaaaaaaaaa"} {
		for n := range uint64(150) {
			id := txwire.ID{Log: log, N: n + 1}
			all = append(all, id)
			m.txs[id] = &Tx{ID: id, State: Committed, Key: fmt.Sprint(id)}
		}
	}
	slices.SortFunc(all, txwire.ID.Compare)
	r := m.Report()
	if r.Held() != len(all) || len(r.Txs) != wire.MaxList || !r.Cut(txwire.ID{}) || r.More != 0 {
		t.Errorf("holds %d, names %d, more %d", r.Held(), len(r.Txs), r.More)
	}
	var listed []txwire.ID
	for from := txwire.FirstID(); ; from = listed[len(listed)-1].Next() {
		r := m.ReportFrom(from)
		for _, i := range r.Txs {
			listed = append(listed, i.ID)
		}
		if want := len(all) - len(listed); r.More != want || r.Held() != len(all) {
			t.Errorf("from %s: %d more of %d, want %d", from, r.More, r.Held(), want)
		}
		if !r.Cut(from) {
			break
		}
	}
	if !slices.Equal(listed, all) {
		t.Errorf("the pages have %d transactions, want %d", len(listed), len(all))
	}
}
