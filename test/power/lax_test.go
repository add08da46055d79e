package power

import (
	"fmt"
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
	mutant.Run(t, []lax{
		{"broker", []mutant.Edit{mutant.Replace("broker/options.go", "SyncAlways:         true", "SyncAlways:         false")}},
		{"journal", []mutant.Edit{noSync("journal")}},
		{"blog", []mutant.Edit{noSync("shard")}},
	}, func(i int, _ lax) bool { return *deep || i == 0 }, func(t *testing.T, v lax) {
		p := newPromises()
		s := newHarness(t, mutant.Program(t, "lax-"+v.name, v.edits), alone{})
		for round := range laxRounds {
			// What was created at the start is old: a system writes everything back
			// some time.
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

// noSync makes the SQLite files of one kind acknowledge without syncing.
func noSync(noun string) mutant.Edit {
	return mutant.Replace("internal/sqlitefile/file.go", `"PRAGMA synchronous=FULL", int64(2)`, fmt.Sprintf(
		`map[bool]string{false: "PRAGMA synchronous=FULL", true: "PRAGMA synchronous=OFF"}[f.Noun == %q], map[bool]int64{false: 2}[f.Noun == %q]`, noun, noun))
}

// lax is a variant that acknowledges without syncing.
type lax struct {
	name  string
	edits []mutant.Edit
}

// Label implements [mutant.Variant].
func (v lax) Label() (name string, edits []mutant.Edit) { return v.name, v.edits }
