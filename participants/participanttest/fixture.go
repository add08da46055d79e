package participanttest

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"parley/participants/sqlite"

	"github.com/nats-io/nats.go"

	"parley/internal/conform"
	"parley/participants"
)

// Fixture describes the resource and the journal to test.
type Fixture struct {
	// Connect opens a connection to a broker, closed with the test.
	Connect func(t testing.TB) *nats.Conn
	// Resource returns the resource, whose state is only in the database.
	Resource func() participants.Resource[*sqlite.Tx]
	// Yes is a payload that is accepted at least fifty times, No one that is always
	// refused.
	Yes, No json.RawMessage
	// Totals returns the number of branches with a reservation and of those that were
	// committed.
	Totals func(ctx context.Context, tx *sqlite.Tx) (held, taken int, err error)
}

// config is that of a participant. The tests of one server share it, each with a separate
// journal.
func config(t testing.TB) participants.Config {
	return participants.Config{Name: name, Log: quiet(t), NewJournal: true}
}

// participant is one with a journal in a file.
func (f Fixture) participant(t testing.TB, cfg participants.Config, path string) *participants.Participant[*sqlite.Tx] {
	t.Helper()
	p, err := participants.New(cfg, participants.Deps{NATS: f.Connect(t)}, sqlite.File(path), f.Resource())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Exercise checks a participant with the fixture's resource.
func Exercise(t *testing.T, f Fixture) {
	for _, c := range conform.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			inquireAfter := time.Duration(0) // the default
			if c.Asks {
				inquireAfter = 20 * time.Millisecond
			}
			s := newHarness(t, f, inquireAfter)
			c.Run(s.Harness)
			if n := s.p.Counts(); c.Name == "MalformedIsIgnored" && n.Malformed != 7 || c.Name == "ViolationsAreNotApplied" && n.Violations != 4 {
				t.Errorf("%d malformed messages and %d violations were counted", n.Malformed, n.Violations)
			}
		})
	}
	for name, run := range map[string]func(*harness){
		"SecondJournalIsRefused": twoJournals, "RestartAsksAtOnce": restartAsks, "CrashLosesNothingAnswered": crash,
	} {
		t.Run(name, func(t *testing.T) { run(newHarness(t, f, 0)) })
	}
}
