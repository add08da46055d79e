package participanttest

import (
	"errors"
	"path/filepath"
	"time"

	"parley/participants"
	"parley/wire"
	"parley/wire/txwire"
)

func yesThenCommit(s *harness) {
	id, journal := s.yes("k")
	s.wantTotals(1, 0)
	s.state(id, txwire.BranchPrepared)
	first := s.prepare(id, prepareOf("k", s.f.Yes))
	if !first.Yes || first.Journal != journal {
		s.t.Errorf("a repeated prepare is answered %+v", first)
	}
	s.wantTotals(1, 0)
	for range 2 {
		if a := s.commit(id, journal); a.Of != txwire.KindCommit || a.Code != "" {
			s.t.Errorf("ack is %+v", a)
		}
		s.wantTotals(0, 1)
	}
	s.state(id, txwire.BranchCommitted)
	if v := s.prepare(id, prepareOf("k", s.f.Yes)); !v.Yes {
		s.t.Errorf("a prepare of a committed branch is answered %+v, want the same yes", v)
	}
	s.wantTotals(0, 1)
}

func yesThenAbort(s *harness) {
	id, journal := s.yes("k")
	for range 2 {
		if a := s.abort(id, abortOf("k", journal, true)); a.Of != txwire.KindAbort || a.Code != "" || !a.Closed {
			s.t.Errorf("ack is %+v", a)
		}
		s.wantTotals(0, 0)
	}
	s.state(id, txwire.BranchAborted)
	if v := s.prepare(id, prepareOf("k", s.f.Yes)); v.Yes || v.Code != wire.CodeAborted {
		s.t.Errorf("a prepare of an aborted branch is answered %+v", v)
	}
	s.wantTotals(0, 0)
}

func refusalClosesKey(s *harness) {
	id := s.id()
	for range 2 {
		v := s.prepare(id, prepareOf("k", s.f.No))
		if v.Yes || v.Code != wire.CodeRefused || v.Reason == "" || !v.Closed {
			s.t.Fatalf("vote is %+v, want a refusal with a reason", v)
		}
	}
	if v := s.prepare(s.id(), prepareOf("k", s.f.Yes)); v.Yes || v.Code != wire.CodeClosed || v.Other != id || !v.Closed {
		s.t.Errorf("the next transaction with that key is answered %+v", v)
	}
	if a := s.abort(id, abortOf("k", "", true)); a.Code != "" || !a.Closed {
		s.t.Errorf("the abort of a refused branch is answered %+v", a)
	}
	s.wantTotals(0, 0)
}

func tombstone(s *harness) {
	id := s.id()
	if a := s.abort(id, abortOf("k", "", false)); a.Code != "" || a.Closed {
		s.t.Errorf("ack is %+v", a)
	}
	if v := s.prepare(id, prepareOf("k", s.f.Yes)); v.Yes || v.Code != wire.CodeAborted {
		s.t.Fatalf("the prepare after its abort is answered %+v", v)
	}
	s.wantTotals(0, 0)
	// Its key was left free.
	s.yes("k")
}

func latePrepare(s *harness) {
	m := prepareOf("k", s.f.Yes)
	m.DecideBy = time.Now().Add(-time.Minute).UnixMilli()
	if v := s.prepare(s.id(), m); v.Yes || v.Code != wire.CodeLate || v.Closed {
		s.t.Errorf("vote is %+v", v)
	}
	s.wantTotals(0, 0)
	s.yes("k")
}

func otherContent(s *harness) {
	id, _ := s.yes("k")
	m := prepareOf("k", s.f.Yes)
	m.Digest = otherDigest
	if v := s.prepare(id, m); v.Yes || v.Code != wire.CodeViolation {
		s.t.Errorf("vote is %+v", v)
	}
	s.wantTotals(1, 0)
}

func anotherJournal(s *harness) {
	id, journal := s.yes("k")
	other := "notthisjournal22"
	s.send(txwire.KindCommit, id, wire.Encode(txwire.Commit{V: wire.Version, Journal: other, DecideBy: later()}))
	second, _ := s.yes("l")
	// If the first commit were answered, that answer would arrive first.
	s.commit(second, journal)
	s.send(txwire.KindAbort, id, wire.Encode(abortOf("k", other, true)))
	third, _ := s.yes("m")
	s.abort(third, abortOf("m", journal, true))
	s.state(id, txwire.BranchPrepared)
	s.wantTotals(1, 1)
}

