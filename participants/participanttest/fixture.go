package participanttest

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go"

	"parley/participants"
)

// Fixture says how to test one resource.
type Fixture struct {
	// Connect opens a connection to a broker, closed with the test.
	Connect func(t testing.TB) *nats.Conn
	// Resource makes the resource; its state is in the database alone.
	Resource func() participants.Resource
	// Yes is a payload that is accepted at least fifty times over, No one that
	// is refused always.
	Yes, No json.RawMessage
	// Books reads how many branches hold something of the resource and how
	// many have taken it for good.
	Books func(ctx context.Context, q participants.Querier) (held, taken int, err error)
	// Config names the journal; nil means an SQLite file of its own. It is
	// called once per case.
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
	// The tests of one server share it, each with a journal of its own.
	cfg.NewJournal = true
	return cfg
}

// Exercise checks a resource behind a participant.
func Exercise(t *testing.T, f Fixture) {
	for _, c := range []struct {
		name string
		run  func(*stage)
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
		t.Run(c.name, func(t *testing.T) { c.run(newStage(t, f)) })
	}
}
