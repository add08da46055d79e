package conform

import (
	"parley/wire"
	"parley/wire/txwire"
)

func keyPrepared(s *Harness) {
	holder, journal := s.Prepared("k")
	for _, c := range []struct {
		digest string
		want   wire.Code
	}{{digest, wire.CodeDuplicate}, {otherDigest, wire.CodeContended}} {
		m := s.PrepareOf("k", s.Accepted)
		m.Digest = c.digest
		if v := s.Prepare(s.NewID(), m); v.Yes || v.Code != c.want || v.Other != holder || v.OtherState != txwire.BranchPrepared || v.Closed {
			s.T.Errorf("vote with digest %s is %+v, want %s of %s", c.digest, v, c.want, holder)
		}
	}
	s.WantTotals(1, 0)
	// The abort of a transaction with a no vote must not change the holder's key.
	if a := s.Abort(s.NewID(), s.AbortOf("k", "", true)); a.Closed {
		s.T.Errorf("ack is %+v: the key belongs to another transaction", a)
	}
	s.Commit(holder, journal)
	s.WantTotals(0, 1)
}

func keyCommitted(s *Harness) {
	holder, journal := s.Prepared("k")
	s.Commit(holder, journal)
	for _, c := range []struct {
		digest string
		want   wire.Code
	}{{digest, wire.CodeDuplicate}, {otherDigest, wire.CodeConflict}} {
		m := s.PrepareOf("k", s.Accepted)
		m.Digest = c.digest
		if v := s.Prepare(s.NewID(), m); v.Yes || v.Code != c.want || v.Other != holder || v.OtherState != txwire.BranchCommitted {
			s.T.Errorf("vote with digest %s is %+v, want %s of %s", c.digest, v, c.want, holder)
		}
	}
	s.WantTotals(0, 1)
}

func keyAborted(s *Harness) {
	first, journal := s.Prepared("k")
	if a := s.Abort(first, s.AbortOf("k", journal, false)); a.Closed {
		s.T.Errorf("ack is %+v, want the key to stay free", a)
	}
	second, _ := s.Prepared("k")
	if a := s.Abort(second, s.AbortOf("k", journal, true)); !a.Closed {
		s.T.Errorf("ack is %+v, want the key closed", a)
	}
	if v := s.Prepare(s.NewID(), s.PrepareOf("k", s.Accepted)); v.Yes || v.Code != wire.CodeClosed || v.Other != second || !v.Closed {
		s.T.Errorf("vote is %+v", v)
	}
	// An abort may close a key that an earlier abort of the same branch left free.
	third, _ := s.Prepared("l")
	s.Abort(third, s.AbortOf("l", journal, false))
	if a := s.Abort(third, s.AbortOf("l", journal, true)); !a.Closed {
		s.T.Errorf("ack is %+v", a)
	}
	if v := s.Prepare(s.NewID(), s.PrepareOf("l", s.Accepted)); v.Code != wire.CodeClosed {
		s.T.Errorf("vote is %+v", v)
	}
	s.WantTotals(0, 0)
}
