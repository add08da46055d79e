package lease_test

import (
	"testing"

	"parley/idworker/lease"
	"parley/wire/idwire"
)

func TestClaim(t *testing.T) {
	const now = 100_000
	all := func(except int, as func(n int) lease.Row) (rows []lease.Row) {
		for n := range 8 {
			if n != except {
				rows = append(rows, as(n))
			}
		}
		return rows
	}
	taken := func(n int) lease.Row { return held(n, now+5_000, 10) }
	for _, tt := range []struct {
		name  string
		table []lease.Row
		want  string
	}{
		{"never held: from where this process begins to look", nil, "write 5 held until 110000 as aaaaab after 0"},
		{"released: at once", []lease.Row{row(5, idwire.LeaseReleased, now, 7, other)}, "write 5 held until 110000 as aaaaab after 7"},
		{"held and passed by the broker's time, to the millisecond", []lease.Row{held(5, now, 7)}, "write 5 held until 110000 as aaaaab after 7"},
		{"held and not passed: the next", []lease.Row{held(5, now+1, 7)}, "write 6 held until 110000 as aaaaab after 0"},
		{"retired and passed", []lease.Row{row(5, idwire.LeaseRetired, now, 7, other)}, "write 5 held until 110000 as aaaaab after 7"},
		{"retired and not passed: the next", []lease.Row{row(5, idwire.LeaseRetired, now+1, 7, other)}, "write 6 held until 110000 as aaaaab after 0"},
		{"not to be read: the next", []lease.Row{{Seq: 7, Record: idwire.Lease{Worker: 5}}}, "write 6 held until 110000 as aaaaab after 0"},
		{"around the end", all(2, taken), "write 2 held until 110000 as aaaaab after 0"},
		{"released a little in the future: one from now on is better", []lease.Row{row(5, idwire.LeaseReleased, now+10, 7, other)}, "write 6 held until 110000 as aaaaab after 0"},
		{"released a little in the future, and there is no other", append(all(5, taken), row(5, idwire.LeaseReleased, now+10, 7, other)), "write 5 held until 110000 as aaaaab after 7"},
		{"released beyond what may be reserved", append(all(5, taken), row(5, idwire.LeaseReleased, now+10_000, 7, other)), "wait 1000"},
		{"all taken", all(-1, taken), "wait 1000"},
		{"far in the future: reported, and skipped", []lease.Row{held(5, now+20_001, 7)}, "skipped 5; write 6 held until 110000 as aaaaab after 0"},
		{"far in the future and retired: known", []lease.Row{row(5, idwire.LeaseRetired, now+20_001, 7, other)}, "write 6 held until 110000 as aaaaab after 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			run(t, lease.New(config()), step{started, "read all"}, step{table(tt.table...), "learn"}, step{learned(now), tt.want})
		})
	}
}

// TestClaimBeginsAtUntil: what the holder before has reserved is its own for
// ever, even where it lies in the future.
func TestClaimBeginsAtUntil(t *testing.T) {
	cfg := config()
	cfg.Limits.Numbers = 6
	m := lease.New(cfg)
	rows := []lease.Row{row(5, idwire.LeaseReleased, 100_500, 7, other)}
	for n := range 5 {
		rows = append(rows, held(n, 105_000, 1))
	}
	run(t, m,
		step{started, "read all"},
		step{table(rows...), "learn"},
		step{learned(100_000), "write 5 held until 110000 as aaaaab after 7"},
		step{stored(first, 8), "learn"},
		// Until its timestamps begin by the broker's time it is extended often:
		// only what was just added can be used.
		step{learned(100_001), "install 5 from 100500 to 110000; wait 250"},
	)
}

// TestClaimIsUsedAfterTheStreamWasSeenAgain: a claim that is stored in a stream
// recreated, where every number looks free, must not be used. The driver stops
// the process when the second Learn shows another incarnation.
func TestClaimIsUsedAfterTheStreamWasSeenAgain(t *testing.T) {
	m := lease.New(config())
	run(t, m, claimed()[:4]...)
	if _, _, ok := m.Held(); ok {
		t.Error("the number is held before the stream was seen again")
	}
	run(t, m, step{learned(100_700), "install 5 from 100700 to 110000; wait 2300"})
	if worker, until, ok := m.Held(); worker != 5 || until != 110_000 || !ok {
		t.Errorf("held is %d until %d, %v", worker, until, ok)
	}
}

// TestContended: who comes second tries the next number of the table it has
// read, with the broker's time requested again.
func TestContended(t *testing.T) {
	m := lease.New(config())
	run(t, m, claimed()[:3]...)
	run(t, m,
		step{mismatch(first), "learn"},
		step{learned(100_010), "read 5"},
		step{found(held(5, 110_000, 1)), "learn"},
		step{learned(100_020), "write 6 held until 110020 as aaaaac after 0"},
	)
}

// TestStandby: a process without a number keeps looking, and takes over.
func TestStandby(t *testing.T) {
	cfg := config()
	cfg.Start, cfg.Limits.Numbers = 0, 1
	m := lease.New(cfg)
	run(t, m,
		step{started, "read all"},
		step{table(held(0, 105_000, 3)), "learn"},
		step{learned(100_000), "wait 1000"},
	)
	if state, reason := m.State(100_000); state != idwire.WorkerStandby || reason == "" {
		t.Errorf("the state is %s (%s), want standby and why", state, reason)
	}
	run(t, m,
		step{woke, "read all"},
		step{table(row(0, idwire.LeaseReleased, 100_900, 4, other)), "learn"},
		step{learned(101_000), "write 0 held until 111000 as aaaaab after 4"},
		step{stored(first, 5), "learn"},
		step{learned(101_000), "install 0 from 101000 to 111000; wait 3000"},
	)
	if state, _ := m.State(101_000); state != idwire.WorkerHolding {
		t.Errorf("the state is %s, want holding", state)
	}
}

// TestSkippedIsSaidOnce for each record, however often it is seen.
func TestSkippedIsSaidOnce(t *testing.T) {
	cfg := config()
	cfg.Start, cfg.Limits.Numbers = 0, 1
	run(t, lease.New(cfg),
		step{started, "read all"},
		step{table(held(0, 500_000, 3)), "learn"},
		step{learned(100_000), "skipped 0; wait 1000"},
		step{woke, "read all"},
		step{table(held(0, 500_000, 3)), "learn"},
		step{learned(101_000), "wait 1000"},
		step{woke, "read all"},
		step{table(held(0, 600_000, 4)), "learn"},
		step{learned(102_000), "skipped 0; wait 1000"},
	)
}

// TestRequestsFailWhileClaiming: it begins again.
func TestRequestsFailWhileClaiming(t *testing.T) {
	run(t, lease.New(config()),
		step{started, "read all"},
		step{failed, "wait 200"},
		step{woke, "read all"},
		step{table(), "learn"},
		step{failed, "wait 200"},
		step{woke, "read all"},
	)
}
