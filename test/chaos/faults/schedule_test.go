package faults

import (
	"slices"
	"testing"
	"time"

	"parley/internal/cluster"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func options(t *testing.T, seed uint64, length time.Duration) Options {
	t.Helper()
	all, err := cluster.Plan(cluster.Options{Dir: "data", Place: cluster.Loopback()})
	if err != nil {
		t.Fatal(err)
	}
	return Options{Seed: seed, Length: length, Processes: all, Network: true}
}

func lines(faults []Fault) (out []string) {
	for _, f := range faults {
		out = append(out, f.String())
	}
	return out
}

func TestScheduleReplays(t *testing.T) {
	one, again := lines(Schedule(options(t, 7, time.Minute))), lines(Schedule(options(t, 7, time.Minute)))
	if !slices.Equal(one, again) {
		t.Error("the same seed gives another schedule")
	}
	if other := lines(Schedule(options(t, 8, time.Minute))); slices.Equal(one, other) {
		t.Error("another seed gives the same schedule")
	}
}

// A schedule has everything in it, and keeps the rules of the package.
func TestScheduleKeepsTheRules(t *testing.T) {
	for seed := range uint64(50) {
		all := Schedule(options(t, seed, 2*time.Minute))
		kinds := map[Kind]int{}
		steps := map[string]bool{}
		var brokers, network []Fault
		for i, f := range all {
			kinds[f.Kind]++
			steps[f.Target+f.Step] = true
			if i > 0 && f.At < all[i-1].At || f.For <= 0 || f.Target == "" {
				t.Fatalf("seed %d: %v behind %v", seed, f, all[max(i-1, 0)])
			}
			if f.Kind.network() {
				network = append(network, f)
			}
			if p := newPlanner(options(t, seed, 0)); p.isBroker(f.Target) && f.Kind != Slow && (f.Kind != OneWay && f.Kind != Cut || p.isBroker(f.Peers[0])) {
				brokers = append(brokers, f)
			}
		}
		for _, k := range []Kind{Kill, Pause, Crash, Hold, Clock, Lock, Fail, Fill, Restore, Cut, OneWay, Isolate, Minority, Slow, Outage} {
			if kinds[k] == 0 {
				t.Errorf("seed %d has no %q", seed, k)
			}
		}
		if kinds[Restore] > 1 {
			t.Errorf("seed %d restores %d journals: what is lost is known of one", seed, kinds[Restore])
		}
		for _, one := range [][]Fault{brokers, network} {
			for i := 1; i < len(one); i++ {
				if before := one[i-1]; before.At+before.For > one[i].At {
					t.Errorf("seed %d: %v and %v at the same time", seed, before, one[i])
				}
			}
		}
	}
}

// A short schedule, as it is part of the tests, has a bit of everything too.
func TestShortSchedule(t *testing.T) {
	for seed := range uint64(20) {
		all := Schedule(options(t, seed, 25*time.Second))
		if len(all) < 10 {
			t.Errorf("seed %d has %d faults in 25 s", seed, len(all))
		}
	}
}
