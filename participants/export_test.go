package participants

import (
	"context"
	"testing"
	"time"

	"parley/participants/sqlite"

	"parley/internal/streams"
	"parley/wire"
	"parley/wire/txwire"
)

// Harness is a journal with its committer and without NATS.
type Harness struct {
	s     *service
	done  chan struct{}
	reply func(id txwire.ID, vote *txwire.Vote, ack *txwire.Ack)
}

// JournalConfig is the configuration of a participant and the file of its journal.
type JournalConfig struct {
	Config
	Path string
}

// role is a participant with the journal.
func (c JournalConfig) role(r Resource[*sqlite.Tx]) (*role, error) {
	cfg, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	db := sqlite.File(c.Path)
	j, err := db.Open(cfg.Log)
	if err != nil {
		return nil, err
	}
	return newRole(cfg, Deps{}, j, untyped[*sqlite.Tx]{db, r}), nil
}

// open opens the journal alone.
func (c JournalConfig) open(incarnation string) (*journal, error) {
	p, err := c.role(nil)
	if err != nil {
		return nil, err
	}
	return openJournal(context.Background(), p.db, &p.cfg, streams.Info{Incarnation: incarnation})
}

// NewHarness opens one; reply is called for every durable answer.
func NewHarness(t testing.TB, cfg JournalConfig, r Resource[*sqlite.Tx], reply func(txwire.ID, *txwire.Vote, *txwire.Ack)) *Harness {
	t.Helper()
	p, err := cfg.role(r)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.open(t.Context(), streams.Info{Incarnation: "test"})
	if err != nil {
		t.Fatal(err)
	}
	h := &Harness{s: s, done: make(chan struct{}), reply: reply}
	go s.committer().run(context.Background())
	go h.answer()
	t.Cleanup(h.Close)
	return h
}

func (h *Harness) answer() {
	defer close(h.done)
	for group := range h.s.durable {
		for _, o := range group {
			h.reply(o.id, o.step.Vote, o.step.Ack)
		}
	}
}

// Close drains. It may be called twice.
func (h *Harness) Close() {
	select {
	case <-h.done:
		return
	default:
	}
	h.s.queue.close()
	<-h.done
	_ = h.s.journal.close()
}

func (h *Harness) Journal() string { return h.s.journal.id }
func (h *Harness) Counts() Counts  { return h.s.Counts() }

func (h *Harness) Prepare(id txwire.ID, m txwire.Prepare) bool {
	return h.s.queue.put(newPrepare(id, m))
}

func (h *Harness) Commit(id txwire.ID, m txwire.Commit) bool { return h.s.queue.put(newCommit(id, m)) }

// List answers a query for branches.
func (h *Harness) List(ctx context.Context, q txwire.BranchQuery) (txwire.Branches, error) {
	q.V = wire.Version
	h.s.running.Store(h.s)
	defer h.s.running.Store(nil)
	return wire.Decode[txwire.Branches](h.s.listBranches(ctx, wire.Encode(q)))
}

// Collect makes one pass as if the time were now, and the journal had been open
// all the time until then.
func (h *Harness) Collect(ctx context.Context, now time.Time) error {
	return h.CollectAt(ctx, now, time.Until(now))
}

// CollectAt makes one pass as if the wall clock showed now, and the journal had
// been open for a while longer than it was.
func (h *Harness) CollectAt(ctx context.Context, now time.Time, longer time.Duration) error {
	g := newCollector(h.s)
	g.now, g.opened = func() time.Time { return now }, func() int64 { return h.s.journal.opened.now() + longer.Milliseconds() }
	return g.pass(ctx)
}
