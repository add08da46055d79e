package proc

import (
	"flag"
	"fmt"
	"os"
	"strconv"

	"go.uber.org/goleak"
)

// TestMain builds the program into p, runs the tests of a package, and fails if they
// leave a goroutine. parallel is how many run at once unless the command line has
// another number; it may be greater than that of the processors, because most of the
// time of such tests is waiting for other processes. 0 leaves it as it is.
func TestMain(m goleak.TestingM, p *Program, parallel int) {
	flag.Parse()
	chosen := parallel == 0
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		_ = flag.Set("test.parallel", strconv.Itoa(parallel))
	}
	built, dir, err := Build()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	*p = built
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(dir)
		os.Exit(code)
	}))
}
