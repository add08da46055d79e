package participanttest

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go"

	"parley/participants"
)

// Fixture describes the resource and the journal to test.
type Fixture struct {
	// Connect opens a connection to a broker, closed with the test.
	Connect func(t testing.TB) *nats.Conn
	// Resource returns the resource, whose state is only in the database.
	Resource func() participants.Resource
	// Yes is a payload that is accepted at least fifty times, No one that is always
	// refused.
	Yes, No json.RawMessage
	// Totals returns the number of branches with a reservation and of those that were
	// committed.
	Totals func(ctx context.Context, q participants.Querier) (held, taken int, err error)
	// Config returns the configuration of the journal; nil means a new SQLite file.
	// It is called once per test case.
	Config func(t testing.TB) participants.Config
}

func (f Fixture) config(t testing.TB) participants.Config {
	cfg := participants.Config{}
	if f.Config != nil {
		cfg = f.Config(t)
	}
	if cfg.Name == "" {
		cfg.Name = "exercised"
	}
	if cfg.Path == "" {
		cfg.Path = filepath.Join(t.TempDir(), "journal.db")
	}
	cfg.Log = quiet(t)
	// The tests of one server share it, each with a separate journal.
	cfg.NewJournal = true
	return cfg
}

// Exercise checks a participant with the fixture's resource.
func Exercise(t *testing.T, f Fixture) {
	for _, c := range []struct {
		name string
		run  func(*harness)
	}{
		{"YesThenCommit", yesThenCommit},
		{"YesThenAbort", yesThenAbort},
		{"RefusalClosesKey", refusalClosesKey},
		{"AbortBeforePrepareLeavesTombstone", tombstone},
		{"LatePrepareIsRefused", latePrepare},
		{"OtherContentUnderOneID", otherContent},
		{"KeyHeldByPrepared", keyPrepared},
		{"KeyHeldByCommitted", keyCommitted},
		{"KeyFreedOrClosedByAbort", keyAborted},
		{"AnotherJournalIsSilent", anotherJournal},
		{"SecondJournalIsRefused", twoJournals},
		{"ViolationsAreNotApplied", violations},
		{"LostIsAViolation", lost},
		{"InDoubtAsks", inDoubtAsks},
		{"OldSealIsRefused", oldSeal},
		{"RestartAsksAtOnce", restartAsks},
		{"CrashLosesNothingAnswered", crash},
		{"MalformedIsIgnored", malformed},
		{"ManyAtOnce", many},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(newHarness(t, f)) })
	}
}
