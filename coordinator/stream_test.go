package coordinator_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"parley/internal/lifecycle/roletest"

	"parley/broker/brokertest"
	"parley/coordinator"
	"parley/coordinator/txlog"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func (s *harness) remake(t *testing.T) {
	t.Helper()
	roletest.Must(t, s.js.DeleteStream(t.Context(), txwire.LogStream().Name))
	brokertest.Stream(t, s.js.Conn(), txwire.LogStream(), 1)
}

// Whatever happens to the stream under a coordinator ends it, with an error
// that names the stream, what is wrong and what to do.
func TestStreamTakenAway(t *testing.T) {
	t.Parallel()
	name := txwire.LogStream().Name
	for _, c := range []struct {
		what  string
		do    func(*testing.T, *harness)
		parts []string
	}{
		{"deleted", func(t *testing.T, s *harness) {
			roletest.Must(t, s.js.DeleteStream(t.Context(), name))
		}, []string{name, "does not exist", "parley init", "restore"}},
		{"recreated", func(t *testing.T, s *harness) { s.remake(t) }, []string{name, wire.MetaIncarnation, "recreated", "restore"}},
		{"changed", func(t *testing.T, s *harness) {
			cfg := streams.Config(txwire.LogStream(), 1)
			info, err := s.js.Stream(t.Context(), name)
			roletest.Must(t, err)
			cfg.Metadata, cfg.AllowDirect = info.CachedInfo().Config.Metadata, true
			if _, err := s.js.UpdateStream(t.Context(), cfg); err != nil {
				t.Fatal(err)
			}
		}, []string{name, "allow_direct true", "false", "nats stream edit"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := newHarness(t)
			p := s.coordinator(t, coordinator.Config{})
			c.do(t, s)
			p.AwaitFailure(c.parts...)
		})
	}
}

// The stream is deleted and recreated while branches of a dead coordinator are
// in doubt, one of them perhaps committed: no answer reports that they aborted. An
// empty stream is not an empty log. (Without the check of the incarnation after
// a seal, a coordinator answers "aborted" in the second before it notices.)
func TestNoAnswerFromStreamMadeAnew(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	// The old stream's seals have sequences above those of the new one.
	const old = 200
	for range old {
		if _, err := s.js.Publish(t.Context(), txwire.LogSubject(fillerLog), nil); err != nil {
			t.Fatal(err)
		}
	}
	s.posesAsOwner(t, fillerLog)
	p := s.coordinator(t, coordinator.Config{})
	nc := s.Connect(t)
	inbox := nc.NewInbox()
	sealed := make(chan uint64, 256)
	_, err := nc.Subscribe(inbox, func(msg *nats.Msg) {
		if r, err := wire.Decode[txwire.Resolved](msg.Data); err == nil && r.Status == txwire.StatusAborted {
			sealed <- r.SealSeq
		}
	})
	roletest.Must(t, err)
	// Each question is about another log, so that each has its own seal, at
	// another moment around the new stream's birth.
	tick := time.NewTicker(15 * time.Millisecond)
	defer tick.Stop()
	const questions = 100
	for i := range questions {
		<-tick.C
		if i == questions*3/4 {
			s.remake(t)
		}
		log := strings.Repeat(string(rune('a'+i%26)), 15) + string(rune('a'+i/26))
		q := txwire.Resolve{V: 1, ID: txwire.ID{Log: log, N: 1}, Participant: "delivery", Journal: journal("delivery"), DecideBy: 1}
		roletest.Must(t, nc.PublishRequest(txwire.SubjectResolve, inbox, wire.Encode(q)))
	}
	p.AwaitFailure(txwire.LogStream().Name)
	roletest.Must(t, nc.Flush())
	t.Logf("%d answers before", len(sealed))
	for len(sealed) > 0 {
		if seq := <-sealed; seq <= old {
			t.Errorf("the answer reports an abort, proven by the seal at %d of a recreated stream", seq)
		}
	}
}

