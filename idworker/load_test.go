package idworker_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/internal/lifecycle/roletest"

	"parley/idworker"
	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/idwire"

	"github.com/nats-io/nats.go"
)

// load are clients that request IDs until they are stopped, each in its
// own way, and what they were given.
type load struct {
	t      *testing.T
	stop   context.CancelFunc
	ended  sync.WaitGroup
	served atomic.Int64 // answers with IDs
	none   atomic.Int64 // answers without, and none at all
	mu     sync.Mutex
	blocks []snowflake.Block
}

func (b *harness) load(t *testing.T, clients int) *load {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	l := &load{t: t, stop: stop}
	t.Cleanup(func() { l.stop(); l.ended.Wait() })
	for i := range clients {
		nc := b.connect(t)
		l.ended.Go(func() { l.ask(ctx, nc, i) })
	}
	return l
}

// ask is one client. Of three, one wants single IDs, one many, one blocks.
func (l *load) ask(ctx context.Context, nc *nats.Conn, i int) {
	var last snowflake.ID
	by := map[int]snowflake.ID{} // the last one of each worker
	for ctx.Err() == nil {
		one, cancel := context.WithTimeout(ctx, 2*time.Second)
		blocks, err := get(one, nc, i)
		cancel()
		if err != nil {
			if ctx.Err() == nil {
				l.none.Add(1)
			}
			continue
		}
		for _, b := range blocks {
			if first := b.At(0); first <= by[b.Worker] {
				l.t.Errorf("client %d was given %d of worker %d after %d", i, first, b.Worker, last)
			}
			by[b.Worker] = b.At(b.Count - 1)
		}
		l.mu.Lock()
		l.blocks = append(l.blocks, blocks...)
		l.mu.Unlock()
		l.served.Add(1)
	}
}

// get asks once.
func get(ctx context.Context, nc *nats.Conn, i int) ([]snowflake.Block, error) {
	if i%3 == 2 {
		msg, err := nc.RequestWithContext(ctx, idwire.SubjectGrant, wire.Encode(idwire.GrantRequest{V: wire.Version, Count: 1 + 977*i}))
		if err != nil {
			return nil, err
		}
		g, err := wire.Decode[idwire.Grant](msg.Data)
		if err == nil && g.Code != "" {
			err = errors.New(g.Reason)
		}
		return []snowflake.Block{g.Block()}, err
	}
	msg, err := nc.RequestWithContext(ctx, idwire.SubjectNext, wire.Encode(idwire.Request{V: wire.Version, Count: 1 + 99*(i%3)}))
	if err != nil {
		return nil, err
	}
	m, err := wire.Decode[idwire.IDs](msg.Data)
	if err == nil && m.Code != "" {
		err = errors.New(m.Reason)
	}
	var blocks []snowflake.Block
	for _, id := range m.IDs {
		blocks = append(blocks, snowflake.Block{Worker: id.Worker(), Start: snowflake.Counter(id.Timestamp(), id.Sequence()), Count: 1})
	}
	return blocks, err
}

// grow waits until so many more requests had IDs.
func (l *load) grow(n int64) {
	l.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(2 * patience)
	for want := l.served.Load() + n; l.served.Load() < want; {
		select {
		case <-tick.C:
		case <-late:
			l.t.Fatalf("%d requests had IDs, %d had none, and it does not go on", l.served.Load(), l.none.Load())
		}
	}
}

// end stops the clients and sees that no two blocks overlap.
func (l *load) end() {
	l.t.Helper()
	l.stop()
	l.ended.Wait()
	slices.SortFunc(l.blocks, func(a, b snowflake.Block) int {
		if a.Worker != b.Worker {
			return a.Worker - b.Worker
		}
		return int(a.Start - b.Start)
	})
	ids, workers := 0, map[int]bool{}
	for i, b := range l.blocks {
		ids += b.Count
		workers[b.Worker] = true
		if i == 0 || l.blocks[i-1].Worker != b.Worker {
			continue
		}
		if before := l.blocks[i-1]; before.Start+int64(before.Count) > b.Start {
			l.t.Fatalf("worker %d gave %d and %d again", b.Worker, before.At(before.Count-1), b.At(0))
		}
	}
	l.t.Logf("%d IDs of %d workers in %d answers, no duplicate; %d requests had none", ids, len(workers), l.served.Load(), l.none.Load())
}

