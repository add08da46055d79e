package conform

import (
	"fmt"
	"time"

	"parley/wire"
	"parley/wire/txwire"
)

func inDoubtAsks(s *Harness) {
	committed, _ := s.Prepared("a")
	s.Answer(s.Question(committed), txwire.Resolved{Status: txwire.StatusPending})
	s.Answer(s.Question(committed), txwire.Resolved{Status: txwire.StatusUnknown})
	s.Answer(s.Question(committed), txwire.Resolved{Status: txwire.StatusCommitted})
	if a := s.Ack(committed); a.Of != txwire.KindCommit || a.Code != "" {
		s.T.Errorf("ack is %+v", a)
	}
	aborted, _ := s.Prepared("b")
	s.Answer(s.Question(aborted), txwire.Resolved{Status: txwire.StatusAborted, SealSeq: OpenSeq + 1})
	if a := s.Ack(aborted); a.Of != txwire.KindAbort || a.Code != "" || a.Closed {
		s.T.Errorf("ack is %+v", a)
	}
	s.WantTotals(0, 1)
	// An answer that arrives after the outcome changes nothing.
	late, journal := s.Prepared("b")
	q := s.Question(late)
	s.Commit(late, journal)
	s.Answer(q, txwire.Resolved{Status: txwire.StatusAborted})
	last, _ := s.Prepared("c")
	s.Answer(s.Question(last), txwire.Resolved{Status: txwire.StatusAborted})
	s.Ack(last)
	s.State(late, txwire.BranchCommitted)
	s.WantTotals(0, 2)
}

func oldSeal(s *Harness) {
	id, journal := s.Prepared("k")
	s.Answer(s.Question(id), txwire.Resolved{Status: txwire.StatusAborted, SealSeq: OpenSeq - 1})
	// It continues to inquire, also before it has processed that answer, and the branch
	// stays prepared.
	for late := time.After(s.Patience); len(s.Branches(txwire.BranchQuery{ID: id}).Violations) == 0; {
		select {
		case <-late:
			s.T.Fatalf("no violation was recorded")
		case <-time.After(5 * time.Millisecond):
		}
	}
	s.State(id, txwire.BranchPrepared)
	s.Answer(s.Question(id), txwire.Resolved{Status: txwire.StatusPending})
	s.Commit(id, journal)
	s.WantTotals(0, 1)
}

// many sends all messages before it reads an answer, so that groups are large.
func many(s *Harness) {
	const n = 40
	var journal string
	ids := make([]txwire.ID, n)
	for i := range ids {
		ids[i] = s.NewID()
		s.Send(txwire.KindPrepare, ids[i], wire.Encode(s.PrepareOf(fmt.Sprint("key-", i), s.Accepted)))
	}
	for range ids {
		kind, id, data := s.Next()
		v, err := wire.Decode[txwire.Vote](data)
		s.Must(err)
		if kind != txwire.KindVote || !v.Yes {
			s.T.Fatalf("%s of %s is %s", kind, id, data)
		}
		journal = v.Journal
	}
	s.WantTotals(n, 0)
	for i, id := range ids {
		if i%2 == 0 {
			s.Send(txwire.KindCommit, id, wire.Encode(txwire.Commit{V: wire.Version, Journal: journal, DecideBy: Later()}))
		} else {
			s.Send(txwire.KindAbort, id, wire.Encode(s.AbortOf(fmt.Sprint("key-", i), journal, true)))
		}
	}
	for range ids {
		kind, id, data := s.Next()
		a, err := wire.Decode[txwire.Ack](data)
		s.Must(err)
		if kind != txwire.KindAck || a.Code != "" {
			s.T.Fatalf("%s of %s is %s", kind, id, data)
		}
	}
	s.WantTotals(0, n/2)
}
