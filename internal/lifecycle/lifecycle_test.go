package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"parley/internal/lifecycle"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 2 * time.Minute

// journal records events in their order.
type journal struct {
	mu     sync.Mutex
	events []string
}

func (j *journal) add(e string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, e)
}

func (j *journal) expect(t *testing.T, want ...string) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	if !slices.Equal(j.events, want) {
		t.Errorf("events are %q, want %q", j.events, want)
	}
}

// role is a scripted lifecycle.Role.
type role struct {
	name     string
	journal  *journal
	ready    chan struct{}
	fail     chan error // makes Run return
	neverUp  bool
	started  func() // may be nil
	stopFail error
}

func newRole(j *journal, name string) *role {
	return &role{name: name, journal: j, ready: make(chan struct{}), fail: make(chan error, 1)}
}

func (r *role) Ready() <-chan struct{} { return r.ready }

func (r *role) Run(ctx context.Context) error {
	r.journal.add("start " + r.name)
	if r.started != nil {
		r.started()
	}
	if !r.neverUp {
		close(r.ready)
	}
	select {
	case err := <-r.fail:
		r.journal.add("fail " + r.name)
		return err
	case <-ctx.Done():
		r.journal.add("stop " + r.name)
		return r.stopFail
	}
}

// run starts the group and returns a channel with the result of its Run.
func run(ctx context.Context, g *lifecycle.Group) <-chan error {
	out := make(chan error, 1)
	go func() { out <- g.Run(ctx) }()
	return out
}

func await[T any](t *testing.T, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatalf("waited %v for %s", patience, what)
	}
	return v
}

// TestGroup runs three roles that are stopped or fail, with the error and the order of
// events that follow.
func TestGroup(t *testing.T) {
	errBoom := errors.New("boom")
	for _, c := range []struct {
		name string
		// before is called before Run, and after when the group is ready, if it is to be.
		before, after func(b *role, cancel func())
		want          error
		text          string
		events        []string
	}{
		{
			"cancel", nil, func(_ *role, cancel func()) { cancel() },
			nil, "",
			[]string{"start a", "start b", "start c", "stop c", "stop b", "stop a"},
		},
		{
			"failure", nil, func(b *role, _ func()) { b.fail <- errBoom },
			errBoom, "b: boom",
			[]string{"start a", "start b", "start c", "fail b", "stop c", "stop a"},
		},
		{
			"failure at the start", func(b *role, _ func()) { b.neverUp = true; b.fail <- errBoom }, nil,
			errBoom, "b: boom",
			[]string{"start a", "start b", "fail b", "stop a"},
		},
		{
			// A role that ends without having been cancelled has failed, whatever it returns.
			"early nil", nil, func(b *role, _ func()) { b.fail <- nil },
			nil, "b stopped on its own",
			[]string{"start a", "start b", "start c", "fail b", "stop c", "stop a"},
		},
		{
			"failed stop", func(b *role, _ func()) { b.stopFail = errBoom }, func(_ *role, cancel func()) { cancel() },
			errBoom, "stopping b: boom",
			[]string{"start a", "start b", "start c", "stop c", "stop b", "stop a"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var j journal
			var g lifecycle.Group
			b := newRole(&j, "b")
			g.Add("a", newRole(&j, "a"))
			g.Add("b", b)
			g.Add("c", newRole(&j, "c"))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if c.before != nil {
				c.before(b, cancel)
			}
			out := run(ctx, &g)
			if c.after != nil {
				await(t, "the group to be ready", g.Ready())
				c.after(b, cancel)
			}
			err := await(t, "the group to end", out)
			if text := fmt.Sprint(err); c.want != nil && !errors.Is(err, c.want) || c.text != "" && text != c.text || c.text == "" && err != nil {
				t.Errorf("Run returned %q, want %q", text, c.text)
			}
			j.expect(t, c.events...)
		})
	}
}

func TestGroupWaitsForReadyBeforeTheNext(t *testing.T) {
	var j journal
	var g lifecycle.Group
	a := newRole(&j, "a")
	a.neverUp = true
	g.Add("a", a)
	g.Add("b", newRole(&j, "b"))
	started := make(chan struct{})
	a.started = func() { close(started) }
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := run(ctx, &g)
	await(t, "a to start", started)
	cancel()
	if err := await(t, "the group to end", out); err != nil {
		t.Errorf("Run returned %v after a cancel", err)
	}
	select {
	case <-g.Ready():
		t.Error("the group is ready though a never was")
	default:
	}
	j.expect(t, "start a", "stop a")
}

// A role's context keeps the values of the group's, but not its cancel.
func TestGroupIsARole(t *testing.T) {
	var _ lifecycle.Role = new(lifecycle.Group)
	var j journal
	var inner, outer lifecycle.Group
	inner.Add("a", newRole(&j, "a"))
	outer.Add("inner", &inner)
	outer.Add("b", newRole(&j, "b"))
	ctx, cancel := context.WithCancel(t.Context())
	out := run(ctx, &outer)
	await(t, "the group to be ready", outer.Ready())
	cancel()
	if err := await(t, "the group to end", out); err != nil {
		t.Error(err)
	}
	j.expect(t, "start a", "start b", "stop b", "stop a")
}

func TestFirstSignalCancelsSecondExits(t *testing.T) {
	exits := make(chan int, 1)
	ctx, stop := lifecycle.Signals(t.Context(), func(code int) { exits <- code })
	defer stop()
	raise(t, syscall.SIGTERM)
	await(t, "the first signal to cancel", ctx.Done())
	select {
	case code := <-exits:
		t.Fatalf("the first signal exits with %d", code)
	default:
	}
	raise(t, syscall.SIGINT)
	if code := await(t, "the second signal to exit", exits); code != lifecycle.ExitInterrupted {
		t.Errorf("exit code is %d, want %d", code, lifecycle.ExitInterrupted)
	}
}

func TestSignalsStopEndsTheContext(t *testing.T) {
	ctx, stop := lifecycle.Signals(t.Context(), func(int) { t.Error("exit without a signal") })
	stop()
	stop()
	if ctx.Err() == nil {
		t.Error("the context lives on after stop")
	}
}

func raise(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), s); err != nil {
		t.Fatal(err)
	}
}

// A task is ready once it is done, and its error ends the group.
func TestTask(t *testing.T) {
	for _, failure := range []error{nil, errors.New("not created")} {
		var g lifecycle.Group
		stopped := false
		g.Add("task", lifecycle.NewTask(func(context.Context) error { return failure }, func() { stopped = true }))
		ctx, cancel := context.WithCancel(t.Context())
		out := run(ctx, &g)
		if failure == nil {
			await(t, "the group to be ready", g.Ready())
			cancel()
		}
		if err := await(t, "the group to end", out); !errors.Is(err, failure) || stopped != (failure == nil) {
			t.Errorf("Run returned %v, stop was called: %v; want %v", err, stopped, failure)
		}
		cancel()
	}
}