// twoJournals checks that a second journal with the same name does not start, with an
// error that contains both, and that the first one continues.
func twoJournals(s *harness) {
	_, first := s.yes("k")
	err := s.f.participant(s.t, config(s.t), filepath.Join(s.t.TempDir(), "journal.db")).Run(s.t.Context())
	other, is := errors.AsType[*participants.OtherJournalError](err)
	if !is || other.Other != first || other.Journal == first || other.Participant != name {
		s.t.Errorf("a second journal under the name %s ended with %v", name, err)
	}
	s.yes("l")
}

func violations(s *harness) {
	committed, journal := s.yes("a")
	s.commit(committed, journal)
	if a := s.abort(committed, abortOf("a", journal, true)); a.Code != wire.CodeViolation {
		s.t.Errorf("the abort of a committed branch is answered %+v", a)
	}
	aborted, _ := s.yes("b")
	s.abort(aborted, abortOf("b", journal, true))
	if a := s.commit(aborted, journal); a.Code != wire.CodeViolation || a.Reason == "" {
		s.t.Errorf("the commit of an aborted branch is answered %+v", a)
	}
	unknown := s.id()
	for range 2 {
		if a := s.commit(unknown, journal); a.Code != wire.CodeViolation {
			s.t.Errorf("the commit of an unknown branch is answered %+v", a)
		}
	}
	s.wantTotals(0, 1)
	s.state(committed, txwire.BranchCommitted)
	s.state(aborted, txwire.BranchAborted)
	if b := s.branches(txwire.BranchQuery{}); len(b.Violations) != 3 {
		s.t.Errorf("violations are %+v, want three", b.Violations)
	}
	if n := s.p.Counts().Violations; n != 4 {
		s.t.Errorf("%d violations were counted, want 4", n)
	}
}

// lost checks that the commit of a branch that the journal does not have and never
// collected is a violation, however long its deadline has passed; its abort writes a
// tombstone.
func lost(s *harness) {
	_, journal := s.yes("k")
	gone := txwire.ID{Log: "anotherlogaaaaa2", N: 7}
	old := time.Now().Add(-10 * txwire.IdempotencyWindow).UnixMilli()
	s.send(txwire.KindCommit, gone, wire.Encode(txwire.Commit{V: wire.Version, Journal: journal, DecideBy: old}))
	if a := s.ack(gone); a.Code != wire.CodeViolation {
		s.t.Errorf("ack is %+v", a)
	}
	m := abortOf("x", "", true)
	m.DecideBy = old
	if a := s.abort(gone, m); a.Code != "" || !a.Closed {
		s.t.Errorf("ack is %+v", a)
	}
	if b := s.branches(txwire.BranchQuery{ID: gone}); len(b.Branches) != 1 || b.Branches[0].State != txwire.BranchAborted {
		s.t.Errorf("an abort past the window left %+v, want a tombstone", b.Branches)
	}
}

func malformed(s *harness) {
	id := s.id().String()
	for subject, data := range map[string]string{
		"tx.prepare." + name + "." + id:                       `{"v":1`,
		"tx.commit." + name + "." + id:                        ``,
		"tx.abort." + name + "." + id:                         `{"v":99}`,
		"tx.prepare." + name + ".short.1":                     `{}`,
		"tx.prepare." + name + "." + testLog + ".0":           `{}`,
		"tx.commit." + name + "." + testLog + ".1.2":          `{}`,
		"tx.abort." + name + "." + testLog + ".2000000000000": string(wire.Encode(abortOf("k", "", true))),
	} {
		s.must(s.nc.Publish(subject, []byte(data)))
	}
	// One valid message of each kind after them.
	first, journal := s.yes("a")
	s.commit(first, journal)
	second, _ := s.yes("b")
	s.abort(second, abortOf("b", journal, true))
	if n := s.p.Counts().Malformed; n != 7 {
		s.t.Errorf("%d malformed messages were counted, want 7", n)
	}
	b := s.branches(txwire.BranchQuery{Key: "a"})
	if len(b.Branches) != 1 || b.Branches[0].ID != first {
		s.t.Errorf("branches with key a are %+v", b.Branches)
	}
}
