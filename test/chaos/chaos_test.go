package chaos

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"parley/internal/cluster"
	"parley/test/chaos/faults"
	"parley/test/hosts"
	"parley/test/proc"
)

var (
	length = flag.Duration("for", 15*time.Second, "how long things are broken")
	seed   = flag.Uint64("seed", 0, "of the faults; 0 takes a new one")
	kept   = flag.String("keep", "", "folder in which the report is kept, in a subfolder; empty: only if something broke")
	deep   = flag.Bool("deep", false, "play every variant, every scene with the product as it is, and every outage")
	show   = flag.Bool("progress", false, "print a line each second")
)

// program is the program under test, built once.
var program proc.Program

func TestMain(m *testing.M) {
	hosts.Main(func() int {
		proc.TestMain(m, &program, 4)
		return 0
	})
}

// TestChaos breaks a cluster at random, and no answer that clients received
// turns out to be wrong. `make chaos` runs it longer.
func TestChaos(t *testing.T) {
	if *seed == 0 {
		*seed = rand.Uint64N(1_000_000)
	}
	dir := keep(t, fmt.Sprintf("seed-%d", *seed))
	t.Logf("seed %d: repeat the faults with -seed %[1]d -for %v", *seed, *length)
	c := newHarness(t, harnessOptions{program: program, dir: dir})
	schedule := faults.Schedule(faults.Options{Seed: *seed, Length: *length, Processes: c.processes(), Network: true})
	r := begin(t, c, busy(c, *seed))
	r.breakThings(t.Context(), schedule, *show)
	stores := r.settle(t.Context())
	wrong := r.check(stores)
	for i, w := range wrong {
		if i == 20 {
			t.Errorf("and %d more", len(wrong)-i)
			break
		}
		t.Error(w)
	}
	for _, crash := range c.crashes() {
		t.Error(crash)
	}
	r.write(schedule, wrong)
	figures := r.figures()
	for _, row := range figures.Rows() {
		t.Logf("%-42s %s", row[0], row[1])
	}
	for _, s := range c.strange {
		t.Log(s)
	}
	if len(stores.Trace) == 0 || figures.Committed == 0 {
		t.Error("nothing was seen")
	}
}

// keep is the folder for logs and report.
func keep(t *testing.T, name string) string {
	t.Helper()
	if *kept != "" {
		dir := filepath.Join(*kept, time.Now().Format("2006-01-02-150405-")+name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { fmt.Println("report:", filepath.Join(dir, "report.md")) })
		return dir
	}
	dir, err := os.MkdirTemp("", "parley-chaos-"+name+"-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("logs and report are in %s", dir)
			return
		}
		os.RemoveAll(dir)
	})
	return dir
}

// processes are those of the harness.
func (c *harness) processes() (all []cluster.Process) {
	for _, m := range c.members {
		all = append(all, m.Process)
	}
	return slices.Clone(all)
}
