package idworker_test

import (
	"strings"
	"testing"
	"time"

	"parley/idworker"
	"parley/idworker/snowflake"
	"parley/internal/hooks"
	"parley/wire"
	"parley/wire/idwire"
)

// holding reports whether every process holds a number.
func holding(all []idwire.IDWorkerState) bool {
	for _, s := range all {
		if s.State != idwire.WorkerHolding {
			return false
		}
	}
	return true
}

func refusing(all []idwire.IDWorkerState) bool { return all[0].State == idwire.WorkerRefusing }

// A clock an hour ahead makes no IDs: the number is released, the reason is logged,
// and requests go to others. When the clock is right again, so is the process,
// and nothing in the stream or among the IDs is from the future.
func TestClockAnHourAhead(t *testing.T) {
	b := newHarness(t)
	var c clock
	p := b.ready(t, idworker.Config{}, hooks.Hooks{Now: c.now})
	before := b.next(t, 10)
	c.put(time.Hour)
	// A request in that very moment waits, and is not answered from the future.
	msg, err := b.nc.Request(idwire.SubjectNext, nil, patience)
	if err == nil {
		if m, err := wire.Decode[idwire.IDs](msg.Data); err != nil || m.Code != wire.CodeUnavailable {
			t.Errorf("an hour ahead it answered %+v, %v", m, err)
		}
	}
	b.until(t, "a refusal", 1, refusing)
	s := b.states(t, 1)[0]
	if s.ClockMS < 3_590_000 || s.ClockMS > 3_610_000 || !strings.Contains(s.Reason, "ahead of the broker") {
		t.Errorf("its state is %+v", s)
	}
	p.log.Await("gives no IDs", "ahead of the broker")
	b.until(t, "the number to be given back", 1, func(s []idwire.IDWorkerState) bool { return s[0].Worker == nil })
	n := before[0].Worker()
	if l := b.record(t, n); l.State != idwire.LeaseReleased || l.Until > snowflake.Timestamp(time.Now())+quick().Reserve {
		t.Errorf("the lease is %+v", l)
	}
	if _, err := b.nc.Request(idwire.SubjectNext, nil, patience); err == nil {
		t.Error("a process without a right clock takes requests")
	}

	c.put(0)
	b.until(t, "the clock to be taken for right", 1, holding)
	after := b.next(t, 10)
	if after[0] <= before[9] && after[0].Worker() == n || time.Since(after[9].Time()).Abs() > time.Minute {
		t.Errorf("%d comes after %d, of %v", after[0], before[9], after[9].Time())
	}
	p.log.Await("the reason for giving no IDs has passed")
	if n := p.log.Count("gives no IDs", "ahead of the broker"); n != 1 {
		t.Errorf("the refusal was logged %d times", n)
	}
}

// A process that starts with such a clock claims nothing until it is right.
func TestStartsAnHourAhead(t *testing.T) {
	b := newHarness(t)
	var c clock
	c.put(time.Hour)
	p := b.ready(t, idworker.Config{}, hooks.Hooks{Now: c.now})
	if s := b.states(t, 1)[0]; s.State != idwire.WorkerRefusing || s.Worker != nil || !strings.Contains(s.Reason, "set it right") {
		t.Errorf("its state is %+v", s)
	}
	if l := b.leases(t); len(l) != 0 {
		t.Errorf("it wrote %+v", l)
	}
	c.put(0)
	p.log.Await("claimed a worker number")
	b.until(t, "the clock to be taken for right", 1, holding)
	b.next(t, 1)
}

