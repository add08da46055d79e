package participants_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/participants/sqlite"

	"parley/participants"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// lines is a log that can be searched while it is written.
type lines struct {
	mu  sync.Mutex
	all strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

func (l *lines) log() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// voter requests votes of a participant, as a coordinator does.
type voter struct {
	t     *testing.T
	nc    *nats.Conn
	name  string
	votes *nats.Subscription
	n     int
}

func newVoter(t *testing.T, nc *nats.Conn, name string) *voter {
	t.Helper()
	votes, err := nc.SubscribeSync("tx.vote." + name + ".>")
	if err != nil {
		t.Fatal(err)
	}
	return &voter{t: t, nc: nc, name: name, votes: votes}
}

func (v *voter) vote() txwire.Vote {
	v.t.Helper()
	v.n++
	if err := v.nc.PublishMsg(prepareMessage(v.name, v.n)); err != nil {
		v.t.Fatal(err)
	}
	return v.next()
}

func (v *voter) next() txwire.Vote {
	v.t.Helper()
	m, err := v.votes.NextMsg(patience)
	if err != nil {
		v.t.Fatal(err)
	}
	vote, err := wire.Decode[txwire.Vote](m.Data)
	if err != nil {
		v.t.Fatal(err)
	}
	return vote
}

func (v *voter) yes() string {
	v.t.Helper()
	vote := v.vote()
	if !vote.Yes {
		v.t.Fatalf("the vote is %+v, want yes", vote)
	}
	return vote.Journal
}

func (v *voter) no(want string) {
	v.t.Helper()
	if vote := v.vote(); vote.Yes || vote.Code != wire.CodeUnavailable || !strings.Contains(vote.Reason, want) {
		v.t.Fatalf("the vote is %+v, want no, unavailable, %q", vote, want)
	}
}

// backup copies a journal that may be open, as the backup command of the sqlite3
// shell does.
func backup(t *testing.T, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy.db")
	db, err := sql.Open("sqlite", from)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "VACUUM INTO ?", to); err != nil {
		t.Fatal(err)
	}
	return to
}

