package txlog_test

import (
	"testing"

	"parley/internal/lifecycle/roletest"

	"parley/coordinator/machine"
	"parley/coordinator/txlog"
	"parley/wire"
	"parley/wire/txwire"
)

// want appends under a condition and checks the word that comes back.
func want(t *testing.T, l *txlog.Log, log string, expect uint64, r txwire.Record, word machine.AppendAnswer) uint64 {
	t.Helper()
	got, seq := settled(t, l, log, expect, r)
	if got != word {
		t.Fatalf("%s that expects %d: got %v, want %v", r.Kind, expect, got, word)
	}
	return seq
}

// Only the true last sequence is believed, and only of that log.
func testConditions(t *testing.T, b *harness) {
	l, log, other := b.open(t), wire.NewToken(), wire.NewToken()
	want(t, l, log, 5, record(txwire.RecordCommits, 5), machine.AppendGone)
	first := want(t, l, log, 0, record(txwire.RecordOpen, 0), machine.AppendStored)
	want(t, l, log, 0, record(txwire.RecordSeal, 0), machine.AppendMismatch)
	want(t, l, other, 0, record(txwire.RecordOpen, 0), machine.AppendStored)
	second := want(t, l, log, first, record(txwire.RecordCommits, first), machine.AppendStored)
	want(t, l, log, first, record(txwire.RecordCommits, first), machine.AppendMismatch)
	want(t, l, log, second+100, record(txwire.RecordCommits, second), machine.AppendMismatch)
	want(t, l, log, second, record(txwire.RecordSeal, second), machine.AppendStored)
}

// After a purge of everything an expectation of 0 succeeds and any other fails;
// after one of a prefix only the true last sequence succeeds; and no sequence
// is given twice. That is why no commit may ever expect 0.
func testPurge(t *testing.T, b *harness) {
	l, log := b.open(t), wire.NewToken()
	first := must(t, l, log, record(txwire.RecordOpen, 0))
	second := must(t, l, log, record(txwire.RecordCommits, first))
	third := must(t, l, log, record(txwire.RecordCommits, second))
	neighbour := wire.NewToken()
	kept := must(t, l, neighbour, record(txwire.RecordOpen, 0))

	roletest.Must(t, l.Purge(t.Context(), log, third))
	want(t, l, log, 0, record(txwire.RecordSeal, 0), machine.AppendMismatch)
	want(t, l, log, first, record(txwire.RecordCommits, first), machine.AppendMismatch)
	if s, err := l.ReadAfter(t.Context(), log, 0); err != nil || s == nil || s.Seq != third {
		t.Fatalf("after a prefix purge the first record is %+v, %v, want %d", s, err, third)
	}
	fourth := want(t, l, log, third, record(txwire.RecordCommits, third), machine.AppendStored)

	roletest.Must(t, l.Purge(t.Context(), log, 0))
	want(t, l, log, fourth, record(txwire.RecordCommits, fourth), machine.AppendGone)
	again := want(t, l, log, 0, record(txwire.RecordSeal, 0), machine.AppendStored)
	if again <= fourth {
		t.Errorf("sequence %d was given after %d", again, fourth)
	}
	if s, err := l.ReadAfter(t.Context(), neighbour, 0); err != nil || s == nil || s.Seq != kept {
		t.Errorf("purging a log touched another: %+v, %v", s, err)
	}
	if b.server == nil {
		return
	}
	// Nor is a sequence given again after the whole log was purged and the
	// server was started again.
	roletest.Must(t, l.Purge(t.Context(), log, 0))
	b.server.Restart(t)
	if after := must(t, l, wire.NewToken(), record(txwire.RecordOpen, 0)); after <= again {
		t.Errorf("sequence %d was given after a restart, %d before", after, again)
	}
}