// A full commit log: submissions get "busy" from the soft limit on, an append
// that finds no room at all is repeated until there is some, nothing is
// answered wrongly, and with space everything goes on.
func TestStreamFull(t *testing.T) {
	t.Parallel()
	spec := txwire.LogStream()
	spec.MaxBytes = spec.MinBytes
	s := newHarnessOn(t, spec)
	nc := s.Connect(t)
	inventory, delivery := newFake(t, nc, "inventory"), newFake(t, nc, "delivery")
	s.coordinator(t, coordinator.Config{SlowAppend: 100 * time.Millisecond})
	client := newClient(t, nc)
	filler := s.fillers(t)

	// One transaction is under way, its votes held back, when it gets full.
	delivery.set(func(f *fake) { f.silent = true })
	held := order("early")
	held.Timeout = 10 * time.Minute
	early := submit(t, client, held)
	inventory.first()
	filler.fill(t, spec.MaxBytes)
	busy := func(key string) bool {
		o := requestSubmit(t, nc, order(key))
		return o.Status == txwire.StatusRejected && o.Code == wire.CodeBusy && strings.Contains(o.Reason, "full")
	}
	eventually(t, "a submission to be refused", func() bool { return busy("refused") })
	delivery.set(func(f *fake) { f.silent = false }) // the resent prepare is answered
	eventually(t, "the early vote", func() bool { return delivery.count(txwire.BranchPrepared) == 1 })
	late := submit(t, client, order("late"))
	if !busy("refused again") {
		t.Error("a full log takes submissions")
	}
	eventually(t, "the coordinator to report the append", func() bool { return strings.Contains(reason(t, nc), "no definite answer") })
	select {
	case r := <-early:
		t.Fatalf("answered while the log was full: %+v, %v", r.o, r.err)
	default:
	}
	if n := inventory.count(txwire.BranchCommitted) + delivery.count(txwire.BranchCommitted); n != 0 {
		t.Errorf("%d branches committed without room for the commit", n)
	}

	filler.purge(t)
	for what, answer := range map[string]<-chan result{"early": early, "late": late} {
		r := <-answer
		if r.err != nil || r.o.Status != txwire.StatusCommitted {
			t.Fatalf("%s: got %+v, %v", what, r.o, r.err)
		}
		inventory.await(r.o.ID, txwire.BranchCommitted)
		delivery.await(r.o.ID, txwire.BranchCommitted)
	}
	eventually(t, "the coordinator to report that it works again", func() bool { return reason(t, nc) == "" })
}

// fillers write records into a log of their own and answer as its owner, so
// that nobody adopts it.
type fillers struct {
	s   *harness
	log *txlog.Log
}

const fillerLog = "fillerfillerfill"

func (s *harness) fillers(t *testing.T) *fillers {
	t.Helper()
	l, err := txlog.Open(t.Context(), s.js, slog.New(slog.DiscardHandler))
	roletest.Must(t, err)
	s.posesAsOwner(t, fillerLog)
	return &fillers{s: s, log: l}
}

// fill publishes until the broker reports that the stream is full, in pieces that
// get smaller, so that no room is left for a record.
func (f *fillers) fill(t *testing.T, atLeast int64) {
	t.Helper()
	written := int64(0)
	for size := txwire.MaxRecord; size > 100; {
		_, err := f.s.js.Publish(t.Context(), txwire.LogSubject(fillerLog), make([]byte, size))
		if err == nil {
			written += int64(size)
			continue
		}
		if api, ok := errors.AsType[*jetstream.APIError](err); !ok || api.ErrorCode != 10077 {
			t.Fatal(err)
		}
		size /= 4
	}
	if written < atLeast*9/10 {
		t.Fatalf("the stream is full with %d bytes, of %d", written, atLeast)
	}
}

func (f *fillers) purge(t *testing.T) {
	t.Helper()
	roletest.Must(t, f.log.Purge(t.Context(), fillerLog, 0))
}
