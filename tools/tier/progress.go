package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"gotest.tools/gotestsum/testjson"
)

// silence is how long nothing is printed before a line shows what is running.
const silence = 30 * time.Second

// progress prints a line for each package that has ended, the output of what
// failed, and from time to time what is running.
type progress struct {
	out io.Writer
	r   *result

	mu      sync.Mutex
	running map[string]time.Time
	printed time.Time
	tests   int
	ended   chan struct{}
	idle    sync.WaitGroup
}

func newProgress(out io.Writer, r *result) *progress {
	p := &progress{out: out, r: r, running: map[string]time.Time{}, printed: time.Now(), ended: make(chan struct{})}
	p.idle.Go(p.remind)
	return p
}

func (p *progress) stop() {
	close(p.ended)
	p.idle.Wait()
}

func (p *progress) remind() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-p.ended:
			return
		case <-tick.C:
		}
		p.mu.Lock()
		if time.Since(p.printed) >= silence {
			var names []string
			for name, since := range p.running {
				names = append(names, fmt.Sprintf("%s (%s)", name, seconds(time.Since(since))))
			}
			slices.Sort(names)
			p.print("    %d tests have ended, running: %s\n", p.tests, strings.Join(names, ", "))
		}
		p.mu.Unlock()
	}
}

func (p *progress) print(format string, args ...any) {
	fmt.Fprintf(p.out, format, args...)
	p.printed = time.Now()
}

// Event implements [testjson.EventHandler].
func (p *progress) Event(e testjson.TestEvent, x *testjson.Execution) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case e.Action == testjson.ActionAttr:
		if n, err := strconv.ParseInt(e.Value, 10, 64); err == nil {
			p.r.counts[e.Key] += n
		}
	case !e.Action.IsTerminal():
		if e.PackageEvent() && e.Action == "start" {
			p.running[e.Package] = time.Now()
		}
	case !e.PackageEvent():
		p.tests++
	default:
		delete(p.running, e.Package)
		p.packageEnded(e, x.Package(e.Package))
	}
	return nil
}

// packageEnded prints the line of go test itself, for whatever reads its output.
func (p *progress) packageEnded(e testjson.TestEvent, pkg *testjson.Package) {
	if e.Action == testjson.ActionSkip && pkg.Total == 0 {
		return // it has no tests
	}
	if e.Action != testjson.ActionFail {
		p.print("ok  \t%s\t%.3fs\n", e.Package, pkg.Elapsed().Seconds())
		return
	}
	p.print("FAIL\t%s\t%.3fs\n", e.Package, pkg.Elapsed().Seconds())
	for _, line := range pkg.OutputLines(testjson.TestCase{}) { // of the package, a panic or a race
		fmt.Fprint(p.out, "      ", line)
	}
	for _, tc := range testjson.FilterFailedUnique(pkg.Failed) {
		fmt.Fprintf(p.out, "  --- %s %s (%s)\n", tc.Package, tc.Test, seconds(tc.Elapsed))
		for _, line := range pkg.OutputLines(tc) {
			fmt.Fprint(p.out, "      ", line)
		}
	}
}

// Err implements [testjson.EventHandler].
func (p *progress) Err(text string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintln(os.Stderr, text)
	return nil
}
