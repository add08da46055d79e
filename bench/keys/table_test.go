package main

import (
	"strings"
	"testing"
)

// filled is a table with a few rows.
func filled(t *testing.T, name string) *table {
	t.Helper()
	k, ok := kindNamed(name)
	if !ok {
		t.Fatalf("there is no kind %q", name)
	}
	tab, err := openTable(t.Context(), t.TempDir(), k, 1, 7)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tab.close(); err != nil {
			t.Error(err)
		}
	})
	if err := tab.grow(t.Context(), 200, 50); err != nil {
		t.Fatal(err)
	}
	return tab
}

// TestVerify: rows that are not there are found.
func TestVerify(t *testing.T) {
	for name, damage := range map[string]string{
		"":            "",
		"199 rows":    "DELETE FROM post WHERE id = (SELECT min(id) FROM post)",
		"cannot be r": "UPDATE post SET id = x'00' WHERE id = (SELECT min(id) FROM post)",
	} {
		tab := filled(t, "uuid4")
		if _, err := tab.conn.ExecContext(t.Context(), damage); err != nil {
			t.Fatal(err)
		}
		_, err := tab.read(t.Context())
		if name == "" && err != nil || name != "" && (err == nil || !strings.Contains(err.Error(), name)) {
			t.Errorf("after %q: got %v, want %q", damage, err, name)
		}
	}
}

// TestSpans: a row that has changed is found when spans are read.
func TestSpans(t *testing.T) {
	tab := filled(t, "parley")
	if _, err := tab.conn.ExecContext(t.Context(), "UPDATE post SET body = x'00'"); err != nil {
		t.Fatal(err)
	}
	if _, err := tab.read(t.Context()); err == nil || !strings.Contains(err.Error(), "a span has") {
		t.Errorf("got %v", err)
	}
}

// TestWeigh: nothing may have been freed, since the pages split are derived.
func TestWeigh(t *testing.T) {
	tab := filled(t, "uuid4-index")
	s, err := tab.weigh(t.Context())
	if err != nil || s.Split != s.Pages-2 {
		t.Errorf("%+v %v", s, err)
	}
	if _, err := tab.conn.ExecContext(t.Context(), "DELETE FROM post"); err != nil {
		t.Fatal(err)
	}
	if _, err := tab.weigh(t.Context()); err == nil || !strings.Contains(err.Error(), "free pages") {
		t.Errorf("got %v", err)
	}
}

// TestLogged: a row in a commit of its own puts at least one page into the log,
// also right after the log was copied back.
func TestLogged(t *testing.T) {
	tab := filled(t, "uuid4")
	tab.most = 100
	for tab.frames > 0 { // until it is copied back
		before := tab.Logged
		if err := tab.grow(t.Context(), 50, 10); err != nil {
			t.Fatal(err)
		}
		if n := tab.Logged - before; n < 5 || n > 5*30 {
			t.Fatalf("5 commits of 10 rows put %d pages into the log", n)
		}
	}
	before := tab.Logged
	if err := tab.grow(t.Context(), 1, 1); err != nil {
		t.Fatal(err)
	}
	if n := tab.Logged - before; n < 1 || n > 10 {
		t.Errorf("one commit put %d pages into the log", n)
	}
}
