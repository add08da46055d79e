package participants

import (
	"errors"
	"log/slog"
	"os"
	"testing"

	"parley/participants/sqlite"
)

// A new connection has the files of the first one, which stay open in between; a missing
// journal is not replaced by an empty one.
func TestFilesOfANewConnection(t *testing.T) {
	b := newBenchOf(t, false, &tally{}, slog.New(slog.DiscardHandler))
	path := b.s.journal.db.Where()
	before, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.s.journal.discard(); err != nil {
		t.Fatal(err)
	}
	if err := b.s.journal.db.Check(); err != nil {
		t.Errorf("without a connection: %v", err)
	}
	if answered, failed := b.do(b.prepare()); answered != 1 || failed {
		t.Fatalf("%d were answered on a new connection", answered)
	}
	if after, err := os.Stat(path + "-wal"); err != nil || !os.SameFile(before, after) {
		t.Errorf("the -wal is another file: %v", err)
	}
	if err := b.s.journal.db.Check(); err != nil {
		t.Errorf("with a new connection: %v", err)
	}

	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	err = b.s.journal.db.Check()
	if _, is := errors.AsType[*sqlite.FilesError](err); !is {
		t.Errorf("after the journal was deleted: %v", err)
	}
	_ = b.s.journal.discard()
	if answered, failed := b.do(b.prepare()); answered != 0 || !failed {
		t.Errorf("%d were answered without a journal", answered)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("another journal was created: %v", err)
	}
}