// One record published many times at once stands once.
func testSameTwice(t *testing.T, b *harness) {
	l, log := b.open(t), wire.NewToken()
	last := must(t, l, log, record(txwire.RecordOpen, 0))
	const copies = 4
	inflight := 0
	for range b.rounds / 2 {
		r := record(txwire.RecordCommits, last)
		type answer struct {
			word machine.AppendAnswer
			seq  uint64
			err  error
		}
		answers := make(chan answer, copies)
		for range copies {
			go func() {
				word, seq, err := l.Append(t.Context(), log, last, r)
				answers <- answer{word, seq, err}
			}()
		}
		stored := 0
		for range copies {
			a := <-answers
			switch {
			case a.word == machine.AppendStored:
				stored++
			case a.word == machine.AppendGone:
				t.Errorf("the log is reported gone: %v", a.err)
			case inFlight(a.err):
				inflight++
			}
		}
		found, err := l.ReadAfter(t.Context(), log, last)
		if err != nil || found == nil || found.Record.Nonce != r.Nonce || stored > 1 {
			t.Fatalf("%d copies were acknowledged, and after %d stands %+v, %v", stored, last, found, err)
		}
		if next, err := l.ReadAfter(t.Context(), log, found.Seq); err != nil || next != nil {
			t.Fatalf("after it stands %+v, %v", next, err)
		}
		last = found.Seq
	}
	t.Logf("10164 was answered %d times", inflight)
}

// A publish that was held up on its way, by any number of appends, by a seal,
// by a purge of everything, is refused whenever it arrives.
func testLatePublish(t *testing.T, b *harness) {
	l, log := b.open(t), wire.NewToken()
	first := must(t, l, log, record(txwire.RecordOpen, 0))
	late := record(txwire.RecordCommits, first)
	second := must(t, l, log, record(txwire.RecordCommits, first))
	want(t, l, log, first, late, machine.AppendMismatch)
	late2 := record(txwire.RecordCommits, second)
	seal := must(t, l, log, record(txwire.RecordSeal, second))
	want(t, l, log, second, late2, machine.AppendMismatch)
	if s, err := l.ReadAfter(t.Context(), log, second); err != nil || s == nil || s.Record.Kind != txwire.RecordSeal {
		t.Fatalf("after %d stands %+v, %v, want the seal", second, s, err)
	}
	roletest.Must(t, l.Purge(t.Context(), log, 0))
	for _, r := range []txwire.Record{late, late2} {
		want(t, l, log, r.Prev, r, machine.AppendGone)
	}
	again := must(t, l, log, record(txwire.RecordSeal, 0))
	for _, r := range []txwire.Record{late, late2, record(txwire.RecordCommits, seal)} {
		want(t, l, log, r.Prev, r, machine.AppendMismatch)
	}
	if s, err := l.ReadAfter(t.Context(), log, again); err != nil || s != nil {
		t.Errorf("after the last seal stands %+v, %v", s, err)
	}
}

// A read goes from the base that the last record names to that record; other
// logs between them are not seen; what is not there is no error.
func testRead(t *testing.T, b *harness) {
	l, log, other := b.open(t), wire.NewToken(), wire.NewToken()
	if found, err := l.Read(t.Context(), log); err != nil || len(found) != 0 {
		t.Fatalf("a log that was never written: %+v, %v", found, err)
	}
	var seqs []uint64
	prev, otherPrev := uint64(0), uint64(0)
	for i := range 6 {
		r := record(txwire.RecordCommits, prev)
		if i == 0 {
			r = record(txwire.RecordOpen, 0)
		}
		if i >= 4 {
			r.Base = seqs[2]
		}
		prev = must(t, l, log, r)
		seqs = append(seqs, prev)
		o := record(txwire.RecordCommits, otherPrev)
		if i == 0 {
			o = record(txwire.RecordOpen, 0)
		}
		otherPrev = must(t, l, other, o)
	}
	found, err := l.Read(t.Context(), log)
	if err != nil || len(found) != 4 {
		t.Fatalf("found %d records, %v, want the 4 from the base on", len(found), err)
	}
	for i, s := range found {
		if s.Seq != seqs[2+i] {
			t.Errorf("record %d is at %d, want %d", i, s.Seq, seqs[2+i])
		}
	}
	if s, err := l.ReadAfter(t.Context(), log, prev); err != nil || s != nil {
		t.Errorf("after the last record: %+v, %v", s, err)
	}
	logs, err := l.Logs(t.Context())
	roletest.Must(t, err)
	listed := map[string]bool{}
	for _, name := range logs {
		listed[name] = true
	}
	if !listed[log] || !listed[other] {
		t.Errorf("the logs are %v, want %s and %s among them", logs, log, other)
	}
}
