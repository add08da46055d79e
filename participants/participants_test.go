package participants_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"parley/participants/sqlite"

	"parley/broker/brokertest"
	"parley/internal/hooks"
	"parley/natsconn"
	"parley/participants"
	"parley/participants/participanttest"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if participants.IsWALProcess() {
		participants.WALProcess()
	}
	goleak.VerifyTestMain(m)
}

func TestIsolation(t *testing.T) {
	participanttest.Isolate(t, brokertest.Run(t).Connect)
}

const patience = 2 * time.Minute

// newServer has the streams.
func newServer(t *testing.T) *brokertest.Server {
	t.Helper()
	s := brokertest.Run(t)
	participanttest.Streams(t, s.Connect(t))
	return s
}

// run starts a participant and waits until it is ready.
// config is the configuration of a participant and the file of its journal.
type config = participants.JournalConfig

func run(t *testing.T, nc *nats.Conn, cfg config, r participants.Resource[*sqlite.Tx], h ...hooks.Hooks) (p *participants.Participant[*sqlite.Tx], cancel func(), ended chan error) {
	t.Helper()
	p, cancel, ended = start(t, nc, cfg, r, h...)
	awaitReady(t, p, ended)
	return p, cancel, ended
}

// start starts a participant.
func start(t *testing.T, nc *nats.Conn, cfg config, r participants.Resource[*sqlite.Tx], h ...hooks.Hooks) (p *participants.Participant[*sqlite.Tx], cancel func(), ended chan error) {
	t.Helper()
	p, err := participants.New(cfg.Config, participants.Deps{NATS: nc}, sqlite.File(cfg.Path), r)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	for _, h := range h {
		ctx = hooks.With(ctx, h)
	}
	ended = make(chan error, 1)
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		ended <- p.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-closed // its files are in a directory of the test
	})
	return p, cancel, ended
}

func awaitReady(t *testing.T, p *participants.Participant[*sqlite.Tx], ended chan error) {
	t.Helper()
	select {
	case <-p.Ready():
	case err := <-ended:
		t.Fatalf("Run ended with %v", err)
	case <-time.After(patience):
		t.Fatal("the participant is not ready")
	}
}

func waitFor(t *testing.T, ended chan error) error {
	t.Helper()
	select {
	case err := <-ended:
		return err
	case <-time.After(patience):
		t.Fatal("Run did not end")
		return nil
	}
}

func prepareMessage(name string, n int) *nats.Msg {
	id := txwire.ID{Log: "testlogtestloga2", N: uint64(n)}
	m := nats.NewMsg(txwire.Subject(txwire.KindPrepare, name, id))
	m.Data = wire.Encode(txwire.Prepare{
		V: wire.Version, Key: "key-" + id.String(), Digest: "0123456789abcdef0123456789abcdef",
		DecideBy: time.Now().Add(time.Hour).UnixMilli(), OpenSeq: 1, Payload: json.RawMessage("{}"),
	})
	return m
}

// Every prepare that was taken before the drain is answered, and its answer
// is durable; the rest is left to others.
func TestDrainAnswersWhatItTook(t *testing.T) {
	server := newServer(t)
	cfg := config{participants.Config{Name: "drained"}, filepath.Join(t.TempDir(), "journal.db")}
	_, cancel, ended := run(t, server.Connect(t), cfg, nothing{})
	nc := server.Connect(t)
	votes, err := nc.SubscribeSync("tx.vote.drained.>")
	if err != nil {
		t.Fatal(err)
	}
	const total = 2000
	for i := range total {
		if err := nc.PublishMsg(prepareMessage("drained", i+1)); err != nil {
			t.Fatal(err)
		}
		if i == total/2 {
			cancel()
		}
	}
	if err := waitFor(t, ended); err != nil {
		t.Fatal(err)
	}
	p, cancel, ended := run(t, server.Connect(t), cfg, nothing{})
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	got, _, err := votes.Pending()
	if err != nil {
		t.Fatal(err)
	}
	if held := p.Counts().InDoubt; held != got {
		t.Errorf("%d branches are prepared and %d votes were sent", held, got)
	}
	t.Logf("%d of %d were taken", got, total)
	cancel()
	if err := waitFor(t, ended); err != nil {
		t.Fatal(err)
	}
}

func TestRunEndsWithItsConnection(t *testing.T) {
	server := newServer(t)
	nc := server.Connect(t)
	_, _, ended := run(t, nc, config{participants.Config{Name: "cut"}, filepath.Join(t.TempDir(), "journal.db")}, nothing{})
	nc.Close()
	if err := waitFor(t, ended); err == nil {
		t.Error("Run returned nil, though its connection was closed")
	}
}

