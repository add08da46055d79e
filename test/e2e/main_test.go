package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

var (
	long   = flag.Bool("long", false, "play every row of the crash table several times")
	rounds = flag.Int("rounds", 3, "how often with -long")
	only   = flag.String("row", "", "play only the rows of the crash table whose name matches this regular expression")
)

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	parallel()
	dir, err := build()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
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

func build() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "parley-e2e-*"); err != nil {
		return "", err
	}
	binary = filepath.Join(dir, "parley")
	args := append(append([]string{"build"}, buildFlags...), "-o", binary, "parley/cmd/parley")
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		os.RemoveAll(dir)
		return "", fmt.Errorf("building parley: %w\n%s", err, out)
	}
	return dir, nil
}