// Many clients at many processes.
func TestNoDuplicates(t *testing.T) {
	b := newHarness(t)
	for range 3 {
		b.ready(t, idworker.Config{Limits: slow()})
	}
	l := b.load(t, 12)
	l.grow(2000)
	l.end()
}

// The broker is killed and started again under load, three times; processes
// come and go meanwhile, with fewer numbers than processes.
func TestBrokerRestartsUnderLoad(t *testing.T) {
	b := newHarness(t)
	var all []*process
	for range 4 {
		all = append(all, b.ready(t, idworker.Config{Numbers: 3}))
	}
	l := b.load(t, 6)
	l.grow(200)
	for i := range 3 {
		b.server.Kill()
		b.server.Restart(t)
		l.grow(200)
		if i == 1 {
			all[i].Drain()
		} else {
			all[i].Kill()
		}
		l.grow(200)
		b.start(t, idworker.Config{Numbers: 3})
	}
	l.end()
}

// Three brokers: the leader of the leases steps down under load, and then dies.
func TestLeaderChangesUnderLoad(t *testing.T) {
	b := newCluster(t)
	stream := idwire.LeaseStream().Name
	for range 3 {
		b.ready(t, idworker.Config{Limits: slow(), Numbers: 3})
	}
	l := b.load(t, 6)
	l.grow(200)
	for range 4 {
		roletest.Must(t, b.cluster.StepDown(t, stream))
		l.grow(200)
	}
	leader := b.cluster.StreamLeader(t, stream)
	b.cluster.KillNode(leader)
	l.grow(200)
	b.cluster.RestartNode(t, leader)
	l.grow(200)
	l.end()
}

// Numbers are handed over and over, by processes that are stopped and killed.
func TestHandOversUnderLoad(t *testing.T) {
	b := newHarness(t)
	all := []*process{b.ready(t, idworker.Config{Numbers: 2}), b.ready(t, idworker.Config{Numbers: 2})}
	l := b.load(t, 6)
	for i := range 12 {
		all = append(all, b.start(t, idworker.Config{Numbers: 2}))
		if i%3 == 2 {
			all[i].Kill()
		} else {
			all[i].Drain()
		}
		l.grow(100)
	}
	l.end()
}

// A process that stops answers every request that has reached it;
// the broker refuses those that come later.
func TestDrainAnswersWhatArrived(t *testing.T) {
	b := newHarness(t)
	p := b.ready(t, idworker.Config{})
	const requests = 20_000
	answers := make(chan *nats.Msg, requests)
	inbox := b.nc.NewInbox()
	if _, err := b.nc.ChanSubscribe(inbox, answers); err != nil {
		t.Fatal(err)
	}
	for i := range requests {
		roletest.Must(t, b.nc.PublishRequest(idwire.SubjectNext, inbox, nil))
		if i == requests/4 {
			p.Stop()
		}
	}
	ids, refused := map[snowflake.ID]bool{}, 0
	late := time.After(patience)
	for range requests {
		select {
		case msg := <-answers:
			if len(msg.Data) == 0 && msg.Header.Get("Status") == "503" {
				refused++
				continue
			}
			m, err := wire.Decode[idwire.IDs](msg.Data)
			if err != nil || m.Code != "" || ids[m.IDs[0]] {
				t.Fatalf("answered %+v, %v", m, err)
			}
			ids[m.IDs[0]] = true
		case <-late:
			t.Fatalf("%d of %d requests were answered, %d had nobody", len(ids), requests, refused)
		}
	}
	p.Drain()
	t.Logf("%d were answered, %d had nobody", len(ids), refused)
}

