package page_test

import (
	"fmt"
	"os"
	"testing"

	"parley/page/webtest"

	"go.uber.org/goleak"
)

// chromium is the browser of all tests, started once; each page in it is another
// person.
var chromium *webtest.Chromium

func TestMain(m *testing.M) { goleak.VerifyTestMain(withChromium{m}) }

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
