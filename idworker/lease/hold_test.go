package lease_test

import (
	"testing"

	"parley/idworker/lease"
	"parley/idworker/snowflake"
	"parley/wire/idwire"
)

// TestExtend: ahead of time, under the own last sequence, and used when it is
// stored and the stream was seen again.
func TestExtend(t *testing.T) {
	m := holding(t)
	run(t, m,
		step{woke, "learn"},
		step{learned(103_000), "write 5 held until 113000 as aaaaac after 1"},
		step{stored(second, 4), "learn"},
		step{learned(103_001), "extend from 103001 to 113000; wait 2999"},
		step{woke, "learn"},
		step{learned(106_000), "write 5 held until 116000 as aaaaad after 4"},
	)
	if _, until, _ := m.Held(); until != 113_000 {
		t.Errorf("until is %d, want 113000", until)
	}
}

// TestExtendLate: the broker was away for longer than the lease reaches. If
// nobody took the number, it goes on.
func TestExtendLate(t *testing.T) {
	run(t, holding(t),
		step{woke, "learn"},
		step{failed, "wait 200"},
		step{woke, "learn"},
		step{learned(200_000), "write 5 held until 210000 as aaaaac after 1"},
		step{stored(second, 2), "learn"},
		step{learned(200_000), "extend from 200000 to 210000; wait 3000"},
	)
}

// TestBrokerTimeStandsStill: until never goes down, and nothing is written that
// would not raise it.
func TestBrokerTimeStandsStill(t *testing.T) {
	run(t, holding(t),
		step{woke, "learn"},
		// By this time its timestamps have not begun: it looks again soon.
		step{learned(99_000), "extend from 99000 to 110000; wait 250"},
		step{woke, "learn"},
		step{learned(100_000), "extend from 100000 to 110000; wait 3000"},
		step{woke, "learn"},
		step{learned(100_001), "write 5 held until 110001 as aaaaac after 1"},
	)
}

// TestClockAhead: the number is given back, nothing is made, and it recovers
// when the clock does. What counts is the clock when the question was sent: a
// process that was stopped before it read the answer is not ahead.
func TestClockAhead(t *testing.T) {
	m := holding(t)
	run(t, m,
		step{woke, "learn"},
		step{clocks(108_000, 103_000), "write 5 held until 113000 as aaaaac after 1"}, // just within
		step{stored(second, 2), "learn"},
		step{clocks(108_002, 103_001), "close"},
		step{closed(108_003), "write 5 released until 108003 as aaaaad after 2"},
		step{stored(third, 3), "wait 1000"},
	)
	if state, reason := m.State(108_003); state != idwire.WorkerRefusing || reason != "this clock is 5001 ms ahead of the broker's, allowed are 5000: set it right" {
		t.Errorf("the state is %s (%s), want refusing and why", state, reason)
	}
	run(t, m,
		step{woke, "read all"},
		step{table(row(5, idwire.LeaseReleased, 108_003, 3, third)), "learn"},
		step{clocks(3_600_000+104_000, 104_000), "wait 1000"},
		step{woke, "read all"},
		step{table(row(5, idwire.LeaseReleased, 108_003, 3, third)), "learn"},
		step{learned(105_000), "write 6 held until 115000 as aaaaae after 0"},
	)
	if state, _ := m.State(105_000); state != idwire.WorkerClaiming {
		t.Errorf("the state is %s, want claiming", state)
	}
	stopped := func(m *lease.Machine) { m.Learned(lease.Clock{Sent: 103_000, Received: 900_000, Broker: 103_000}) }
	run(t, holding(t), step{woke, "learn"}, step{stopped, "write 5 held until 113000 as aaaaac after 1"})
}

// TestClockAheadAtAClaim: a number that was never used is released where it
// began.
func TestClockAheadAtAClaim(t *testing.T) {
	run(t, lease.New(config()), append(claimed()[:4],
		step{clocks(900_000, 100_000), "close"},
		step{closed(0), "write 5 released until 100000 as aaaaac after 1"},
	)...)
}

// TestClockBehind does no harm: timestamps are carried along by the broker's.
func TestClockBehind(t *testing.T) {
	run(t, holding(t),
		step{woke, "learn"},
		step{clocks(-3_000_000, 103_000), "write 5 held until 113000 as aaaaac after 1"},
		step{stored(second, 2), "learn"},
		step{clocks(-3_000_000, 103_000), "extend from 103000 to 113000; wait 3000"},
	)
}

// TestBrokerClock outside of what IDs can hold makes none.
func TestBrokerClock(t *testing.T) {
	for name, broker := range map[string]int64{"before 2026": 0, "after 2095": snowflake.MaxTimestamp - 9_999} {
		t.Run(name, func(t *testing.T) {
			m := lease.New(config())
			run(t, m, step{started, "read all"}, step{table(), "learn"}, step{learned(broker), "wait 1000"})
			if state, reason := m.State(1); state != idwire.WorkerRefusing || reason == "" {
				t.Errorf("the state is %s (%s), want refusing and why", state, reason)
			}
		})
	}
}

// TestNumberInTheFuture: the broker's clock was ahead and went back. The number
// is left, and its reservation is reported to the operator.
func TestNumberInTheFuture(t *testing.T) {
	run(t, holding(t),
		step{woke, "learn"},
		step{learned(89_999), "close"},
		step{closed(100_002), "write 5 released until 100002 as aaaaac after 1"},
		step{stored(second, 2), "wait 200"},
		step{woke, "read all"},
		step{table(row(5, idwire.LeaseReleased, 110_002, 2, second)), "learn"},
		step{learned(90_000), "skipped 5; write 6 held until 100000 as aaaaad after 0"},
	)
}

// TestState: the reason is reported while no IDs are issued because the broker is unavailable for too long.
func TestState(t *testing.T) {
	m := holding(t)
	if state, reason := m.State(109_999); state != idwire.WorkerHolding || reason != "" {
		t.Errorf("the state is %s (%s), want holding", state, reason)
	}
	if state, reason := m.State(110_000); state != idwire.WorkerRefusing || reason == "" {
		t.Errorf("past its lease the state is %s (%s), want refusing and why", state, reason)
	}
	if offset := (lease.Clock{Sent: 100, Received: 120, Broker: 70}).Offset(); offset != 40 {
		t.Errorf("the clock is %d ms ahead, want 40", offset)
	}
}
