package participants_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/participants/sqlite"

	"parley/participants"
)

// A participant whose files are deleted or replaced stops by itself, and names
// the file; it neither deletes nor changes what has its name now.
func TestFilesThatAreGoneEndTheParticipant(t *testing.T) {
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		for _, replaced := range []bool{false, true} {
			name := "deleted" + suffix
			if replaced {
				name = "replaced" + suffix
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				server := newServer(t)
				cfg := config{participants.Config{Name: "gone"}, filepath.Join(t.TempDir(), "journal.db")}
				_, _, ended := run(t, server.Connect(t), cfg, nothing{})
				path := cfg.Path + suffix
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
				if replaced {
					// A name has another file at once, as when a backup is put there.
					if err := os.WriteFile(path+".new", []byte("another file"), 0o600); err != nil {
						t.Fatal(err)
					}
					if err := os.Rename(path+".new", path); err != nil {
						t.Fatal(err)
					}
				}
				err := waitFor(t, ended)
				gone, ok := errors.AsType[*sqlite.FilesError](err)
				if !ok || gone.File != path || gone.Path != cfg.Path || !strings.Contains(err.Error(), "Restore the journal") {
					t.Fatalf("Run ended with %v, want that %s is gone", err, path)
				}
				data, err := os.ReadFile(path)
				if replaced && string(data) != "another file" || !replaced && !errors.Is(err, os.ErrNotExist) {
					t.Errorf("%s has %q (%v)", path, data, err)
				}
			})
		}
	}
}
