package txlog_test

import (
	"testing"

	"parley/internal/lifecycle/roletest"

	"parley/coordinator/txlog"
	"parley/wire"
	"parley/wire/txwire"
)

// testTrace: each operation is traced before it is sent and after it was answered.
func testTrace(t *testing.T, b *harness) {
	var events []txlog.Event
	l := b.open(t).Traced(func(e txlog.Event) { events = append(events, e) })
	log := wire.NewToken()
	open := record(txwire.RecordOpen, 0)
	seq := must(t, l, log, open)
	for { // a replica may be behind
		found, err := l.Read(t.Context(), log)
		if err == nil && len(found) == 1 {
			break
		}
	}
	_, _, _ = l.Append(t.Context(), log, seq+1, record(txwire.RecordCommits, seq+1)) // refused
	roletest.Must(t, l.Purge(t.Context(), log, 0))
	if len(events)%2 != 0 {
		t.Fatalf("%d events, one operation has no end", len(events))
	}
	seen := map[txlog.Answer]bool{}
	for i := 0; i < len(events); i += 2 {
		begin, end := events[i], events[i+1]
		if begin.Do == "" || begin.Answer != "" || begin.Log != log || end.Do != "" || end.Op != begin.Op || end.Answer == "" {
			t.Errorf("%+v, and then %+v", begin, end)
		}
		seen[end.Answer] = true
		switch {
		case begin.Do == txlog.DoAppend && end.Answer == txlog.Stored && (end.Seq != seq || begin.Nonce != open.Nonce || begin.Kind != txwire.RecordOpen):
			t.Errorf("stored: %+v, %+v; want sequence %d and nonce %s", begin, end, seq, open.Nonce)
		case begin.Do == txlog.DoRead && len(end.Found) == 1 && end.Found[0] != (txlog.Place{Seq: seq, Nonce: open.Nonce, Kind: txwire.RecordOpen}):
			t.Errorf("read: %+v", end)
		}
	}
	if !seen[txlog.Stored] || !seen[txlog.Done] {
		t.Errorf("the answers are %v", seen)
	}
}
