package conform

import (
	"slices"
	"strings"
	"time"

	"parley/wire"
	"parley/wire/txwire"
)

func yesThenCommit(s *Harness) {
	id, journal := s.Prepared("k")
	s.WantTotals(1, 0)
	s.State(id, txwire.BranchPrepared)
	first := s.Prepare(id, s.PrepareOf("k", s.Accepted))
	if !first.Yes || first.Journal != journal {
		s.T.Errorf("a repeated prepare is answered %+v", first)
	}
	s.WantTotals(1, 0)
	for range 2 {
		if a := s.Commit(id, journal); a.Of != txwire.KindCommit || a.Code != "" {
			s.T.Errorf("ack is %+v", a)
		}
		s.WantTotals(0, 1)
	}
	s.State(id, txwire.BranchCommitted)
	if v := s.Prepare(id, s.PrepareOf("k", s.Accepted)); !v.Yes {
		s.T.Errorf("a prepare of a committed branch is answered %+v, want the same yes", v)
	}
	s.WantTotals(0, 1)
}

func yesThenAbort(s *Harness) {
	id, journal := s.Prepared("k")
	for range 2 {
		if a := s.Abort(id, s.AbortOf("k", journal, true)); a.Of != txwire.KindAbort || a.Code != "" || !a.Closed {
			s.T.Errorf("ack is %+v", a)
		}
		s.WantTotals(0, 0)
	}
	s.State(id, txwire.BranchAborted)
	if v := s.Prepare(id, s.PrepareOf("k", s.Accepted)); v.Yes || v.Code != wire.CodeAborted {
		s.T.Errorf("a prepare of an aborted branch is answered %+v", v)
	}
	s.WantTotals(0, 0)
}

func refusalClosesKey(s *Harness) {
	id := s.NewID()
	for range 2 {
		v := s.Prepare(id, s.PrepareOf("k", s.Refused))
		if v.Yes || v.Code != wire.CodeRefused || v.Reason == "" || !v.Closed {
			s.T.Fatalf("vote is %+v, want a refusal with a reason", v)
		}
	}
	if v := s.Prepare(s.NewID(), s.PrepareOf("k", s.Accepted)); v.Yes || v.Code != wire.CodeClosed || v.Other != id || !v.Closed {
		s.T.Errorf("the next transaction with that key is answered %+v", v)
	}
	if a := s.Abort(id, s.AbortOf("k", "", true)); a.Code != "" || !a.Closed {
		s.T.Errorf("the abort of a refused branch is answered %+v", a)
	}
	s.WantTotals(0, 0)
}

func tombstone(s *Harness) {
	id := s.NewID()
	if a := s.Abort(id, s.AbortOf("k", "", false)); a.Code != "" || a.Closed {
		s.T.Errorf("ack is %+v", a)
	}
	if v := s.Prepare(id, s.PrepareOf("k", s.Accepted)); v.Yes || v.Code != wire.CodeAborted {
		s.T.Fatalf("the prepare after its abort is answered %+v", v)
	}
	s.WantTotals(0, 0)
	// Its key was left free.
	s.Prepared("k")
}

func latePrepare(s *Harness) {
	m := s.PrepareOf("k", s.Accepted)
	m.DecideBy = time.Now().Add(-time.Minute).UnixMilli()
	if v := s.Prepare(s.NewID(), m); v.Yes || v.Code != wire.CodeLate || v.Closed {
		s.T.Errorf("vote is %+v", v)
	}
	s.WantTotals(0, 0)
	s.Prepared("k")
}

func otherContent(s *Harness) {
	id, _ := s.Prepared("k")
	m := s.PrepareOf("k", s.Accepted)
	m.Digest = otherDigest
	if v := s.Prepare(id, m); v.Yes || v.Code != wire.CodeViolation {
		s.T.Errorf("vote is %+v", v)
	}
	s.WantTotals(1, 0)
}

