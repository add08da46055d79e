package participanttest

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"parley/wire"
	"parley/wire/txwire"
)

// inquireSoon restarts the participant with a short InquireAfter.
func (s *harness) inquireSoon() {
	s.t.Helper()
	s.stop()
	s.cfg.InquireAfter = 20 * time.Millisecond
	s.start()
}

func inDoubtAsks(s *harness) {
	s.inquireSoon()
	committed, _ := s.yes("a")
	s.answer(s.question(committed), txwire.Resolved{Status: txwire.StatusPending})
	s.answer(s.question(committed), txwire.Resolved{Status: txwire.StatusUnknown})
	s.answer(s.question(committed), txwire.Resolved{Status: txwire.StatusCommitted})
	if a := s.ack(committed); a.Of != txwire.KindCommit || a.Code != "" {
		s.t.Errorf("ack is %+v", a)
	}
	aborted, _ := s.yes("b")
	s.answer(s.question(aborted), txwire.Resolved{Status: txwire.StatusAborted, SealSeq: openSeq + 1})
	if a := s.ack(aborted); a.Of != txwire.KindAbort || a.Code != "" || a.Closed {
		s.t.Errorf("ack is %+v", a)
	}
	s.wantTotals(0, 1)
	// An answer that arrives after the outcome changes nothing.
	late, journal := s.yes("b")
	q := s.question(late)
	s.commit(late, journal)
	s.answer(q, txwire.Resolved{Status: txwire.StatusAborted})
	last, _ := s.yes("c")
	s.answer(s.question(last), txwire.Resolved{Status: txwire.StatusAborted})
	s.ack(last)
	s.state(late, txwire.BranchCommitted)
	s.wantTotals(0, 2)
}

func oldSeal(s *harness) {
	s.inquireSoon()
	id, journal := s.yes("k")
	s.answer(s.question(id), txwire.Resolved{Status: txwire.StatusAborted, SealSeq: openSeq - 1})
	// It continues to inquire, also before it has processed that answer, and the branch
	// stays prepared.
	for late := time.After(patience); len(s.branches(txwire.BranchQuery{ID: id}).Violations) == 0; {
		select {
		case <-late:
			s.t.Fatal("no violation was recorded")
		case <-time.After(5 * time.Millisecond):
		}
	}
	s.state(id, txwire.BranchPrepared)
	s.answer(s.question(id), txwire.Resolved{Status: txwire.StatusPending})
	s.commit(id, journal)
	s.wantTotals(0, 1)
}

func restartAsks(s *harness) {
	id, _ := s.yes("k")
	other, journal := s.yes("l")
	s.commit(other, journal)
	s.stop()
	s.cfg.InquireAfter = time.Hour
	s.start()
	s.wantTotals(1, 1)
	s.answer(s.question(id), txwire.Resolved{Status: txwire.StatusCommitted})
	if a := s.ack(id); a.Journal != journal || a.Of != txwire.KindCommit {
		s.t.Errorf("ack is %+v, want a commit by journal %s", a, journal)
	}
	s.wantTotals(0, 2)
}

// crash opens a copy of the files taken while the participant runs, which are the files
// that a killed process leaves.
func crash(s *harness) {
	prepared, journal := s.yes("a")
	committed, _ := s.yes("b")
	s.commit(committed, journal)
	aborted, _ := s.yes("c")
	s.abort(aborted, abortOf("c", journal, true))
	refused := s.id()
	s.prepare(refused, prepareOf("d", s.f.No))

	dir := s.t.TempDir()
	found, err := filepath.Glob(s.path + "*")
	s.must(err)
	for _, from := range found {
		s.must(copyFile(filepath.Join(dir, filepath.Base(from)), from))
	}
	s.stop()
	s.path = filepath.Join(dir, filepath.Base(s.path))
	s.start()
	s.state(prepared, txwire.BranchPrepared)
	s.state(committed, txwire.BranchCommitted)
	s.state(aborted, txwire.BranchAborted)
	s.state(refused, txwire.BranchAborted)
	s.wantTotals(1, 1)
	if a := s.commit(prepared, journal); a.Code != "" {
		s.t.Errorf("ack is %+v", a)
	}
	s.wantTotals(0, 2)
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

// many sends all messages before it reads an answer, so that groups are large.
func many(s *harness) {
	const n = 40
	var journal string
	ids := make([]txwire.ID, n)
	for i := range ids {
		ids[i] = s.id()
		s.send(txwire.KindPrepare, ids[i], wire.Encode(prepareOf(fmt.Sprint("key-", i), s.f.Yes)))
	}
	for range ids {
		kind, id, data := s.next()
		v, err := wire.Decode[txwire.Vote](data)
		s.must(err)
		if kind != txwire.KindVote || !v.Yes {
			s.t.Fatalf("%s of %s is %s", kind, id, data)
		}
		journal = v.Journal
	}
	s.wantTotals(n, 0)
	for i, id := range ids {
		if i%2 == 0 {
			s.send(txwire.KindCommit, id, wire.Encode(txwire.Commit{V: wire.Version, Journal: journal, DecideBy: later()}))
		} else {
			s.send(txwire.KindAbort, id, wire.Encode(abortOf(fmt.Sprint("key-", i), journal, true)))
		}
	}
	for range ids {
		kind, id, data := s.next()
		a, err := wire.Decode[txwire.Ack](data)
		s.must(err)
		if kind != txwire.KindAck || a.Code != "" {
			s.t.Fatalf("%s of %s is %s", kind, id, data)
		}
	}
	s.wantTotals(0, n/2)
}
