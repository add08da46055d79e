package txlog_test

import (
	"testing"

	"parley/internal/lifecycle/roletest"

	"parley/coordinator/txlog"
	"parley/wire/txwire"
)

// truth is what a sealed log holds: the commits in it.
type truth map[uint64]bool

// judge reads a sealed log record by record and fails unless it is one chain
// that ends in its only seal.
func judge(t *testing.T, l *txlog.Log, log string) truth {
	t.Helper()
	commits := truth{}
	sealed := false
	for prev := uint64(0); ; {
		s, err := l.ReadAfter(t.Context(), log, prev)
		roletest.Must(t, err)
		if s == nil {
			break
		}
		if sealed {
			t.Fatalf("log %s: after its seal stands %+v", log, s)
		}
		if s.Record.Prev != prev {
			t.Fatalf("log %s: the record at %d expected %d and stands after %d", log, s.Seq, s.Record.Prev, prev)
		}
		for _, c := range s.Record.Commits {
			if commits[c.N] {
				t.Errorf("log %s: transaction %d is committed twice", log, c.N)
			}
			commits[c.N] = true
		}
		sealed, prev = s.Record.Kind == txwire.RecordSeal, s.Seq
	}
	if !sealed {
		t.Fatalf("log %s has no seal at its end", log)
	}
	return commits
}

// agree fails unless everything that an actor reported is in the log, and nothing
// that it denied.
func (a *actor) agree(who string, log truth) {
	a.t.Helper()
	for n := range a.committed {
		if !log[n] {
			a.t.Errorf("%s reported that %d committed, and it is not in the log", who, n)
		}
	}
	for n := range a.aborted {
		if log[n] {
			a.t.Errorf("%s reported that %d aborted, and it is committed in the log", who, n)
		}
	}
	if !a.adopted {
		return
	}
	// Who has sealed a log, or read its seal, knows all of it.
	for n := range log {
		if !a.committed[n] {
			a.t.Errorf("%s has the sealed log and does not know that %d committed", who, n)
		}
	}
}
