package lease_test

import (
	"testing"

	"parley/idworker/lease"
	"parley/wire/idwire"
)

// TestSilence is about what a write without an answer means: nothing, until it
// is read back.
func TestSilence(t *testing.T) {
	again := "write 5 held until 113000 as aaaaac after 1"
	for _, tt := range []struct {
		name string
		read func(*lease.Machine)
		want string
	}{
		{"the own nonce: it is stored", found(row(5, idwire.LeaseHeld, 113_000, 2, second)), "learn"},
		{"unchanged: unknown, the same write again", found(row(5, idwire.LeaseHeld, 110_000, 1, first)), again},
		{"nothing: a read that misses proves nothing", missed, again},
		{"another's, after the own: lost", found(held(5, 120_000, 2)), "lost 5; wait 200"},
		{"retired by an operator: lost", found(row(5, idwire.LeaseRetired, 110_000, 2, other)), "lost 5; wait 200"},
		{"the own holder, another nonce: lost", found(row(5, idwire.LeaseHeld, 120_000, 2, prefix+"zzzzzz")), "lost 5; wait 200"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			run(t, extending(t),
				step{unknown(second), "wait 200"},
				step{woke, "learn"},
				step{learned(103_500), "read 5"},
				step{tt.read, tt.want},
			)
		})
	}
}

// TestOlderRecordProvesNothing: the read is stale.
func TestOlderRecordProvesNothing(t *testing.T) {
	m := lease.New(config())
	run(t, m,
		step{started, "read all"},
		step{table(held(5, 90_000, 7)), "learn"},
		step{learned(100_000), "write 5 held until 110000 as aaaaab after 7"},
		step{unknown(first), "wait 200"},
		step{woke, "learn"},
		step{learned(100_300), "read 5"},
		step{found(held(5, 80_000, 4)), "write 5 held until 110000 as aaaaab after 7"},
	)
}

// TestUntilIsTheOneThatWasRead: of a claim that is found by its nonce the record
// counts, and it is used when the stream was seen again.
func TestUntilIsTheOneThatWasRead(t *testing.T) {
	run(t, lease.New(config()), append(claimed()[:3],
		step{unknown(first), "wait 200"},
		step{woke, "learn"},
		step{learned(100_300), "read 5"},
		step{found(row(5, idwire.LeaseHeld, 109_000, 1, first)), "learn"},
		step{learned(100_301), "install 5 from 100301 to 109000; wait 1699"},
	)...)
}

// TestOnlyTheOldRangeMeanwhile: nothing is extended before the answer is known.
func TestOnlyTheOldRangeMeanwhile(t *testing.T) {
	m := extending(t)
	run(t, m, step{unknown(second), "wait 200"})
	if _, until, _ := m.Held(); until != 110_000 {
		t.Errorf("until is %d while the extension is unknown, want 110000", until)
	}
}

// TestMismatch: another record is last. It may be the own one, of an earlier
// try.
func TestMismatch(t *testing.T) {
	t.Run("own", func(t *testing.T) {
		run(t, extending(t),
			step{unknown(second), "wait 200"},
			step{woke, "learn"},
			step{learned(103_500), "read 5"},
			step{found(row(5, idwire.LeaseHeld, 110_000, 1, first)), "write 5 held until 113000 as aaaaac after 1"},
			step{mismatch(second), "learn"},
			step{learned(103_600), "read 5"},
			step{found(row(5, idwire.LeaseHeld, 113_000, 2, second)), "learn"},
			step{learned(103_700), "extend from 103700 to 113000; wait 2300"},
		)
	})
	t.Run("another's", func(t *testing.T) {
		run(t, extending(t),
			step{mismatch(second), "learn"},
			step{learned(103_500), "read 5"},
			step{found(held(5, 120_000, 2)), "lost 5; wait 200"},
			step{woke, "read all"},
		)
	})
	// It asks at once only the first time: a read that lags must not be
	// hammered.
	t.Run("never shown", func(t *testing.T) {
		run(t, extending(t),
			step{mismatch(second), "learn"},
			step{learned(103_500), "read 5"},
			step{missed, "write 5 held until 113000 as aaaaac after 1"},
			step{mismatch(second), "wait 200"},
			step{woke, "learn"},
			step{learned(112_999), "read 5"},
			step{missed, "write 5 held until 113000 as aaaaac after 1"},
			step{mismatch(second), "wait 200"},
			step{woke, "learn"},
			step{learned(113_000), "read 5"},
			// Whatever stands there, the own record means nothing any more.
			step{missed, "lost 5; wait 200"},
		)
	})
}

// TestRequestsFailWhileSettling: it asks again, and does not write meanwhile.
func TestRequestsFailWhileSettling(t *testing.T) {
	run(t, extending(t),
		step{unknown(second), "wait 200"},
		step{woke, "learn"},
		step{failed, "wait 200"},
		step{woke, "learn"},
		step{learned(103_500), "read 5"},
		step{failed, "wait 200"},
		step{woke, "learn"},
		step{learned(103_900), "read 5"},
		step{found(row(5, idwire.LeaseHeld, 113_000, 2, second)), "learn"},
		step{failed, "wait 200"},
		step{woke, "learn"},
		step{learned(104_500), "extend from 104500 to 113000; wait 1500"},
	)
}

// TestOtherAnswersAreIgnored: an answer to what was not asked, or to another
// write, changes nothing.
func TestOtherAnswersAreIgnored(t *testing.T) {
	run(t, extending(t),
		step{stored(first, 9), ""},
		step{mismatch("zzzzzzzzzzzzzzzz"), ""},
		step{woke, ""},
		step{learned(1), ""},
		step{missed, ""},
		step{table(), ""},
		step{failed, ""},
		step{closed(0), ""},
		step{stored(second, 2), "learn"},
		step{stored(second, 2), ""},
		step{learned(103_000), "extend from 103000 to 113000; wait 3000"},
	)
}
