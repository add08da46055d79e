package coordinator_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/internal/lifecycle/roletest"

	"parley/coordinator"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// backup is a copy of the broker's store, made while the broker was stopped.
func (s *harness) backup(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "backup")
	s.Kill()
	roletest.Must(t, os.CopyFS(dir, os.DirFS(s.StoreDir())))
	s.Restart(t)
	return dir
}

// restore puts a backup under the broker.
func (s *harness) restore(t *testing.T, backup string) {
	t.Helper()
	s.Kill()
	roletest.Must(t, os.RemoveAll(s.StoreDir()))
	roletest.Must(t, os.CopyFS(s.StoreDir(), os.DirFS(backup)))
	s.Restart(t)
}

func (s *harness) lastSeq(t *testing.T) uint64 {
	t.Helper()
	var last uint64
	eventually(t, "the stream", func() bool {
		st, err := s.js.Stream(t.Context(), txwire.LogStream().Name)
		if err == nil {
			last = st.CachedInfo().State.LastSeq
		}
		return err == nil
	})
	return last
}

// reason is why the only coordinator cannot work, as it reports it.
func reason(t *testing.T, nc *nats.Conn) string {
	t.Helper()
	all, err := newClient(t, nc).Coordinators(t.Context())
	if err != nil || len(all) != 1 {
		return ""
	}
	return all[0].Reason
}

// An older store is put under the stream while a coordinator runs. It ends with an
// error that names the stream, both sequences and what to do, whether its own log
// was in the backup or not. (Without, its appends and those after them are
// repeated for ever, in silence; or it finds its log purged, seals it, and answers
// that what it had committed was aborted.)
func TestStreamWentBack(t *testing.T) {
	t.Parallel()
	for _, before := range []bool{true, false} {
		t.Run(fmt.Sprintf("log opened before the backup %v", before), func(t *testing.T) {
			t.Parallel()
			s := newHarness(t)
			nc := s.Connect(t)
			newFake(t, nc, "inventory")
			newFake(t, nc, "delivery")
			var dir string
			if !before {
				dir = s.backup(t)
			}
			p := s.coordinator(t, coordinator.Config{BehindFor: 1500 * time.Millisecond})
			client := newClient(t, nc)
			if before {
				dir = s.backup(t)
			}
			for i := range 5 {
				if o, err := client.Submit(t.Context(), order(fmt.Sprint("k", i))); err != nil || o.Status != txwire.StatusCommitted {
					t.Fatalf("got %+v, %v", o, err)
				}
			}
			last := s.lastSeq(t)
			s.restore(t, dir)
			p.AwaitFailure(txwire.LogStream().Name, "last sequence", fmt.Sprint("at least ", last), "went back", "older", "restore", "docs/OPERATIONS.md")
		})
	}
}

// From the first suspicion on nothing is sealed, adopted or answered from a seal:
// what is asked about a log that the backup lacks, or holds without its last
// commits, is unknown. The coordinator reports why it does not work.
func TestNothingConcludedFromStreamThatWentBack(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	nc := s.Connect(t)
	newFake(t, nc, "inventory")
	newFake(t, nc, "delivery")
	first := s.coordinator(t, coordinator.Config{})
	client := newClient(t, nc)
	if _, err := client.Submit(t.Context(), order("before")); err != nil {
		t.Fatal(err)
	}
	dir := s.backup(t)
	lost, err := client.Submit(t.Context(), order("lost"))
	roletest.Must(t, err)
	s.coordinator(t, coordinator.Config{BehindFor: time.Hour, DrainTimeout: 100 * time.Millisecond})
	first.Kill()
	s.restore(t, dir)
	eventually(t, "the suspicion", func() bool { return strings.Contains(reason(t, nc), "went back") })
	last := s.lastSeq(t)
	// A scan asks the owner of the log that the backup holds, ownerTries times. When
	// it is asked once more, a scan has ended with a silent owner.
	asked, err := nc.SubscribeSync(txwire.OwnerSubject(lost.ID.Log))
	roletest.Must(t, err)
	for n := range 4 {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		q := txwire.Resolve{V: wire.Version, ID: lost.ID, Participant: "delivery", Journal: journal("delivery"), DecideBy: 1}
		if n%2 == 1 {
			q.ID.Log = strings.Repeat("x", 16)
		}
		msg, err := nc.RequestWithContext(ctx, txwire.SubjectResolve, wire.Encode(q))
		cancel()
		roletest.Must(t, err)
		r, err := wire.Decode[txwire.Resolved](msg.Data)
		if err != nil || r.Status != txwire.StatusUnknown || r.Code != wire.CodeUnavailable {
			t.Errorf("%s: got %+v, %v, want unknown", q.ID, r, err)
		}
		for try := 0; n == 1 && try < 5; try++ {
			if _, err := asked.NextMsg(patience); err != nil {
				t.Fatal(err)
			}
		}
	}
	if now := s.lastSeq(t); now != last {
		t.Errorf("something was written after sequence %d: the last is %d", last, now)
	}
	if r := reason(t, nc); !strings.Contains(r, txwire.LogStream().Name) || !strings.Contains(r, fmt.Sprint(last)) {
		t.Errorf("the reason is %q", r)
	}
}
