package lease_test

import (
	"testing"

	"parley/idworker/lease"
	"parley/wire/idwire"
)

// TestHandOver: the range is closed before the release is written, and the
// record has the first timestamp that was not used, below the until it had. It
// is the one case in which until goes down.
func TestHandOver(t *testing.T) {
	m := holding(t)
	run(t, m,
		step{drain, "close"},
		step{closed(102_345), "write 5 released until 102345 as aaaaac after 1"},
	)
	if m.Stopped() {
		t.Error("it has stopped before the release is stored")
	}
	run(t, m, step{stored(second, 2), "close"})
	if !m.Stopped() {
		t.Error("it has not stopped")
	}
	run(t, m, step{closed(0), ""}, step{drain, ""}, step{woke, ""})
}

func TestReleaseIsSettled(t *testing.T) {
	for _, tt := range []struct {
		name  string
		read  func(*lease.Machine)
		want  string
		after bool // it has stopped
	}{
		{"own", found(row(5, idwire.LeaseReleased, 102_345, 2, second)), "close", true},
		{"unchanged", found(row(5, idwire.LeaseHeld, 110_000, 1, first)), "write 5 released until 102345 as aaaaac after 1", false},
		{"missed", missed, "write 5 released until 102345 as aaaaac after 1", false},
		{"another's", found(held(5, 120_000, 2)), "close", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := holding(t)
			run(t, m,
				step{drain, "close"},
				step{closed(102_345), "write 5 released until 102345 as aaaaac after 1"},
				step{unknown(second), "wait 200"},
				step{woke, "learn"},
				step{learned(102_400), "read 5"},
				step{tt.read, tt.want},
			)
			if m.Stopped() != tt.after {
				t.Errorf("stopped is %v, want %v", m.Stopped(), tt.after)
			}
		})
	}
}

// TestDrainWhile: without a number it is done at once; with one, the number is
// closed and released; with a write under way, that is settled first.
func TestDrainWhile(t *testing.T) {
	claim := claimed()
	all := lease.Row{Seq: 1, Record: idwire.Lease{}}
	for _, tt := range []struct {
		name   string
		before []step
		after  []step
	}{
		{"reading all", claim[:1], []step{{drain, "close"}, {table(), ""}}},
		{"learning before a claim", claim[:2], []step{{drain, "close"}, {learned(100_000), ""}}},
		{"standing by", []step{claim[0], {table(all, held(0, 110_000, 1), held(1, 110_000, 1), held(2, 110_000, 1), held(3, 110_000, 1), held(4, 110_000, 1), held(5, 110_000, 1), held(6, 110_000, 1), held(7, 110_000, 1)), "learn"}, {learned(100_000), "wait 1000"}}, []step{{drain, "close"}, {woke, ""}}},
		{"claiming", claim[:3], []step{
			{drain, ""},
			{stored(first, 1), "learn"},
			{learned(100_000), "close"},
			{closed(0), "write 5 released until 100000 as aaaaac after 1"},
			{stored(second, 2), "close"},
		}},
		{"claiming, and another is first", claim[:3], []step{
			{drain, ""},
			{mismatch(first), "learn"},
			{learned(100_000), "read 5"},
			{found(held(5, 110_000, 1)), "close"},
		}},
		{"a claim is stored and not used yet", claim[:4], []step{
			{drain, ""},
			{learned(100_000), "close"},
			{closed(0), "write 5 released until 100000 as aaaaac after 1"},
			{stored(second, 2), "close"},
		}},
		{"learning before an extension", append(claim, step{woke, "learn"}), []step{
			{drain, "close"},
			{closed(101_000), "write 5 released until 101000 as aaaaac after 1"},
			{learned(103_000), ""},
			{stored(second, 2), "close"},
		}},
		{"an extension under way", append(claim, step{woke, "learn"}, step{learned(103_000), "write 5 held until 113000 as aaaaac after 1"}), []step{
			{drain, ""},
			{unknown(second), "wait 200"},
			{woke, "learn"},
			{learned(103_500), "read 5"},
			{found(row(5, idwire.LeaseHeld, 113_000, 2, second)), "learn"},
			{learned(103_600), "close"},
			{closed(103_601), "write 5 released until 103601 as aaaaad after 2"},
			{stored(third, 3), "close"},
		}},
		{"pausing after an unclear extension", append(claim, step{woke, "learn"}, step{learned(103_000), "write 5 held until 113000 as aaaaac after 1"}, step{unknown(second), "wait 200"}), []step{
			{drain, "learn"},
			{learned(103_500), "read 5"},
			{found(row(5, idwire.LeaseHeld, 113_000, 2, second)), "learn"},
			{learned(103_600), "close"},
			{closed(103_601), "write 5 released until 103601 as aaaaad after 2"},
			{stored(third, 3), "close"},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := lease.New(config())
			run(t, m, tt.before...)
			run(t, m, tt.after...)
			if !m.Stopped() {
				t.Error("it has not stopped")
			}
			if state, reason := m.State(100_000); state != idwire.WorkerRefusing || reason == "" {
				t.Errorf("the state is %s (%s), want refusing and why", state, reason)
			}
		})
	}
}

// TestClosedElsewhere: a floor that is not of this range would hand out another's
// timestamps, or reserve too much. It cannot happen, and is loud.
func TestClosedElsewhere(t *testing.T) {
	for _, floor := range []int64{0, 99_999, 110_001} {
		m := holding(t)
		run(t, m, step{drain, "close"})
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a floor of %d was accepted", floor)
				}
			}()
			m.Closed(floor)
		}()
	}
}
