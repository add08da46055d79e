package e2e

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"parley/test/proc"

	"go.uber.org/goleak"
)

var (
	long   = flag.Bool("long", false, "play every row of the crash table several times")
	rounds = flag.Int("rounds", 3, "how often with -long")
	only   = flag.String("row", "", "play only the rows of the crash table whose name matches this regular expression")
)

// binary is the program under test, built once.
var binary proc.Program

func TestMain(m *testing.M) {
	flag.Parse()
	parallel()
	built, dir, err := proc.Build()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = built
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// parallel lets more tests run at once than there are processors, unless the
// command line says how many: most of their time is waiting for other
// processes.
func parallel() {
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		_ = flag.Set("test.parallel", "8")
	}
}
