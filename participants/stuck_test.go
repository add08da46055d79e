package participants_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/participants/sqlite"

	"parley/participants"
	"parley/wire/txwire"
)

// hung is a resource whose Prepare returns when it is released.
type hung struct {
	nothing
	entered, release chan struct{}
}

func (h hung) Prepare(context.Context, *sqlite.Tx, participants.Branch) (json.RawMessage, error) {
	close(h.entered)
	<-h.release
	return nil, nil
}

// A drain ends at its time-out although a call of the resource does not return, and
// the journal is closed in order when the call has returned.
func TestDrainEndsThoughACallHangs(t *testing.T) {
	server := newServer(t)
	r := hung{entered: make(chan struct{}), release: make(chan struct{})}
	cfg := config{participants.Config{Name: "hung", DrainTimeout: 10 * time.Millisecond}, filepath.Join(t.TempDir(), "journal.db")}
	p, cancel, ended := run(t, server.Connect(t), cfg, r)
	nc := server.Connect(t)
	if err := nc.PublishMsg(prepareMessage("hung", 1)); err != nil {
		t.Fatal(err)
	}
	<-r.entered
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for p.Counts().CallMS == 0 {
		<-tick.C
	}
	cancel()
	id := txwire.ID{Log: "testlogtestloga2", N: 1}
	if err := waitFor(t, ended); err == nil || !strings.Contains(err.Error(), "the resource's prepare of "+id.String()) {
		t.Errorf("Run ended with %v, want the call that hangs", err)
	}
	// No other process may open the journal while the call may still write to it.
	_, _, second := start(t, server.Connect(t), cfg, nothing{})
	if err := waitFor(t, second); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a second participant ended with %v", err)
	}
	close(r.release)
	for late := time.After(patience); ; {
		p, cancel, ended := start(t, server.Connect(t), cfg, nothing{})
		select {
		case <-p.Ready():
			if n := p.Counts().InDoubt; n != 1 {
				t.Errorf("%d branches are prepared, want the one of the call that hung", n)
			}
			cancel()
			if err := waitFor(t, ended); err != nil {
				t.Error(err)
			}
			return
		case <-ended:
		case <-late:
			t.Fatal("the journal stays locked")
		}
	}
}

// A journal that another program has locked makes the participant unhealthy, even if no
// transaction needs it, until the lock is released.
func TestHealthOfALockedJournal(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	cfg := config{participants.Config{Name: "locked"}, filepath.Join(t.TempDir(), "journal.db")}
	p, cancel, ended := run(t, server.Connect(t), cfg, nothing{})
	db, err := sql.Open("sqlite", cfg.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	exec := func(q string) {
		t.Helper()
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	await := func(want bool) {
		t.Helper()
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for late := time.After(patience); (p.Healthy(t.Context()) == nil) != want; {
			select {
			case <-tick.C:
			case <-late:
				t.Fatalf("healthy is %v", !want)
			}
		}
	}
	await(true)
	exec("BEGIN IMMEDIATE")
	await(false)
	t.Log(p.Healthy(t.Context()), "|", p.Counts().Trouble)
	exec("ROLLBACK")
	await(true)
	cancel()
	if err := waitFor(t, ended); err != nil {
		t.Error(err)
	}
	if p.Healthy(t.Context()) == nil {
		t.Error("it is healthy after its end")
	}
}