// A broker that is slow to start, or restarts at that moment, does not end a
// participant that starts: it waits, at most until it is cancelled.
func TestStartsWithoutTheBroker(t *testing.T) {
	server := newServer(t)
	cfg := config{participants.Config{Name: "early", DrainTimeout: time.Second}, filepath.Join(t.TempDir(), "journal.db")}
	nc := server.Connect(t)
	waiting := func() (p *participants.Participant[*sqlite.Tx], cancel func(), ended chan error) {
		t.Helper()
		server.Kill()
		p, cancel, ended = start(t, nc, cfg, nothing{})
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for late := time.After(patience); nc.NumSubscriptions() == 0; {
			select {
			case <-tick.C:
			case err := <-ended:
				t.Fatalf("Run ended with %v", err)
			case <-late:
				t.Fatal("it does not subscribe")
			}
		}
		return p, cancel, ended
	}
	_, cancel, ended := waiting()
	cancel()
	if err := waitFor(t, ended); err != nil {
		t.Errorf("stopped while it waited: %v", err)
	}
	server.Restart(t)
	if err := natsconn.Flush(t.Context(), nc); err != nil { // what it unsubscribed
		t.Fatal(err)
	}
	p, cancel, ended := waiting()
	server.Restart(t)
	awaitReady(t, p, ended)
	cancel()
	if err := waitFor(t, ended); err != nil {
		t.Error(err)
	}
}

func TestSurvivesTheBroker(t *testing.T) {
	server := newServer(t)
	_, cancel, ended := run(t, server.Connect(t), config{participants.Config{Name: "patient"}, filepath.Join(t.TempDir(), "journal.db")}, nothing{})
	nc := server.Connect(t)
	server.Kill()
	server.Restart(t)
	// A coordinator repeats its prepare until the vote arrives.
	votes := make(chan *nats.Msg, 1)
	if _, err := nc.ChanSubscribe("tx.vote.patient.>", votes); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for voted := false; !voted; {
		select {
		case <-tick.C:
			_ = nc.PublishMsg(prepareMessage("patient", 1)) // fails while it reconnects
		case <-votes:
			voted = true
		case <-end:
			t.Fatal("no vote after the broker restarted")
		}
	}
	cancel()
	if err := waitFor(t, ended); err != nil {
		t.Error(err)
	}
}

func TestServiceIsDiscovered(t *testing.T) {
	server := newServer(t)
	_, cancel, ended := run(t, server.Connect(t), config{participants.Config{Name: "found"}, filepath.Join(t.TempDir(), "journal.db")}, nothing{})
	nc := server.Connect(t)
	for verb, into := range map[string]any{"PING": &micro.Ping{}, "INFO": &micro.Info{}, "STATS": &micro.Stats{}} {
		m, err := nc.Request("$SRV."+verb+".found", nil, patience)
		if err != nil {
			t.Fatalf("%s: %v", verb, err)
		}
		if err := json.Unmarshal(m.Data, into); err != nil {
			t.Errorf("%s: %v in %s", verb, err, m.Data)
		}
		if info, ok := into.(*micro.Info); ok && (len(info.Endpoints) != 3 || info.Endpoints[0].Subject != txwire.BranchSubject("found")) {
			t.Errorf("endpoints are %+v", info.Endpoints)
		}
	}
	m, err := nc.Request(txwire.BranchSubject("found"), []byte(`{"v":1,"nonsense":2}`), patience)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := wire.Decode[txwire.Branches](m.Data); err != nil || b.Code != wire.CodeInvalid || b.Participant != "found" {
		t.Errorf("a malformed query is answered %+v, %v", b, err)
	}
	cancel()
	if err := waitFor(t, ended); err != nil {
		t.Error(err)
	}
}

// The steps of one branch, in order.
func TestSteps(t *testing.T) {
	server := newServer(t)
	points := make(chan string, 16)
	cfg := config{participants.Config{Name: "stepped"}, filepath.Join(t.TempDir(), "journal.db")}
	h := hooks.Hooks{Step: func(p string) { points <- p }}
	p, cancel, ended := run(t, server.Connect(t), cfg, nothing{}, h)
	nc := server.Connect(t)
	expect := func(want ...string) {
		t.Helper()
		for _, w := range want {
			select {
			case got := <-points:
				if got != w {
					t.Fatalf("the step is %s, want %s", got, w)
				}
			case <-time.After(patience):
				t.Fatalf("%s never arrived", w)
			}
		}
	}
	if err := nc.PublishMsg(prepareMessage("stepped", 1)); err != nil {
		t.Fatal(err)
	}
	expect(participants.StepPrepareBeforeCommit, participants.StepPrepareAfterCommit, participants.StepVoteSent)
	id := txwire.ID{Log: "testlogtestloga2", N: 1}
	abort := wire.Encode(txwire.Abort{V: wire.Version, Key: "key-" + id.String(), Digest: "0123456789abcdef0123456789abcdef", DecideBy: time.Now().UnixMilli()})
	if err := nc.Publish(txwire.Subject(txwire.KindAbort, "stepped", id), abort); err != nil {
		t.Fatal(err)
	}
	expect(participants.StepOutcomeBeforeCommit, participants.StepOutcomeAfterCommit, participants.StepAckSent)
	if c := p.Counts(); c.Prepared != 1 || c.Aborted != 1 || c.InDoubt != 0 {
		t.Errorf("counts are %+v", c)
	}
	cancel()
	if err := waitFor(t, ended); err != nil {
		t.Error(err)
	}
}
