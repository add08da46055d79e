package idworker_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/internal/lifecycle/roletest"

	"parley/idworker"
	"parley/idworker/lease"
	"parley/idworker/snowflake"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/idwire"
)

func TestGives(t *testing.T) {
	b := newHarness(t)
	p := b.ready(t, idworker.Config{})
	began := time.Now()
	one := request[idwire.IDs](t, b.nc, idwire.SubjectNext, nil)
	if one.Code != "" || len(one.IDs) != 1 {
		t.Fatalf("an empty request got %+v", one)
	}
	all := slices.Concat(one.IDs, b.next(t, 1), b.next(t, idwire.MaxIDs), b.next(t, 3))
	n := one.IDs[0].Worker()
	for i, id := range all {
		if id.Worker() != n || i > 0 && id <= all[i-1] {
			t.Fatalf("ID %d is %d/%d/%d, after %d", i, id.Timestamp(), id.Worker(), id.Sequence(), all[max(i-1, 0)])
		}
		if off := id.Time().Sub(began).Abs(); off > time.Minute {
			t.Fatalf("ID %d is of %v, asked for at %v", i, id.Time(), began)
		}
	}
	g := request[idwire.Grant](t, b.nc, idwire.SubjectGrant, wire.Encode(idwire.GrantRequest{V: wire.Version, Count: snowflake.MaxBlock}))
	if block := g.Block(); g.Code != "" || g.Worker != n || g.Count != snowflake.MaxBlock || block.At(0) <= all[len(all)-1] {
		t.Fatalf("granted %+v", g)
	}
	if id := b.next(t, 1)[0]; id <= g.Block().At(g.Count-1) {
		t.Errorf("after the block comes %d, whose last was %d", id, g.Block().At(g.Count-1))
	}

	s := b.states(t, 1)[0]
	issued := uint64(len(all) + g.Count + 1)
	if s.State != idwire.WorkerHolding || s.Worker == nil || *s.Worker != n || s.Issued != issued || s.Durability != "synced" || s.Reason != "" || s.ClockMS < -1000 || s.ClockMS > 1000 {
		t.Errorf("its state is %+v, want worker %d and %d issued", s, n, issued)
	}
	leases := b.leases(t)
	if l := leases[n]; len(leases) != 1 || l.State != idwire.LeaseHeld || l.Holder != s.Holder || l.Until <= all[0].Timestamp() {
		t.Errorf("the leases are %+v, its state is %+v", leases, s)
	}
	p.Drain()
	// What was given back begins right after what was used.
	last := b.record(t, n)
	if last.State != idwire.LeaseReleased || last.Holder != s.Holder || last.Until <= g.Block().At(g.Count-1).Timestamp() || last.Until > leases[n].Until+int64(quick().Reserve) {
		t.Errorf("after a drain the lease is %+v", last)
	}
	p.log.Await("claimed a worker number")
	if n := p.log.Count("claimed"); n != 1 {
		t.Errorf("the claim is logged %d times", n)
	}
}

// record reads the newest lease from the stream.
func (b *harness) record(t testing.TB, worker int) idwire.Lease {
	t.Helper()
	s, err := b.js.Stream(t.Context(), idwire.LeaseStream().Name)
	roletest.Must(t, err)
	raw, err := s.GetLastMsgForSubject(t.Context(), idwire.LeaseSubject(worker))
	roletest.Must(t, err)
	l, err := wire.Decode[idwire.Lease](raw.Data)
	roletest.Must(t, err)
	return l
}

