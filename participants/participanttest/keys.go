package participanttest

import (
	"parley/wire"
	"parley/wire/txwire"
)

func keyPrepared(s *harness) {
	holder, journal := s.yes("k")
	for _, c := range []struct {
		digest string
		want   wire.Code
	}{{digest, wire.CodeDuplicate}, {otherDigest, wire.CodeContended}} {
		m := prepareOf("k", s.f.Yes)
		m.Digest = c.digest
		if v := s.prepare(s.id(), m); v.Yes || v.Code != c.want || v.Other != holder || v.OtherState != txwire.BranchPrepared || v.Closed {
			s.t.Errorf("vote with digest %s is %+v, want %s of %s", c.digest, v, c.want, holder)
		}
	}
	s.wantTotals(1, 0)
	// The abort of a transaction with a no vote must not change the holder's key.
	if a := s.abort(s.id(), abortOf("k", "", true)); a.Closed {
		s.t.Errorf("ack is %+v: the key belongs to another transaction", a)
	}
	s.commit(holder, journal)
	s.wantTotals(0, 1)
}

func keyCommitted(s *harness) {
	holder, journal := s.yes("k")
	s.commit(holder, journal)
	for _, c := range []struct {
		digest string
		want   wire.Code
	}{{digest, wire.CodeDuplicate}, {otherDigest, wire.CodeConflict}} {
		m := prepareOf("k", s.f.Yes)
		m.Digest = c.digest
		if v := s.prepare(s.id(), m); v.Yes || v.Code != c.want || v.Other != holder || v.OtherState != txwire.BranchCommitted {
			s.t.Errorf("vote with digest %s is %+v, want %s of %s", c.digest, v, c.want, holder)
		}
	}
	s.wantTotals(0, 1)
}

func keyAborted(s *harness) {
	first, journal := s.yes("k")
	if a := s.abort(first, abortOf("k", journal, false)); a.Closed {
		s.t.Errorf("ack is %+v, want the key to stay free", a)
	}
	second, _ := s.yes("k")
	if a := s.abort(second, abortOf("k", journal, true)); !a.Closed {
		s.t.Errorf("ack is %+v, want the key closed", a)
	}
	if v := s.prepare(s.id(), prepareOf("k", s.f.Yes)); v.Yes || v.Code != wire.CodeClosed || v.Other != second || !v.Closed {
		s.t.Errorf("vote is %+v", v)
	}
	// An abort may close a key that an earlier abort of the same branch left free.
	third, _ := s.yes("l")
	s.abort(third, abortOf("l", journal, false))
	if a := s.abort(third, abortOf("l", journal, true)); !a.Closed {
		s.t.Errorf("ack is %+v", a)
	}
	if v := s.prepare(s.id(), prepareOf("l", s.f.Yes)); v.Code != wire.CodeClosed {
		s.t.Errorf("vote is %+v", v)
	}
	s.wantTotals(0, 0)
}
