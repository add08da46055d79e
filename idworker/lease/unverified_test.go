package lease_test

import (
	"testing"

	"parley/idworker/lease"
	"parley/wire/idwire"
)

// unverified is a process on a broker that may forget what it acknowledged.
func unverified() *lease.Machine {
	cfg := config()
	cfg.Verified = false
	return lease.New(cfg)
}

// TestUnverifiedBeginsAboveWhateverWasReserved: nobody has reserved more than
// the broker's time and Reserve, also in records that are forgotten. So the
// claim has nothing to use yet, and is extended often.
func TestUnverifiedBeginsAboveWhateverWasReserved(t *testing.T) {
	run(t, unverified(),
		step{started, "read all"},
		step{table(held(5, 90_000, 7)), "learn"},
		step{learned(100_000), "write 5 held until 110000 as aaaaab after 7"},
		step{stored(first, 8), "learn"},
		step{learned(100_001), "install 5 from 110000 to 110000; wait 250"},
		step{woke, "learn"},
		step{learned(100_250), "read 5"},
		step{found(row(5, idwire.LeaseHeld, 110_000, 8, first)), "write 5 held until 110250 as aaaaac after 8"},
		step{stored(second, 9), "learn"},
		step{learned(100_251), "extend from 100251 to 110250; wait 250"},
	)
}

// unverifiedHolding is one that holds number 5 until 110000 at sequence 8.
func unverifiedHolding(t *testing.T) *lease.Machine {
	t.Helper()
	m := unverified()
	run(t, m,
		step{started, "read all"},
		step{table(), "learn"},
		step{learned(100_000), "write 5 held until 110000 as aaaaab after 0"},
		step{stored(first, 8), "learn"},
		step{learned(100_000), "install 5 from 110000 to 110000; wait 250"},
	)
	return m
}

// TestUnverifiedReadsBeforeItExtends: the sequence that an extension expects may
// have been given again, to another's record.
func TestUnverifiedReadsBeforeItExtends(t *testing.T) {
	for _, tt := range []struct {
		name string
		read func(*lease.Machine)
		want string
	}{
		{"own", found(row(5, idwire.LeaseHeld, 110_000, 8, first)), "write 5 held until 110250 as aaaaac after 8"},
		{"another's at the own sequence", found(held(5, 110_000, 8)), "lost 5; wait 200"},
		{"another's, older", found(held(5, 90_000, 7)), "lost 5; wait 200"},
		{"nothing", missed, "lost 5; wait 200"},
		{"no answer", failed, "wait 200"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			run(t, unverifiedHolding(t), step{woke, "learn"}, step{learned(100_250), "read 5"}, step{tt.read, tt.want})
		})
	}
}

// TestUnverifiedPassed: once its lease has passed, others may have had the number
// and be forgotten. It is not extended, however the record looks.
func TestUnverifiedPassed(t *testing.T) {
	t.Run("before an extension", func(t *testing.T) {
		run(t, unverifiedHolding(t), step{woke, "learn"}, step{learned(110_000), "lost 5; wait 200"})
	})
	extension := []step{
		{woke, "learn"},
		{learned(100_250), "read 5"},
		{found(row(5, idwire.LeaseHeld, 110_000, 8, first)), "write 5 held until 110250 as aaaaac after 8"},
	}
	t.Run("while one is not known", func(t *testing.T) {
		run(t, unverifiedHolding(t), append(extension,
			step{unknown(second), "wait 200"},
			step{woke, "learn"},
			step{learned(109_999), "read 5"},
			step{found(row(5, idwire.LeaseHeld, 110_000, 8, first)), "write 5 held until 110250 as aaaaac after 8"},
			step{unknown(second), "wait 200"},
			step{woke, "learn"},
			step{learned(110_000), "read 5"},
			step{found(row(5, idwire.LeaseHeld, 110_000, 8, first)), "lost 5; wait 200"},
		)...)
	})
	t.Run("before one that is stored is used", func(t *testing.T) {
		run(t, unverifiedHolding(t), append(extension,
			step{stored(second, 9), "learn"},
			step{learned(110_250), "lost 5; wait 200"},
		)...)
	})
}

// TestUnverifiedClaimIsNotRepeated: it begins above what was reserved when its
// broker's time was learned, not above what was since.
func TestUnverifiedClaimIsNotRepeated(t *testing.T) {
	for _, tt := range []struct {
		name string
		read func(*lease.Machine)
		want string
	}{
		{"own", found(row(5, idwire.LeaseHeld, 110_000, 8, first)), "learn"},
		{"unchanged", found(held(5, 90_000, 7)), "wait 200"},
		{"gone", missed, "wait 200"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := unverified()
			run(t, m,
				step{started, "read all"},
				step{table(lease.Row{Seq: 7, Record: held(5, 90_000, 7).Record}), "learn"},
				step{learned(100_000), "write 5 held until 110000 as aaaaab after 7"},
				step{unknown(first), "wait 200"},
				step{woke, "learn"},
				step{learned(100_500), "read 5"},
				step{tt.read, tt.want},
			)
		})
	}
}
