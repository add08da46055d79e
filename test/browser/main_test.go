package browser

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"parley/test/browser/webtest"
	"parley/test/proc"
)

var before = flag.Int("before", 1_000, "how many messages the browsers read back through")

var (
	// chromium is the browser of all tests, started once; each page in it is another
	// person.
	chromium *webtest.Chromium
	// program is the program under test, built once.
	program proc.Program
)

func TestMain(m *testing.M) { proc.TestMain(withChromium{m}, &program, 0) }

// withChromium runs the tests with a browser.
type withChromium struct{ *testing.M }

func (m withChromium) Run() int {
	started, err := webtest.StartChromium()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer started.Stop()
	chromium = started
	return m.M.Run()
}