// 32 processes have 32 different numbers; the 33rd reports that it stands by,
// takes no request, and takes over when one of the others goes.
func TestEveryNumberTaken(t *testing.T) {
	b := newHarness(t)
	var all []*process
	for range snowflake.MaxWorker + 1 {
		all = append(all, b.start(t, idworker.Config{Limits: slow()}))
	}
	for _, p := range all {
		p.AwaitReady()
	}
	late := b.ready(t, idworker.Config{Limits: slow()})
	late.log.Await("standing by")
	states := b.states(t, len(all)+1)
	slices.SortFunc(states, func(x, y idwire.IDWorkerState) int { return cmp.Compare(worker(x), worker(y)) })
	if s := states[0]; s.State != idwire.WorkerStandby || s.Worker != nil || !strings.Contains(s.Reason, "taken") {
		t.Errorf("the state of the 33rd is %+v", s)
	}
	holders := map[string]bool{}
	for n, s := range states[1:] {
		if s.State != idwire.WorkerHolding || worker(s) != n {
			t.Errorf("the state of number %d is %+v", n, s)
		}
		holders[s.Holder] = true
	}
	if len(holders) != len(all) {
		t.Errorf("%d holders", len(holders))
	}
	if l := b.leases(t); len(l) != len(all) {
		t.Errorf("%d leases", len(l))
	}
	for range 200 {
		b.next(t, 1)
	}

	gone := all[7]
	n := -1
	gone.Drain()
	b.until(t, "the 33rd to take over", len(all), func(s []idwire.IDWorkerState) bool {
		for _, s := range s {
			if s.Holder == states[0].Holder && s.State == idwire.WorkerHolding {
				n = worker(s)
				return true
			}
		}
		return false
	})
	if l := b.record(t, n); l.Holder != states[0].Holder || l.State != idwire.LeaseHeld {
		t.Errorf("the lease of %d is %+v", n, l)
	}
	late.log.Await("took over a worker number")
	if n := late.log.Count("standing by"); n != 1 {
		t.Errorf("it logged %d times that it stands by", n)
	}
}

// slow are limits for many processes on a busy machine, where a number must not
// pass while its holder waits for the processor.
func slow() lease.Limits {
	l := lease.DefaultLimits()
	l.Standby = 100
	return l
}

func worker(s idwire.IDWorkerState) int {
	if s.Worker == nil {
		return -1
	}
	return *s.Worker
}

// A process that dies leaves its number until its lease has passed. Who takes
// over begins where the lease ended.
func TestTakenOverFromTheDead(t *testing.T) {
	b := newHarness(t)
	first := b.ready(t, idworker.Config{Numbers: 1})
	second := b.ready(t, idworker.Config{Numbers: 1})
	second.log.Await("standing by")
	before := b.next(t, 100)
	first.Kill()
	held := b.record(t, 0)
	second.log.Await("took over a worker number", "worker=0")
	b.until(t, "the second to hold", 1, func(s []idwire.IDWorkerState) bool { return s[0].State == idwire.WorkerHolding })
	after := b.next(t, 100)
	if after[0].Timestamp() < held.Until || before[99].Timestamp() >= held.Until {
		t.Errorf("IDs up to %d before and from %d on after, the lease ended at %d", before[99].Timestamp(), after[0].Timestamp(), held.Until)
	}
	if l := b.record(t, 0); l.Holder == held.Holder || l.State != idwire.LeaseHeld {
		t.Errorf("the lease is %+v", l)
	}
}

// Drained and started again: the next holder of a number need not wait, and
// begins above what was used.
func TestHandedOver(t *testing.T) {
	b := newHarness(t)
	var last snowflake.ID
	for range 5 {
		p := b.ready(t, idworker.Config{Numbers: 1, Limits: slow()})
		ids := b.next(t, 1000)
		if ids[0] <= last {
			t.Fatalf("%d comes after %d", ids[0], last)
		}
		last = ids[len(ids)-1]
		p.Drain()
		if l := b.record(t, 0); l.State != idwire.LeaseReleased || l.Until <= last.Timestamp() {
			t.Fatalf("after %d of timestamp %d the lease is %+v", last, last.Timestamp(), l)
		}
	}
}

// On a broker that may forget what it acknowledged a claimant leaves out what
// may have been reserved.
func TestUnverifiedStartsLater(t *testing.T) {
	b := newHarness(t)
	began := snowflake.Timestamp(time.Now())
	b.startOn(t, idworker.Config{}, streams.Unverified).AwaitReady()
	if id := b.next(t, 1)[0]; id.Timestamp() < began+quick().Reserve-50 {
		t.Errorf("begun at %d, the first timestamp is %d", began, id.Timestamp())
	}
	if s := b.states(t, 1)[0]; s.Durability != "unverified" {
		t.Errorf("its state is %+v", s)
	}
}

