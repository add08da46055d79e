package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/participants/food"
	"parley/test/journal"
)

// refused runs a command that must fail with the exit code and print all these texts.
func refused(t testing.TB, wantCode int, want []string, args ...string) {
	t.Helper()
	out, errs, code := parley(t, args...)
	if code != wantCode {
		t.Errorf("parley %s: exit %d, want %d\n%s%s", strings.Join(args, " "), code, wantCode, out, errs)
	}
	for _, text := range want {
		if !strings.Contains(errs, text) {
			t.Errorf("parley %s: it does not print %q:\n%s", strings.Join(args, " "), text, errs)
		}
	}
	if strings.Contains(errs, "goroutine ") {
		t.Errorf("parley %s: a panic is no error message:\n%s", strings.Join(args, " "), errs)
	}
}

// TestSecondProcess: what is in use is refused, and the process that uses it goes on.
func TestSecondProcess(t *testing.T) {
	t.Parallel()
	s, p := newUp(t)
	address := strings.TrimPrefix(s.url, "nats://")
	refused(t, exitFailed, []string{s.path("broker"), "in use by another broker", fmt.Sprint(p.PID())}, "up", "--data", s.data, "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0")
	refused(t, exitFailed, []string{address, "--listen", "in use"}, "up", "--data", t.TempDir(), "--listen", address)
	for _, name := range both {
		refused(t, exitFailed, []string{name + ".db", "in use by another process"}, name, "--data", s.data, "--nats", s.url)
	}
	s.cliOrder(exitOK, "still-there", "lasagne", 1, "north")
	s.check()
	p.Stop()
}

// TestUnwritable: places where nothing can be written, not even by root.
func TestUnwritable(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, data := range []string{file, filepath.Join(file, "below"), "/proc/parley", "/dev/null/parley"} {
		for _, role := range []string{"up", "broker", "inventory", "delivery"} {
			refused(t, exitFailed, []string{"--data " + data, "next: choose another directory"}, role, "--data", data)
		}
	}
}

// edit changes a database behind the back of its participant.
func edit(t testing.TB, path, query string, args ...any) {
	t.Helper()
	if err := journal.Exec(t.Context(), path, query, args...); err != nil {
		t.Fatal(err)
	}
}

// TestStrangeJournals: files that are not this participant's journal are
// refused by name, and left as they are.
func TestStrangeJournals(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	s.startCoordinator()
	s.place(s.newOrder())
	for _, name := range both {
		s.participants[name].Stop()
	}
	copyOf := func(name, as string) (dir, path string) {
		dir = t.TempDir()
		data, err := os.ReadFile(s.path(name + ".db"))
		if err != nil {
			t.Fatal(err)
		}
		path = filepath.Join(dir, as+".db")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return dir, path
	}
	role := func(name, dir string) []string { return []string{name, "--data", dir, "--nats", s.url} }

	dir, path := copyOf(food.Inventory, food.Inventory)
	edit(t, path, "PRAGMA user_version=99")
	refused(t, exitFailed, []string{path, "schema version 99", "newer build"}, role(food.Inventory, dir)...)

	dir, path = copyOf(food.Inventory, food.Delivery)
	refused(t, exitFailed, []string{path, `belongs to participant "inventory"`}, role(food.Delivery, dir)...)

	dir, path = copyOf(food.Inventory, food.Inventory)
	edit(t, path, "PRAGMA application_id=1")
	refused(t, exitFailed, []string{path, "another program"}, role(food.Inventory, dir)...)

	dir, path = copyOf(food.Inventory, food.Inventory)
	if err := os.WriteFile(path, []byte("not a database at all, just a letter"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, exitFailed, []string{path, "not an SQLite database"}, role(food.Inventory, dir)...)

	dir, path = copyOf(food.Inventory, food.Inventory)
	if err := os.Truncate(path, 6000); err != nil {
		t.Fatal(err)
	}
	refused(t, exitFailed, []string{path, "damaged"}, role(food.Inventory, dir)...)

	s.startParticipants()
	s.place(s.newOrder())
	s.check()
	s.stopAll()
}

// TestWrongFlags: wrong usage starts nothing, exits with 2, and names the help text to
// read.
func TestWrongFlags(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "never-made")
	for _, c := range []struct {
		args string
		want []string
	}{
		{"dance", []string{"dance", "parley --help"}},
		{"up --lisen 127.0.0.1:0", []string{"--lisen", "parley up --help"}},
		{"up --data " + data + " --listen nowhere", []string{"--listen", "nowhere"}},
		{"up --data " + data + " --listen 127.0.0.1:99999", []string{"--listen", "99999"}},
		{"broker --data " + data + " --peers a:1", []string{"--cluster-listen"}},
		{"init --replicas 2", []string{"--replicas", "1", "3", "5"}},
		{"coordinator --log-level shout", []string{"--log-level", "shout"}},
		{"order", []string{"<item>"}},
		{"order margherita", []string{"<qty>"}},
		{"order margherita two", []string{"two"}},
		{"order margherita 0", []string{"0"}},
		{"order margherita -- -1", []string{"-1"}},
		{"order margherita 1 --wait never", []string{"--wait", "decided", "applied"}},
		{"order margherita 1 --timeout 2h", []string{"--timeout", "1h"}},
		{"order margherita 1 --key " + strings.Repeat("k", 200), []string{"--key", "128"}},
		{"tx show", []string{"parley tx show --help"}},
		{"bench tx --inflight 0", []string{"--inflight"}},
	} {
		refused(t, exitWrong, c.want, strings.Fields(c.args)...)
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("a wrong command line made %s (%v)", data, err)
	}
}
