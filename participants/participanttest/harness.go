package participanttest

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"parley/internal/conform"
	"parley/participants"
	"parley/participants/sqlite"
)

const (
	// name is that of the participant.
	name = "exercised"
	// patience bounds the wait for an expected message.
	patience = 2 * time.Minute
)

// harness is one participant in this process, with the test as its coordinator.
type harness struct {
	*conform.Harness
	t    *testing.T
	f    Fixture
	cfg  participants.Config
	path string // of the journal

	p    *participants.Participant[*sqlite.Tx]
	stop func()
}

// newHarness starts a participant that inquires some time after its votes.
func newHarness(t *testing.T, f Fixture, inquireAfter time.Duration) *harness {
	s := &harness{t: t, f: f, cfg: config(t), path: filepath.Join(t.TempDir(), "journal.db")}
	s.cfg.InquireAfter = inquireAfter
	nc := f.Connect(t)
	Streams(t, nc)
	s.Harness = conform.New(t, conform.Participant{
		NATS: nc, Name: name, Accepted: f.Yes, Refused: f.No, Patience: patience,
		Totals: func() (held, taken int, err error) {
			err = s.p.Read(context.Background(), func(ctx context.Context, tx *sqlite.Tx) (err error) {
				held, taken, err = f.Totals(ctx, tx)
				return err
			})
			return held, taken, err
		},
	})
	s.start()
	return s
}

// start runs a participant until stop or the end of the test.
func (s *harness) start() {
	s.t.Helper()
	s.p = s.f.participant(s.t, s.cfg, s.path)
	s.stop = startRole(s.t, s.p)
	s.t.Cleanup(s.stop)
}

// quiet returns a logger whose output is shown only if the test fails.
func quiet(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}
