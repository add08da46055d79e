package lease_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/idworker/lease"
	"parley/wire"
	"parley/wire/idwire"
)

const (
	holder = "aaaaaaaaaaaaaaaa"
	prefix = "pppppppppp"
	other  = "bbbbbbbbbbbbbbbb"
	// first and second are the nonces of the first records that the machine
	// writes.
	first  = prefix + "aaaaab"
	second = prefix + "aaaaac"
	third  = prefix + "aaaaad"
)

// step is an event and the actions that follow it, as text.
type step struct {
	do   func(m *lease.Machine)
	want string
}

// config is a process that begins at number 5 of 8, on a broker that keeps what
// it acknowledged.
func config() lease.Config {
	limits := lease.DefaultLimits()
	limits.Numbers = 8
	return lease.Config{Holder: holder, Prefix: prefix, Start: 5, Verified: true, Limits: limits}
}

// run lets a machine go through steps.
func run(t *testing.T, m *lease.Machine, steps ...step) {
	t.Helper()
	for i, s := range steps {
		s.do(m)
		if got := texts(m.Actions()); got != s.want {
			t.Fatalf("step %d:\ngot  %s\nwant %s", i+1, got, s.want)
		}
	}
}

func texts(actions []lease.Action) string {
	parts := make([]string, len(actions))
	for i, a := range actions {
		parts[i] = text(a)
	}
	return strings.Join(parts, "; ")
}

func text(a lease.Action) string {
	switch a := a.(type) {
	case lease.ReadTable:
		return "read all"
	case lease.Learn:
		return "learn"
	case lease.Read:
		return fmt.Sprintf("read %d", a.Worker)
	case lease.Write:
		return fmt.Sprintf("write %s after %d", recordText(a.Record), a.Expect)
	case lease.Wait:
		return fmt.Sprintf("wait %d", a.MS)
	case lease.Install:
		return fmt.Sprintf("install %d from %d to %d", a.Worker, a.From, a.Until)
	case lease.Extend:
		return fmt.Sprintf("extend from %d to %d", a.From, a.Until)
	case lease.Close:
		return "close"
	case lease.Lost:
		return fmt.Sprintf("lost %d", a.Worker)
	case lease.Skipped:
		return fmt.Sprintf("skipped %d", a.Record.Worker)
	default:
		return fmt.Sprintf("%T", a)
	}
}

func recordText(r idwire.Lease) string {
	return fmt.Sprintf("%d %s until %d as %s", r.Worker, r.State, r.Until, strings.TrimPrefix(r.Nonce, prefix))
}

// Events.

func started(m *lease.Machine) {}

func table(rows ...lease.Row) func(*lease.Machine) {
	return func(m *lease.Machine) { m.Table(rows) }
}

// learned: both clocks read the same.
func learned(broker int64) func(*lease.Machine) { return clocks(broker, broker) }

func clocks(own, broker int64) func(*lease.Machine) {
	return func(m *lease.Machine) { m.Learned(lease.Clock{Sent: own, Received: own, Broker: broker}) }
}

func stored(nonce string, seq uint64) func(*lease.Machine) {
	return func(m *lease.Machine) { m.Written(nonce, lease.Stored, seq) }
}

func unknown(nonce string) func(*lease.Machine) {
	return func(m *lease.Machine) { m.Written(nonce, lease.Unknown, 0) }
}

func mismatch(nonce string) func(*lease.Machine) {
	return func(m *lease.Machine) { m.Written(nonce, lease.Mismatch, 0) }
}

func found(r lease.Row) func(*lease.Machine) { return func(m *lease.Machine) { m.Found(&r) } }

func missed(m *lease.Machine) { m.Found(nil) }
func failed(m *lease.Machine) { m.Failed() }
func woke(m *lease.Machine)   { m.Woke() }
func drain(m *lease.Machine)  { m.Drain() }

func closed(floor int64) func(*lease.Machine) {
	return func(m *lease.Machine) { m.Closed(floor) }
}

// Records.

func row(worker int, state idwire.LeaseState, until int64, seq uint64, nonce string) lease.Row {
	by := other
	if strings.HasPrefix(nonce, prefix) {
		by = holder
	}
	return lease.Row{Seq: seq, Record: idwire.Lease{V: wire.Version, Worker: worker, State: state, Until: until, Holder: by, Nonce: nonce}}
}

// held is another's number.
func held(worker int, until int64, seq uint64) lease.Row {
	return row(worker, idwire.LeaseHeld, until, seq, other)
}

// claimed are the steps to number 5, held until 110000, at sequence 1.
func claimed() []step {
	return []step{
		{started, "read all"},
		{table(), "learn"},
		{learned(100_000), "write 5 held until 110000 as aaaaab after 0"},
		{stored(first, 1), "learn"},
		{learned(100_000), "install 5 from 100000 to 110000; wait 3000"},
	}
}

// holding is a machine after claimed.
func holding(t *testing.T) *lease.Machine {
	t.Helper()
	m := lease.New(config())
	run(t, m, claimed()...)
	return m
}

// extending is one after it has sent its first extension, to 113000 after 1.
func extending(t *testing.T) *lease.Machine {
	t.Helper()
	m := holding(t)
	run(t, m,
		step{woke, "learn"},
		step{learned(103_000), "write 5 held until 113000 as aaaaac after 1"},
	)
	return m
}