// meta returns the journal's value of a name.
func meta(t *testing.T, p *participants.Participant[*sqlite.Tx], name string) (value string) {
	t.Helper()
	err := p.Read(t.Context(), func(ctx context.Context, tx *sqlite.Tx) error {
		err := tx.QueryRowContext(ctx, "SELECT value FROM meta WHERE name=?", name).Scan(&value)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// stop drains a participant.
func stop(t *testing.T, cancel func(), ended chan error) {
	t.Helper()
	cancel()
	if err := waitFor(t, ended); err != nil {
		t.Fatal(err)
	}
}

// A copy of a journal that another process uses does not start, and that process continues.
func TestCopyIsRefused(t *testing.T) {
	server := newServer(t)
	cfg := config{participants.Config{Name: "copied"}, filepath.Join(t.TempDir(), "journal.db")}
	_, _, _ = run(t, server.Connect(t), cfg, nothing{})
	v := newVoter(t, server.Connect(t), "copied")
	journal := v.yes()

	cfg.Path = backup(t, cfg.Path)
	_, _, ended := start(t, server.Connect(t), cfg, nothing{})
	err := waitFor(t, ended)
	twin, is := errors.AsType[*participants.TwinError](err)
	if !is || twin.Journal != journal || len(twin.Others) != 1 || !strings.Contains(err.Error(), cfg.Path) {
		t.Errorf("the copy ended with %v", err)
	}
	v.yes()
}

// Two that start concurrently find each other: at most one continues.
func TestCopiesStartAtOnce(t *testing.T) {
	server := newServer(t)
	cfg := config{participants.Config{Name: "copied"}, filepath.Join(t.TempDir(), "journal.db")}
	_, cancel, ended := run(t, server.Connect(t), cfg, nothing{})
	stop(t, cancel, ended)
	other := cfg
	other.Path = backup(t, cfg.Path)
	a, _, endedA := start(t, server.Connect(t), cfg, nothing{})
	b, _, endedB := start(t, server.Connect(t), other, nothing{})
	serving := 0
	for p, ended := range map[*participants.Participant[*sqlite.Tx]]chan error{a: endedA, b: endedB} {
		select {
		case <-p.Ready():
			serving++
		case err := <-ended:
			if _, is := errors.AsType[*participants.TwinError](err); !is {
				t.Errorf("it ended with %v", err)
			}
		case <-time.After(patience):
			t.Fatal("it neither serves nor ends")
		}
	}
	if serving > 1 {
		t.Error("both serve")
	}
}

// stampOf is a stamp of another process on a journal of that name.
func stampOf(name, journal string, n uint64) *nats.Msg {
	m := nats.NewMsg(txwire.StampSubject(name, journal))
	m.Data = wire.Encode(txwire.Stamp{
		V: wire.Version, Participant: name, Journal: journal, N: n, Process: "another", Name: "the other one", At: time.Now().UnixMilli(),
	})
	return m
}

// A copy in another part of a partitioned network is found when it stamps: then neither
// votes, also after a restart, until an operator has accepted one. Branches that the copy
// has committed are missing then, and never count as collected.
func TestCopyIsFoundLater(t *testing.T) {
	server := newServer(t)
	var log lines
	cfg := config{participants.Config{Name: "copied", Log: log.log()}, filepath.Join(t.TempDir(), "journal.db")}
	p, cancel, ended := run(t, server.Connect(t), cfg, nothing{})
	nc := server.Connect(t)
	v := newVoter(t, nc, "copied")
	journal := v.yes()
	objections, err := nc.SubscribeSync(txwire.StampSubject("copied", journal))
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.PublishMsg(stampOf("copied", journal, 100)); err != nil {
		t.Fatal(err)
	}
	// The other one is notified, by a message that is not stored.
	for process := "another"; process == "another"; {
		m, err := objections.NextMsg(patience)
		if err != nil {
			t.Fatal(err)
		}
		w, err := wire.Decode[txwire.Stamp](m.Data)
		if err != nil {
			t.Fatal(err)
		}
		process = w.Process
	}
	const why = "is a copy of one that another process uses: the other one"
	v.no(why)
	if err := p.Healthy(t.Context()); err == nil || !strings.Contains(err.Error(), why) {
		t.Errorf("its health is %v", err)
	}
	if !strings.Contains(log.String(), "neither votes until an operator has accepted") {
		t.Errorf("nothing was logged: %s", log.String())
	}
	stop(t, cancel, ended)

	p, cancel, ended = run(t, server.Connect(t), cfg, nothing{})
	v.no(why)
	if err := p.Healthy(t.Context()); err == nil {
		t.Error("it is healthy")
	}
	stop(t, cancel, ended)

	cfg.AcceptJournal = "notthisjournal22"
	_, _, ended = start(t, server.Connect(t), cfg, nothing{})
	if err := waitFor(t, ended); err == nil || !strings.Contains(err.Error(), journal) {
		t.Errorf("with another journal accepted it ended with %v", err)
	}
	cfg.AcceptJournal = journal
	p, cancel, ended = run(t, server.Connect(t), cfg, nothing{})
	v.yes()
	if floor, _ := strconv.ParseInt(meta(t, p, "floor"), 10, 64); floor < time.Now().Add(txwire.MaxTimeout).UnixMilli() {
		t.Errorf("the floor is %d", floor)
	}
	stop(t, cancel, ended)
	cfg.AcceptJournal = ""
	run(t, server.Connect(t), cfg, nothing{})
	v.yes()
}

// A backup that was restored knows that it went back.
func TestRestoredBackupIsNoticed(t *testing.T) {
	server := newServer(t)
	var log lines
	cfg := config{participants.Config{Name: "restored", Log: log.log()}, filepath.Join(t.TempDir(), "journal.db")}
	p, cancel, ended := run(t, server.Connect(t), cfg, nothing{})
	if floor := meta(t, p, "floor"); floor != "" {
		t.Errorf("a new journal has the floor %s", floor)
	}
	old := cfg
	old.Path = backup(t, cfg.Path)
	stop(t, cancel, ended)
	p, cancel, ended = run(t, server.Connect(t), cfg, nothing{})
	if floor := meta(t, p, "floor"); floor != "" || strings.Contains(log.String(), "went back") {
		t.Errorf("a journal that was started again has the floor %s: %s", floor, log.String())
	}
	stop(t, cancel, ended)

	p, cancel, ended = run(t, server.Connect(t), old, nothing{})
	floor := meta(t, p, "floor")
	if n, _ := strconv.ParseInt(floor, 10, 64); n < time.Now().Add(txwire.MaxTimeout).UnixMilli() {
		t.Errorf("the floor of the restored backup is %q", floor)
	}
	if !strings.Contains(log.String(), "this journal went back") {
		t.Errorf("nothing was logged: %s", log.String())
	}
	stop(t, cancel, ended)
	// It is the newest now.
	p, _, _ = run(t, server.Connect(t), old, nothing{})
	if again := meta(t, p, "floor"); again != floor {
		t.Errorf("the floor went from %s to %s", floor, again)
	}
}

// An empty directory does not begin a new journal where there was another.
func TestNewJournalIsLoud(t *testing.T) {
	server := newServer(t)
	cfg := config{participants.Config{Name: "moved"}, filepath.Join(t.TempDir(), "journal.db")}
	_, cancel, ended := run(t, server.Connect(t), cfg, nothing{})
	journal := newVoter(t, server.Connect(t), "moved").yes()
	stop(t, cancel, ended)

	cfg.Path = filepath.Join(t.TempDir(), "journal.db")
	for range 2 { // the second time the file is there
		_, _, ended = start(t, server.Connect(t), cfg, nothing{})
		fresh, is := errors.AsType[*participants.NewJournalError](waitFor(t, ended))
		if !is || len(fresh.Others) != 1 || fresh.Others[0] != journal || fresh.Path != cfg.Path {
			t.Fatalf("it ended with %v", fresh)
		}
	}
	cfg.NewJournal = true
	_, cancel, ended = run(t, server.Connect(t), cfg, nothing{})
	stop(t, cancel, ended)
	cfg.NewJournal = false
	run(t, server.Connect(t), cfg, nothing{})
}

// Another journal under the name, which did not check for others, raises an alarm that
// contains both.
func TestOtherJournalIsAnAlarm(t *testing.T) {
	server := newServer(t)
	cfg := config{participants.Config{Name: "twice"}, filepath.Join(t.TempDir(), "journal.db")}
	p, _, _ := run(t, server.Connect(t), cfg, nothing{})
	nc := server.Connect(t)
	v := newVoter(t, nc, "twice")
	journal := v.yes()
	const other = "notthisjournal22"
	if err := nc.PublishMsg(stampOf("twice", other, 1)); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for late := time.After(patience); ; {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("no alarm")
		}
		if err := p.Healthy(t.Context()); err != nil {
			if text := err.Error(); !strings.Contains(text, journal) || !strings.Contains(text, other) {
				t.Errorf("the alarm is %s", text)
			}
			break
		}
	}
	v.yes()
}

// The stream has one stamp for each start, and the journal the same.
func TestStamps(t *testing.T) {
	server := newServer(t)
	cfg := config{participants.Config{Name: "stamped"}, filepath.Join(t.TempDir(), "journal.db")}
	nc := server.Connect(t)
	for n := range 3 {
		p, cancel, ended := run(t, server.Connect(t), cfg, nothing{})
		w := newestStamp(t, nc, "stamped", newVoter(t, nc, "stamped").vote().Journal)
		if w.N != uint64(n+1) || strconv.FormatUint(w.N, 10)+":"+w.Process != meta(t, p, "stamp") || time.Since(time.UnixMilli(w.At)).Abs() > time.Minute {
			t.Errorf("the stamp is %+v, in the journal %s", w, meta(t, p, "stamp"))
		}
		stop(t, cancel, ended)
	}
}

func newestStamp(t *testing.T, nc *nats.Conn, name, journal string) txwire.Stamp {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(t.Context(), txwire.JournalStream().Name)
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.GetLastMsgForSubject(t.Context(), txwire.StampSubject(name, journal))
	if err != nil {
		t.Fatal(err)
	}
	w, err := wire.Decode[txwire.Stamp](m.Data)
	if err != nil {
		t.Fatal(err)
	}
	return w
}