// A clock that steps back an hour costs nothing: IDs go on, ascending, and keep
// up with the broker's time.
func TestClockStepsBack(t *testing.T) {
	b := newHarness(t)
	var c clock
	b.ready(t, idworker.Config{}, hooks.Hooks{Now: c.now})
	last := b.next(t, 10)[9]
	for _, off := range []time.Duration{-time.Hour, -3 * time.Hour, -time.Minute, 0, -24 * 365 * time.Hour} {
		c.put(off)
		ids := b.next(t, 100)
		if ids[0] <= last {
			t.Fatalf("the clock at %v: %d comes after %d", off, ids[0], last)
		}
		last = ids[99]
	}
	begun := snowflake.Timestamp(time.Now())
	b.until(t, "an extension", 1, func(s []idwire.IDWorkerState) bool { return s[0].Until > begun+quick().Reserve+quick().Renew })
	if id := b.next(t, 1)[0]; id.Timestamp() < begun {
		t.Errorf("%d ms after the clock stepped back, the timestamp is %d ms old", snowflake.Timestamp(time.Now())-begun, begun-id.Timestamp())
	}
}

// A number whose lease lies far in the future, from a broker whose clock was
// wrong, is passed over and reported; an operator retires it, and it is then
// listed so, and not reported any more.
func TestRetire(t *testing.T) {
	b := newHarness(t)
	far := snowflake.Timestamp(time.Now().AddDate(1, 0, 0))
	for _, l := range []idwire.Lease{
		{V: 1, Worker: 0, State: idwire.LeaseHeld, Until: far, Holder: stranger, Nonce: stranger},
		{V: 1, Worker: 1, State: idwire.LeaseReleased, Until: far + 1, Holder: stranger, Nonce: stranger},
	} {
		b.put(t, l)
	}
	p := b.ready(t, idworker.Config{Numbers: 3})
	if id := b.next(t, 1)[0]; id.Worker() != 2 {
		t.Errorf("worker %d is used", id.Worker())
	}
	b.ready(t, idworker.Config{Numbers: 3}).log.Await("far into the future", "worker=0", "parley id retire")

	retire := func(n int) idwire.Leases {
		return request[idwire.Leases](t, b.nc, idwire.SubjectRetire, wire.Encode(idwire.RetireRequest{V: wire.Version, Worker: n}))
	}
	for n := range 2 {
		for range 2 { // repeating does no harm
			m := retire(n)
			if m.Code != "" || len(m.Leases) != 1 || m.Leases[0].State != idwire.LeaseRetired || m.Leases[0].Worker != n || m.Leases[0].Until != far+int64(n) {
				t.Fatalf("retiring %d: %+v", n, m)
			}
		}
		if l := b.leases(t)[n]; l.State != idwire.LeaseRetired || l.Until != far+int64(n) || l.Holder == stranger {
			t.Errorf("the lease of %d is %+v", n, l)
		}
	}
	if m := retire(2); m.Code != wire.CodeRefused || !strings.Contains(m.Reason, "worker 2") {
		t.Errorf("retiring a number in use: %+v", m)
	}
	if m := retire(31); m.Code != wire.CodeNotFound || !strings.Contains(m.Reason, "worker 31") || m.Leases == nil {
		t.Errorf("retiring a number that was never held: %+v", m)
	}
	third := b.ready(t, idworker.Config{Numbers: 3})
	third.log.Await("standing by")
	if n := third.log.Count("far into the future"); n != 0 {
		t.Error("a retired number is reported")
	}
	p.Drain()
	b.until(t, "a number to be taken over", 2, func(s []idwire.IDWorkerState) bool {
		return s[0].State == idwire.WorkerHolding || s[1].State == idwire.WorkerHolding
	})
	if id := b.next(t, 1)[0]; id.Worker() != 2 {
		t.Errorf("the retired worker %d is used", id.Worker())
	}
}

// A retired number whose time has come is used again, from where it ended.
func TestRetiredNumberReturns(t *testing.T) {
	b := newHarness(t)
	past := snowflake.Timestamp(time.Now()) + 200
	b.put(t, idwire.Lease{V: 1, Worker: 0, State: idwire.LeaseRetired, Until: past, Holder: stranger, Nonce: stranger})
	b.start(t, idworker.Config{Numbers: 1}).log.Await("worker number", "worker=0")
	b.until(t, "the number to be used", 1, holding)
	if id := b.next(t, 1)[0]; id.Timestamp() < past {
		t.Errorf("timestamp %d is used, retired until %d", id.Timestamp(), past)
	}
}
