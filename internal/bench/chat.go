package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"time"

	"parley/internal/catalog"
	"parley/internal/cli"
	"parley/internal/streams"
	"parley/wire/chatwire"
)

// Parts of the benchmark of the chat.
const (
	partIdle    = "idle"
	partJoins   = "joins"
	partFanout  = "fanout"
	partSlow    = "slow"
	partHistory = "history"
)

// Chat is the configuration of the benchmark of the chat.
type Chat struct {
	Only        []string
	Connections int
	From        int
	Settle      time.Duration
	Rooms       int
	Concurrency int
	Subscribers int
	Rate        int
	Text        int
	Duration    time.Duration
	WarmUp      time.Duration
	Stalled     float64
	Messages    int
	Pages       int
	Data        string
	Progress    bool
	Cpuprofile  string
}

// perSender is how many messages a second one person sends: fewer than the 5
// that a gateway allows by default.
const perSender = 4

// Senders returns how many of the subscribers send messages.
func (c Chat) Senders() int { return (c.Rate + perSender - 1) / perSender }

func (c Chat) wants(part string) bool {
	return len(c.Only) == 0 || slices.Contains(c.Only, part)
}

// chatBench is one run of the benchmark.
type chatBench struct {
	Chat
	app    *cli.App
	system *system
	report chatReport
}

// Run measures and prints the report.
func (c Chat) Run(ctx context.Context, a *cli.App) (err error) {
	if err := c.enoughFiles(); err != nil {
		return err
	}
	s, err := newSystem(ctx, c.Data, c.Cpuprofile)
	if err != nil {
		return cli.Failed(err, "")
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	if _, err := s.start(ctx, catalog.IDWorker, nil, "idworker", "--nats", s.url); err != nil {
		return cli.Failed(err, "")
	}
	nc, err := cli.Connect(ctx, s.url, "", "bench")
	if err != nil {
		return err
	}
	defer nc.Close()
	b := &chatBench{Chat: c, app: a, system: s}
	r := &b.report
	r.CPUs, r.Durability = runtime.NumCPU(), string(streams.Verify(ctx, nc, chatwire.Stream().Name))
	before := readCPU()
	for _, part := range []struct {
		name string
		run  func(context.Context) error
	}{
		{partIdle, b.idle},
		{partJoins, b.joins},
		{partFanout, b.fanout},
		{partSlow, b.slow},
		{partHistory, func(ctx context.Context) error { return b.history(ctx, nc) }},
	} {
		if !c.wants(part.name) {
			continue
		}
		if err := part.run(ctx); err != nil {
			return cli.Failed(fmt.Errorf("%s: %w", part.name, err), "")
		}
	}
	r.StealPercent = readCPU().stealSince(before)
	a.Show(r, r.print)
	if bad := r.Lost + r.Duplicates + r.Unacknowledged; bad > 0 {
		return cli.Failed(fmt.Errorf("%d deliveries were lost, %d were duplicated, %d messages were not acknowledged", r.Lost, r.Duplicates, r.Unacknowledged), "this must never happen: please report it")
	}
	return nil
}

// enoughFiles returns an error unless this process and the gateway, which inherits its
// limit, may open as many connections as configured.
func (c Chat) enoughFiles() error {
	const others = 200
	need := c.Subscribers
	if c.wants(partIdle) || c.wants(partJoins) {
		need = max(need, c.Connections)
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("reading the limit of open files: %w", err)
	}
	// The Go runtime has raised the soft limit to the hard one.
	if uint64(need+others) > limit.Cur {
		return cli.Wrong(fmt.Errorf("%d connections are needed, this process may have %d files open", need, limit.Cur), "raise the limit with `ulimit -n`, or measure with fewer")
	}
	return nil
}

// progress prints what is being measured.
func (b *chatBench) progress(format string, args ...any) {
	if b.Progress || cli.IsTerminal(b.app.Err) {
		fmt.Fprintf(b.app.Err, "measuring: "+format+"\n", args...)
	}
}

// pause waits, unless the run ends or a process dies.
func (b *chatBench) pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case err := <-b.system.died:
		return err
	}
}
