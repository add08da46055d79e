package participants_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"parley/participants"
	"parley/wire"
	"parley/wire/txwire"
)

// A journal with more branches in doubt than one answer has room for reports how
// many there are, and names all of them page by page, in the order of their ids;
// of its violations it names the newest, and reports how many there are.
func TestListPages(t *testing.T) {
	done := make(chan txwire.ID, 4096)
	h := participants.NewHarness(t, config{participants.Config{Name: "c"}, filepath.Join(t.TempDir(), "journal.db")}, nothing{},
		func(id txwire.ID, _ *txwire.Vote, _ *txwire.Ack) { done <- id })
	deadline := time.Now().Add(time.Minute).UnixMilli()
	// The logs are met in another order than that of their names, and the numbers
	// in another than that of their texts.
	var all []txwire.ID
	for i, log := range []string{"mmmmmmmmmmmmmmmm", "zzzzzzzzzzzzzzzz", "aaaaaaaaaaaaaaaa"} {
		for n := range 101 {
			id := txwire.ID{Log: log, N: uint64(101 - n)}
			all = append(all, id)
			h.Prepare(id, txwire.Prepare{
				V: wire.Version, Key: fmt.Sprintf("key-%d-%d", i, n), Digest: "0123456789abcdef0123456789abcdef",
				DecideBy: deadline, OpenSeq: 1, Payload: json.RawMessage("{}"),
			})
			<-done
		}
	}
	committed := all[150]
	h.Commit(committed, txwire.Commit{V: wire.Version, Journal: h.Journal(), DecideBy: deadline})
	<-done
	all = slices.Delete(all, 150, 151)
	slices.SortFunc(all, txwire.ID.Compare)

	first, err := h.List(t.Context(), txwire.BranchQuery{})
	if err != nil || len(first.Branches) != wire.MaxList || first.Prepared != len(all) || !first.Cut(txwire.ID{}) || first.More != 0 || first.AllViolations != 0 {
		t.Errorf("the oldest: %d branches of %d, more %d, %d violations, %v", len(first.Branches), first.Prepared, first.More, first.AllViolations, err)
	}
	var listed []txwire.ID
	for from := txwire.FirstID(); ; {
		b, err := h.List(t.Context(), txwire.BranchQuery{From: from})
		if err != nil || b.Code != "" || b.Prepared != len(all) {
			t.Fatalf("from %s: %d in doubt, %s %s, %v", from, b.Prepared, b.Code, b.Reason, err)
		}
		for _, i := range b.Branches {
			listed = append(listed, i.ID)
		}
		if want := len(all) - len(listed); b.More != want || b.Cut(from) != (want > 0) {
			t.Errorf("from %s: %d more, want %d", from, b.More, want)
		}
		if !b.Cut(from) {
			break
		}
		from = listed[len(listed)-1].Next()
	}
	if !slices.Equal(listed, all) {
		t.Errorf("the pages have %d branches, want %d", len(listed), len(all))
	}
	if b, err := h.List(t.Context(), txwire.BranchQuery{From: txwire.ID{Log: "zzzzzzzzzzzzzzzz", N: 1<<63 - 1}}); err != nil || len(b.Branches) != 0 || b.More != 0 {
		t.Errorf("behind the last one: %+v, %v", b, err)
	}

	for n := range wire.MaxList + 30 {
		h.Commit(txwire.ID{Log: "bbbbbbbbbbbbbbbb", N: uint64(n + 1)}, txwire.Commit{V: wire.Version, Journal: h.Journal(), DecideBy: deadline})
		<-done
	}
	if b, err := h.List(t.Context(), txwire.BranchQuery{}); err != nil || len(b.Violations) != wire.MaxList || b.AllViolations != wire.MaxList+30 {
		t.Errorf("%d violations of %d, %v", len(b.Violations), b.AllViolations, err)
	}
	if b, err := h.List(t.Context(), txwire.BranchQuery{Key: "nobody"}); err != nil || b.AllViolations != 0 {
		t.Errorf("with a key: %d violations in all, %v: a reader of an earlier release does not know that field", b.AllViolations, err)
	}
}
