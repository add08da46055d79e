package txlog_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/internal/lifecycle/roletest"

	"parley/broker/brokertest"
	"parley/coordinator/machine"
	"parley/coordinator/txlog"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/txwire"
)

func newHarness(t *testing.T) *harness {
	t.Helper()
	s := brokertest.Run(t)
	brokertest.Stream(t, s.Connect(t), txwire.LogStream(), 1)
	return &harness{connect: s.Connect, server: s, rounds: 1}
}

func isStreamError(t *testing.T, err error, parts ...string) {
	t.Helper()
	bad, ok := errors.AsType[*streams.Error](err)
	if !ok {
		t.Fatalf("got %v, want a stream error", err)
	}
	for _, part := range parts {
		if !strings.Contains(bad.Error(), part) {
			t.Errorf("the error %q does not name %q", bad, part)
		}
	}
}

// Nothing is written over a new connection to a stream whose store was replaced by
// an older one, whether or not somebody else has noticed. When others have written
// more than was lost, the record in the place of one's own betrays it.
func TestOlderStore(t *testing.T) {
	b := newHarness(t)
	l, log := b.open(t), wire.NewToken()
	first := must(t, l, log, record(txwire.RecordOpen, 0))
	dir := filepath.Join(t.TempDir(), "backup")
	b.server.Kill()
	roletest.Must(t, os.CopyFS(dir, os.DirFS(b.server.StoreDir())))
	b.server.Restart(t)
	second := must(t, l, log, record(txwire.RecordCommits, first))
	if err := l.CheckNewest(t.Context()); err != nil {
		t.Errorf("its own record: %v", err)
	}
	b.server.Kill()
	roletest.Must(t, os.RemoveAll(b.server.StoreDir()))
	roletest.Must(t, os.CopyFS(b.server.StoreDir(), os.DirFS(dir)))
	b.server.Restart(t)

	// This would succeed on the older store.
	late := record(txwire.RecordCommits, first)
	for {
		answer, _, err := l.Append(t.Context(), log, first, late)
		if answer != machine.AppendUnknown {
			t.Fatalf("got %v, %v on an older store", answer, err)
		}
		if bad, ok := errors.AsType[*streams.Error](err); ok {
			t.Fatalf("it was written: %v", bad)
		}
		if errors.Is(err, txlog.ErrBehind) {
			break
		}
	}
	other := b.open(t)
	if got := must(t, other, wire.NewToken(), record(txwire.RecordOpen, 0)); got != second {
		t.Fatalf("the other's record stands at %d, want %d", got, second)
	}
	isStreamError(t, l.CheckNewest(t.Context()), txwire.LogStream().Name, "at sequence", log, "restore")
}

// A sequence that is not above what was stored before cannot be: the stream went
// back between two looks.
func TestSequenceGivenAgain(t *testing.T) {
	b := newHarness(t)
	l := b.open(t)
	must(t, l, wire.NewToken(), record(txwire.RecordOpen, 0))
	l.Reported(0, 1000)
	answer, _, err := l.Append(t.Context(), wire.NewToken(), 0, record(txwire.RecordOpen, 0))
	if answer != machine.AppendUnknown {
		t.Errorf("got %v, want that nothing is concluded", answer)
	}
	isStreamError(t, err, txwire.LogStream().Name, "last sequence 2", "1000", "went back")
}