// A lease that cannot be read is never taken over, and logged once.
func TestUnreadableLease(t *testing.T) {
	b := newHarness(t)
	b.putRaw(t, 0, []byte(`{"v":2,"worker":0}`))
	b.put(t, idwire.Lease{V: 1, Worker: 2, State: idwire.LeaseReleased, Until: 5, Holder: stranger, Nonce: stranger})
	other := wire.Encode(idwire.Lease{V: 1, Worker: 9, State: idwire.LeaseReleased, Until: 5, Holder: stranger, Nonce: stranger})
	b.putRaw(t, 1, other) // of another number
	holding := b.ready(t, idworker.Config{Numbers: 3})
	if id := b.next(t, 1)[0]; id.Worker() != 2 {
		t.Errorf("worker %d is used", id.Worker())
	}
	standby := b.ready(t, idworker.Config{Numbers: 3})
	standby.log.Await("standing by")
	standby.log.Await("cannot be read", "worker=0")
	standby.log.Await("cannot be read", "worker=1")
	if l := b.leases(t); len(l) != 1 {
		t.Errorf("the leases are %+v", l)
	}
	holding.Drain()
	standby.log.Await("took over a worker number", "worker=2")
	if n := standby.log.Count("cannot be read"); n != 2 {
		t.Errorf("it was logged %d times", n)
	}
}

func TestNewRefuses(t *testing.T) {
	b := newHarness(t)
	good := idworker.Deps{NATS: b.nc}
	for what, c := range map[string]struct {
		cfg  idworker.Config
		deps idworker.Deps
		part string
	}{
		"no connection":    {idworker.Config{}, idworker.Deps{}, "NATS"},
		"33 numbers":       {idworker.Config{Numbers: 33}, good, "33"},
		"less than none":   {idworker.Config{Numbers: -1}, good, "-1"},
		"a late extension": {idworker.Config{Limits: lease.Limits{Reserve: 10, Renew: 10, Ahead: 1, Warm: 1, Retry: 1, Standby: 1}}, good, "renew"},
		"negative drain":   {idworker.Config{DrainTimeout: -1}, good, "drain"},
	} {
		if _, err := idworker.New(c.cfg, c.deps); err == nil || !strings.Contains(err.Error(), c.part) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := idworker.New(idworker.Config{}, good); err != nil {
		t.Error(err)
	}
}

// Whatever happens to the stream under an idworker ends it, with an error that
// names the stream, what is wrong and what to do.
func TestStreamTakenAway(t *testing.T) {
	name := idwire.LeaseStream().Name
	remake := func(t *testing.T, b *harness) {
		roletest.Must(t, b.js.DeleteStream(t.Context(), name))
		if _, _, err := streams.Ensure(t.Context(), b.js, idwire.LeaseStream(), 1); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		what  string
		do    func(*testing.T, *harness)
		parts []string
	}{
		{"deleted", func(t *testing.T, b *harness) {
			roletest.Must(t, b.js.DeleteStream(t.Context(), name))
		}, []string{name, "does not exist", "parley init", "restore"}},
		{"recreated", remake, []string{name, wire.MetaIncarnation, "recreated", "restore"}},
		{"changed", func(t *testing.T, b *harness) {
			cfg := streams.Config(idwire.LeaseStream(), 1)
			s, err := b.js.Stream(t.Context(), name)
			roletest.Must(t, err)
			cfg.Metadata, cfg.MaxAge = s.CachedInfo().Config.Metadata, time.Hour
			if _, err := b.js.UpdateStream(t.Context(), cfg); err != nil {
				t.Fatal(err)
			}
		}, []string{name, "max_age 1h", "nats stream edit"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			b := newHarness(t)
			holding := b.ready(t, idworker.Config{Numbers: 1})
			standby := b.ready(t, idworker.Config{Numbers: 1})
			c.do(t, b)
			// Those that run may check before it is recreated, and find it missing.
			running := c.parts
			if c.what == "recreated" {
				running = []string{name, "restore"}
			}
			holding.fails(running...)
			standby.fails(running...)
			// Nor does another one start on it, unless it is as it should be: an
			// idworker that starts remembers no other stream.
			if c.what != "recreated" {
				b.start(t, idworker.Config{}).fails(c.parts...)
			}
		})
	}
}

// A process whose connection was closed ends, and is not taken for one that was
// stopped.
func TestConnectionClosed(t *testing.T) {
	b := newHarness(t)
	p := b.ready(t, idworker.Config{})
	p.NATS.Close()
	p.AwaitFailure("closed")
}