func anotherJournal(s *Harness) {
	id, journal := s.Prepared("k")
	other := "notthisjournal22"
	s.Send(txwire.KindCommit, id, wire.Encode(txwire.Commit{V: wire.Version, Journal: other, DecideBy: Later()}))
	second, _ := s.Prepared("l")
	// If the first commit were answered, that answer would arrive first.
	s.Commit(second, journal)
	s.Send(txwire.KindAbort, id, wire.Encode(s.AbortOf("k", other, true)))
	third, _ := s.Prepared("m")
	s.Abort(third, s.AbortOf("m", journal, true))
	s.State(id, txwire.BranchPrepared)
	s.WantTotals(1, 1)
}

func violations(s *Harness) {
	committed, journal := s.Prepared("a")
	s.Commit(committed, journal)
	if a := s.Abort(committed, s.AbortOf("a", journal, true)); a.Code != wire.CodeViolation {
		s.T.Errorf("the abort of a committed branch is answered %+v", a)
	}
	aborted, _ := s.Prepared("b")
	s.Abort(aborted, s.AbortOf("b", journal, true))
	if a := s.Commit(aborted, journal); a.Code != wire.CodeViolation || a.Reason == "" {
		s.T.Errorf("the commit of an aborted branch is answered %+v", a)
	}
	unknown := s.NewID()
	for range 2 {
		if a := s.Commit(unknown, journal); a.Code != wire.CodeViolation {
			s.T.Errorf("the commit of an unknown branch is answered %+v", a)
		}
	}
	s.WantTotals(0, 1)
	s.State(committed, txwire.BranchCommitted)
	s.State(aborted, txwire.BranchAborted)
	b := s.Branches(txwire.BranchQuery{})
	b.Violations = slices.DeleteFunc(b.Violations, func(v txwire.Violation) bool { return v.ID.Log != s.log })
	if len(b.Violations) != 3 {
		s.T.Errorf("violations are %+v, want three", b.Violations)
	}
}

// lost checks that the commit of a branch that the journal does not have and never
// collected is a violation, however long its deadline has passed; its abort writes a
// tombstone.
func lost(s *Harness) {
	_, journal := s.Prepared("k")
	gone := txwire.ID{Log: wire.NewToken(), N: 7}
	s.logs[gone.Log] = true
	old := time.Now().Add(-10 * txwire.IdempotencyWindow).UnixMilli()
	s.Send(txwire.KindCommit, gone, wire.Encode(txwire.Commit{V: wire.Version, Journal: journal, DecideBy: old}))
	if a := s.Ack(gone); a.Code != wire.CodeViolation {
		s.T.Errorf("ack is %+v", a)
	}
	m := s.AbortOf("x", "", true)
	m.DecideBy = old
	if a := s.Abort(gone, m); a.Code != "" || !a.Closed {
		s.T.Errorf("ack is %+v", a)
	}
	if b := s.Branches(txwire.BranchQuery{ID: gone}); len(b.Branches) != 1 || b.Branches[0].State != txwire.BranchAborted {
		s.T.Errorf("an abort past the window left %+v, want a tombstone", b.Branches)
	}
}

func malformed(s *Harness) {
	id := s.NewID()
	for _, m := range []struct{ kind, id, data string }{
		{txwire.KindPrepare, id.String(), `{"v":1`},
		{txwire.KindCommit, id.String(), ``},
		{txwire.KindAbort, id.String(), `{"v":99}`},
		{txwire.KindPrepare, "short.1", `{}`},
		{txwire.KindPrepare, s.log + ".0", `{}`},
		{txwire.KindCommit, s.log + ".1.2", `{}`},
		{txwire.KindAbort, s.log + ".2000000000000", string(wire.Encode(s.AbortOf("k", "", true)))},
	} {
		subject := strings.Replace(txwire.Subject(m.kind, s.Name, id), id.String(), m.id, 1)
		s.Must(s.NATS.Publish(subject, []byte(m.data)))
	}
	// One valid message of each kind after them.
	first, journal := s.Prepared("a")
	s.Commit(first, journal)
	second, _ := s.Prepared("b")
	s.Abort(second, s.AbortOf("b", journal, true))
	b := s.Branches(txwire.BranchQuery{Key: s.key("a")})
	if len(b.Branches) != 1 || b.Branches[0].ID != first {
		s.T.Errorf("branches with key a are %+v", b.Branches)
	}
}
