package webtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Patience is how long a page may take for anything. Chromium shares the machine
// with everything else that is tested, and the machine may be slow.
const Patience = 2 * time.Minute

// Chromium is one process of the browser.
type Chromium struct {
	// Stop ends it.
	Stop func()
	ctx  context.Context
}

// StartChromium starts one for several tests, whose package stops it.
// It fails if there is none: tools/deps installs it.
func StartChromium() (*Chromium, error) {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		return nil, errors.New("webtest: there is no chromium on the PATH; tools/deps installs it")
	}
	dir, err := os.MkdirTemp("", "parley-chromium-")
	if err != nil {
		return nil, err
	}
	opts := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path),
		chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck,
		chromedp.DisableGPU,
		chromedp.UserDataDir(dir),
		chromedp.WSURLReadTimeout(Patience),
		chromedp.WindowSize(1280, 800),
		chromedp.Flag("headless", "new"),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("disable-renderer-backgrounding", true),
		chromedp.Flag("disable-background-timer-throttling", true),
		chromedp.Flag("disable-backgrounding-occluded-windows", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("lang", "en-GB"),
	}
	if os.Geteuid() == 0 {
		opts = append(opts, chromedp.NoSandbox)
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(alloc)
	c := &Chromium{ctx: ctx, Stop: func() {
		_ = chromedp.Cancel(ctx) // closes the browser and waits
		cancel()
		stop()
		_ = os.RemoveAll(dir) // what is left is in a temporary directory
	}}
	if err := chromedp.Do(ctx); err != nil {
		c.Stop()
		return nil, fmt.Errorf("webtest: starting %s: %w", path, err)
	}
	return c, nil
}

// Page is one tab of one person, whose storage is separate.
type Page struct {
	t   testing.TB
	ctx context.Context

	mu       sync.Mutex
	problems []string
}

// Size is what a page is shown on.
type Size struct{ Width, Height int64 }

// Desktop and Phone are the sizes that every view is looked at in.
func Desktop() Size { return Size{1280, 800} }

// Phone is a small one.
func Phone() Size { return Size{390, 844} }

// Open opens an address as a new person, and fails the test at its end if the
// page threw or broke its own security policy.
func (c *Chromium) Open(t testing.TB, url string, size Size, actions ...Action) *Page {
	t.Helper()
	ctx, cancel := chromedp.NewContext(c.ctx, chromedp.WithNewBrowserContext())
	p := &Page{t: t, ctx: ctx}
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx)
		cancel()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, problem := range p.problems {
			t.Errorf("the page %s: %s", url, problem)
		}
	})
	// The first use of the context makes the tab, and must not have a time
	// limit that would end the tab.
	if err := chromedp.Listen(ctx, p.event); err != nil {
		t.Fatalf("webtest: opening a tab: %v", err)
	}
	p.Run(
		command(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}),
		command(log.Enable, cdp.Empty{}),
		size.emulate(),
		Prefer("light"), // with reduced motion: a click must not miss what moves
	)
	p.Run(actions...)
	p.Run(chromedp.Navigate(url))
	return p
}

// Action is something done on a page.
type Action = chromedp.Action[chromedp.Void]

// command is an action of the debugging protocol itself.
func command[P, R any](cmd cdp.Command[P, R], params P) Action {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, cmd, params)
		return err
	})
}

func (s Size) emulate() Action {
	if s.Width < 600 {
		return chromedp.EmulateViewport(s.Width, s.Height, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	return chromedp.EmulateViewport(s.Width, s.Height)
}

// event collects the problems that the page reports.
func (p *Page) event(ev any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch ev := ev.(type) {
	case *runtime.EventExceptionThrown:
		d := ev.ExceptionDetails
		what := d.Text
		if d.Exception != nil {
			what += " " + d.Exception.Description
		}
		p.problems = append(p.problems, fmt.Sprintf("threw %s (%s:%d)", what, d.URL, d.LineNumber+1))
	case *log.EventEntryAdded:
		e := ev.Entry
		if e.Level == log.EntryLevelError && !strings.Contains(e.Text, "WebSocket") && !strings.Contains(e.Text, "net::ERR") {
			p.problems = append(p.problems, "logged "+e.Text)
		}
	}
}

// Problems returns and clears the problems so far, for a test that expects some.
func (p *Page) Problems() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() { p.problems = nil }()
	return p.problems
}

// Run does things on the page.
func (p *Page) Run(actions ...Action) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, Patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatalf("webtest: %v (screenshot: %s)", err, p.shoot("failed"))
	}
}

// Eval evaluates JavaScript; it may be a promise.
func Eval[T any](p *Page, js string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, Patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("webtest: evaluating %s: %v", js, err)
	}
	return v
}

// Wait waits until a JavaScript expression is true.
func (p *Page) Wait(what, js string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, Patience)
	defer cancel()
	poll := chromedp.Poll[chromedp.Void](js, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(Patience))
	if _, err := chromedp.Run(ctx, poll); err != nil {
		path := p.shoot("waited")
		p.t.Fatalf("webtest: waiting for %s: %v (screenshot: %s)", what, err, path)
	}
}

// Reload loads the page again.
func (p *Page) Reload() { p.t.Helper(); p.Run(chromedp.Reload()) }

// Prefer sets the color scheme that the system prefers, dark or light.
func Prefer(scheme string) Action {
	return command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme},
		{Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// Screenshot saves what is seen as <name>.png among the test's artifacts: `go
// test -artifacts` keeps them.
func (p *Page) Screenshot(name string) {
	p.t.Helper()
	if err := p.save(p.t.ArtifactDir(), name); err != nil {
		p.t.Fatalf("webtest: screenshot %s: %v", name, err)
	}
}

// shoot leaves a picture of what was seen when a test failed.
func (p *Page) shoot(name string) string {
	dir, err := os.MkdirTemp("", "parley-page-")
	if err == nil {
		err = p.save(dir, name)
	}
	if err != nil {
		return "none: " + err.Error()
	}
	return filepath.Join(dir, name+".png")
}

func (p *Page) save(dir, name string) error {
	ctx, cancel := context.WithTimeout(p.ctx, Patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return fmt.Errorf("taking it: %w", err)
	}
	return os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600)
}
