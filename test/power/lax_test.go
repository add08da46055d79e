package power

import (
	"math/rand/v2"
	"testing"

	"parley/test/mutant"
	"parley/test/power/disk"
)

// laxRounds is how often the power may fail until a variant is found out.
const laxRounds = 10

// A program that acknowledges without syncing is found out: each of these variants of the
// program does, in one place. Without -deep it is the broker's alone, since each is
// compiled.
func TestNoSyncIsNoticed(t *testing.T) {
	t.Parallel()
	for name, edits := range map[string][]mutant.Edit{
		"broker": {mutant.Replace("broker/options.go", "SyncAlways:         true", "SyncAlways:         false")},
		"journal": {
			mutant.Replace("participants/sqlite.go", `"PRAGMA synchronous=FULL", int64(2)`, `"PRAGMA synchronous=OFF", int64(0)`),
		},
		"blog": {
			mutant.Replace("blog/shards/sqlite.go", `"synchronous(FULL)"`, `"synchronous(OFF)"`),
			mutant.Replace("blog/shards/sqlite.go", `sync != 2`, `sync != 0`),
		},
	} {
		if !*deep && name != "broker" {
			mutant.Applies(t, name, edits)
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPromises()
			s := newHarness(t, mutant.Program(t, "lax-"+name, edits), alone{})
			for round := range laxRounds {
				// What was made at the start has been there for long: a system writes
				// everything back some time.
				if errno := s.disk.SyncAll(); errno != 0 {
					t.Fatal(errno)
				}
				work(s, p, 10+rand.IntN(40))
				lost := s.off(disk.Drop())
				s.on()
				if broken := p.check(t.Context(), s); len(broken) > 0 {
					t.Logf("found out in round %d, which lost %d bytes: %d promises broken, like: %s", round, lost.LostBytes, len(broken), broken[0])
					return
				}
			}
			t.Errorf("not found out in %d rounds", laxRounds)
		})
	}
}
