package browser

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"parley/test/browser/webtest"
	"parley/test/proc"

	"go.uber.org/goleak"
)

var before = flag.Int("before", 1_000, "how many messages the browsers read back through")

var (
	// chromium is the browser of all tests, started once; each page in it is another
	// person.
	chromium *webtest.Chromium
	// program is the program under test, built once.
	program proc.Program
)

func TestMain(m *testing.M) {
	flag.Parse()
	goleak.VerifyTestMain(withChromium{m})
}

// withChromium runs the tests with the program and a browser.
type withChromium struct{ *testing.M }

func (m withChromium) Run() int {
	built, dir, err := proc.Build()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	started, err := webtest.StartChromium()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer started.Stop()
	program, chromium = built, started
	return m.M.Run()
}