// The broker is away for longer than the lease: the process reports that it gives
// no IDs, and goes on with its number when the broker is back.
func TestBrokerAwayLongerThanTheLease(t *testing.T) {
	b := newHarness(t)
	p := b.ready(t, idworker.Config{})
	l := b.load(t, 3)
	l.grow(50)
	b.server.Kill()
	p.log.Await("gives no IDs", "the broker has not confirmed more")
	b.server.Restart(t)
	l.grow(50)
	l.end()
	if n := p.log.Count("claimed a worker number"); n != 1 {
		t.Errorf("a number was claimed %d times", n)
	}
}

// The stream is lost while requests wait: the process ends all the same, and
// reports them.
func TestStreamLostWhileRequestsWait(t *testing.T) {
	b := newHarness(t)
	p := b.ready(t, idworker.Config{Limits: slow()})
	const requests = 500
	answers := make(chan *nats.Msg, requests)
	inbox := b.nc.NewInbox()
	if _, err := b.nc.ChanSubscribe(inbox, answers); err != nil {
		t.Fatal(err)
	}
	for range requests {
		roletest.Must(t, b.nc.PublishRequest(idwire.SubjectGrant, inbox, wire.Encode(idwire.GrantRequest{V: wire.Version, Count: snowflake.MaxBlock})))
	}
	<-answers // they have begun to arrive
	roletest.Must(t, b.js.DeleteStream(t.Context(), idwire.LeaseStream().Name))
	p.fails(idwire.LeaseStream().Name)
	for n := range requests - 1 {
		select {
		case <-answers:
		case <-time.After(patience):
			t.Fatalf("%d of %d requests were answered", n+1, requests)
		}
	}
}

// Far more is wanted than there is time for: a second's worth is given at once,
// then as time gives more, the rest is refused, and nothing is given twice.
func TestBusy(t *testing.T) {
	b := newHarness(t)
	b.ready(t, idworker.Config{Limits: slow()})
	const requests = 2 * 1024
	answers := make(chan *nats.Msg, requests)
	inbox := b.nc.NewInbox()
	if _, err := b.nc.ChanSubscribe(inbox, answers); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for range requests {
		roletest.Must(t, b.nc.PublishRequest(idwire.SubjectGrant, inbox, wire.Encode(idwire.GrantRequest{V: wire.Version, Count: snowflake.MaxBlock})))
	}
	granted, full, late := 0, 0, 0
	var end int64
	for range requests {
		select {
		case msg := <-answers:
			g, err := wire.Decode[idwire.Grant](msg.Data)
			switch {
			case err != nil:
				t.Fatal(err)
			case g.Code == "":
				if g.Start < end {
					t.Fatalf("granted from %d on after %d", g.Start, end)
				}
				granted, end = granted+g.Count, g.Start+int64(g.Count)
			case g.Code == wire.CodeBusy && strings.Contains(g.Reason, "1024 requests wait"):
				full++
			case g.Code == wire.CodeBusy && strings.Contains(g.Reason, "the demand exceeds"):
				late++
			default:
				t.Fatalf("answered %+v", g)
			}
		case <-time.After(patience):
			t.Fatalf("%d IDs were granted, %d and %d requests refused, and some not answered", granted, full, late)
		}
	}
	took := time.Since(began)
	if most := 4096 * (took.Milliseconds() + 1000); int64(granted) < 5_000_000 || int64(granted) > most+snowflake.MaxBlock {
		t.Errorf("%d IDs were granted in %v, the most is %d", granted, took, most)
	}
	if full == 0 || late == 0 {
		t.Errorf("%d requests found the room full, %d waited in vain", full, late)
	}
	t.Logf("%d IDs granted in %v; %d requests found the room full, %d waited in vain", granted, took, full, late)
	b.next(t, 1)
}
