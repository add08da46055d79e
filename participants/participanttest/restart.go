package participanttest

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"parley/participants"
	"parley/wire/txwire"
)

func restartAsks(s *harness) {
	id, _ := s.Prepared("k")
	other, journal := s.Prepared("l")
	s.Commit(other, journal)
	s.stop()
	s.cfg.InquireAfter = time.Hour
	s.start()
	s.WantTotals(1, 1)
	s.Answer(s.Question(id), txwire.Resolved{Status: txwire.StatusCommitted})
	if a := s.Ack(id); a.Journal != journal || a.Of != txwire.KindCommit {
		s.t.Errorf("ack is %+v, want a commit by journal %s", a, journal)
	}
	s.WantTotals(0, 2)
}

// crash opens a copy of the files taken while the participant runs, which are the files
// that a killed process leaves.
func crash(s *harness) {
	prepared, journal := s.Prepared("a")
	committed, _ := s.Prepared("b")
	s.Commit(committed, journal)
	aborted, _ := s.Prepared("c")
	s.Abort(aborted, s.AbortOf("c", journal, true))
	refused := s.NewID()
	s.Prepare(refused, s.PrepareOf("d", s.Refused))

	dir := s.t.TempDir()
	found, err := filepath.Glob(s.path + "*")
	s.Must(err)
	for _, from := range found {
		s.Must(copyFile(filepath.Join(dir, filepath.Base(from)), from))
	}
	s.stop()
	s.path = filepath.Join(dir, filepath.Base(s.path))
	s.start()
	s.State(prepared, txwire.BranchPrepared)
	s.State(committed, txwire.BranchCommitted)
	s.State(aborted, txwire.BranchAborted)
	s.State(refused, txwire.BranchAborted)
	s.WantTotals(1, 1)
	if a := s.Commit(prepared, journal); a.Code != "" {
		s.t.Errorf("ack is %+v", a)
	}
	s.WantTotals(0, 2)
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

// twoJournals checks that a second journal with the same name does not start, with an
// error that contains both, and that the first one continues.
func twoJournals(s *harness) {
	_, first := s.Prepared("k")
	err := s.f.participant(s.t, config(s.t), filepath.Join(s.t.TempDir(), "journal.db")).Run(s.t.Context())
	other, is := errors.AsType[*participants.OtherJournalError](err)
	if !is || other.Other != first || other.Journal == first || other.Participant != name {
		s.t.Errorf("a second journal under the name %s ended with %v", name, err)
	}
	s.Prepared("l")
}
