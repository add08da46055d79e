package participants_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/participants"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// store puts records into the stream of the commit logs, and returns its last
// sequence.
func store(t *testing.T, nc *nats.Conn, n int) (last uint64) {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	subject := txwire.LogSubject("testlogtestloga2")
	for range n {
		ack, err := js.Publish(t.Context(), subject, []byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		last = ack.Sequence
	}
	return last
}

// copyStore copies the broker's store.
func copyStore(t *testing.T, s *brokertest.Server) (backup string) {
	t.Helper()
	backup = filepath.Join(t.TempDir(), "backup")
	s.Kill()
	if err := os.CopyFS(backup, os.DirFS(s.StoreDir())); err != nil {
		t.Fatal(err)
	}
	s.Restart(t)
	return backup
}

// replaceStore replaces the broker's store by an earlier copy.
func replaceStore(t *testing.T, s *brokertest.Server, backup string) {
	t.Helper()
	s.Kill()
	if err := os.RemoveAll(s.StoreDir()); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(s.StoreDir(), os.DirFS(backup)); err != nil {
		t.Fatal(err)
	}
	s.Restart(t)
}

// incarnation is that of the stream of the commit logs.
func incarnation(t *testing.T, nc *nats.Conn) string {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(t.Context(), txwire.LogStream().Name)
	if err != nil {
		t.Fatal(err)
	}
	return s.CachedInfo().Config.Metadata[wire.MetaIncarnation]
}

// await waits until ok is true.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(patience); !ok(); {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("timed out waiting for %s", what)
		}
	}
}

// The stream's store is replaced by an older one while everything is stopped.
// Coordinators that start then cannot detect that, and take missing commits for aborts;
// the journal knows, and does not accept that: the branch stays in doubt, also if an
// inquiry was answered before the stream was read, the participant is unhealthy and
// stops with an error that contains both sequences. Only when an operator accepts the
// stream as it is, the branch is aborted.
func TestStreamWentBackUnderJournal(t *testing.T) {
	server := newServer(t)
	cfg := config{participants.Config{Name: "wiser", InquireAfter: 20 * time.Millisecond}, filepath.Join(t.TempDir(), "journal.db")}
	p, cancel, ended := run(t, server.Connect(t), cfg, nothing{})
	store(t, server.Connect(t), 2)
	newVoter(t, server.Connect(t), "wiser").yes()
	backup := copyStore(t, server) // with the journal's only stamp
	nc := server.Connect(t)
	newest := store(t, nc, 5)
	await(t, "what is known to be durable", func() bool { return meta(t, p, "known") == strconv.FormatUint(newest, 10) })
	stop(t, cancel, ended)
	replaceStore(t, server, backup)

	// A coordinator that concludes from a seal in the older store.
	asked := make(chan struct{}, 1)
	seal := store(t, server.Connect(t), 1)
	if _, err := nc.Subscribe(txwire.SubjectResolve, func(m *nats.Msg) {
		_ = m.Respond(wire.Encode(txwire.Resolved{V: wire.Version, Status: txwire.StatusAborted, SealSeq: seal}))
		select {
		case asked <- struct{}{}:
		default:
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	var log lines
	cfg.Log, cfg.BehindFor = log.log(), 1500*time.Millisecond
	p, _, ended = run(t, server.Connect(t), cfg, nothing{})
	for range 2 { // the first answer has been processed
		<-asked
	}
	if c := p.Counts(); c.InDoubt != 1 || c.Aborted != 0 {
		t.Errorf("it counts %+v", c)
	}
	if err := p.Healthy(t.Context()); err == nil || !strings.Contains(err.Error(), "went back") {
		t.Errorf("its health is %v", err)
	}
	err := waitFor(t, ended)
	for _, want := range []string{txwire.LogStream().Name, "last sequence " + strconv.FormatUint(seal, 10), "at least " + strconv.FormatUint(newest, 10), "older"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("it ended with %v, which lacks %q", err, want)
		}
	}
	if !strings.Contains(log.String(), "no branch in doubt is aborted") {
		t.Errorf("nothing was logged: %s", log.String())
	}

	cfg.AcceptIncarnation = incarnation(t, server.Connect(t))
	p, cancel, ended = run(t, server.Connect(t), cfg, nothing{})
	await(t, "the abort", func() bool { return p.Counts().Aborted == 1 })
	stop(t, cancel, ended)
	cfg.AcceptIncarnation = ""
	p, _, _ = run(t, server.Connect(t), cfg, nothing{})
	if err := p.Healthy(t.Context()); err != nil {
		t.Errorf("after it was accepted its health is %v", err)
	}
}

// An older store is noticed by the journal's stamps, too, when new records have long
// taken the place of those that it lacks.
func TestStoreWentBackUnderStamps(t *testing.T) {
	server := newServer(t)
	cfg := config{participants.Config{Name: "stamped", InquireAfter: 20 * time.Millisecond}, filepath.Join(t.TempDir(), "journal.db")}
	_, cancel, ended := run(t, server.Connect(t), cfg, nothing{})
	stop(t, cancel, ended)
	backup := copyStore(t, server)
	_, cancel, ended = run(t, server.Connect(t), cfg, nothing{})
	v := newVoter(t, server.Connect(t), "stamped")
	v.yes()
	stop(t, cancel, ended)
	replaceStore(t, server, backup)
	nc := server.Connect(t)
	seal := store(t, nc, 20)

	var log lines
	cfg.Log, cfg.BehindFor = log.log(), 500*time.Millisecond
	_, _, ended = start(t, server.Connect(t), cfg, nothing{})
	err := waitFor(t, ended)
	for _, want := range []string{txwire.JournalStream().Name, " 1, it must be at least 2", "older"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("it ended with %v, which lacks %q", err, want)
		}
	}

	// The branch in doubt is aborted when an operator accepts that, also by a seal that is
	// older than its log was.
	if _, err := nc.Subscribe(txwire.SubjectResolve, func(m *nats.Msg) {
		_ = m.Respond(wire.Encode(txwire.Resolved{V: wire.Version, Status: txwire.StatusAborted, SealSeq: seal}))
	}); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	cfg.AcceptIncarnation = incarnation(t, nc)
	p, cancel, ended := run(t, server.Connect(t), cfg, nothing{})
	await(t, "the abort", func() bool { return p.Counts().Aborted == 1 })
	stop(t, cancel, ended)
	cfg.AcceptIncarnation = ""
	p, _, _ = run(t, server.Connect(t), cfg, nothing{})
	if err := p.Healthy(t.Context()); err != nil {
		t.Errorf("after it was accepted its health is %v", err)
	}
}
