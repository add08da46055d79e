package main

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

type benchChatCmd struct {
	jsonFlag
	Only        []string      `enum:"idle,joins,fanout,slow,history" placeholder:"PART" help:"Measure only idle, joins, fanout, slow or history; may be repeated (default: all)."`
	Connections int           `default:"5000" placeholder:"N" help:"Connections of the parts idle and joins (default ${default})."`
	From        int           `default:"1000" placeholder:"N" help:"From how many idle connections on memory is weighed (default ${default})."`
	Settle      time.Duration `default:"15s" placeholder:"DURATION" help:"Between opening connections and weighing them (default ${default})."`
	Rooms       int           `default:"100" placeholder:"N" help:"Rooms that those connections are spread over (default ${default})."`
	Concurrency int           `default:"64" placeholder:"N" help:"Connections that are opened at a time (default ${default})."`
	Subscribers int           `default:"1000" placeholder:"N" help:"People in the one room of the parts fanout and slow (default ${default})."`
	Rate        int           `default:"100" placeholder:"N" help:"Messages that they say each second, together (default ${default})."`
	Text        int           `default:"100" placeholder:"BYTES" help:"Length of a message's text (default ${default})."`
	Duration    time.Duration `default:"20s" placeholder:"DURATION" help:"How long the parts fanout and slow measure (default ${default})."`
	WarmUp      time.Duration `default:"3s" placeholder:"DURATION" help:"Load before that (default ${default})."`
	Stalled     float64       `default:"1" placeholder:"PERCENT" help:"Readers that stop reading in the part slow (default ${default})."`
	Messages    int           `default:"1000000" placeholder:"N" help:"Messages stored for the part history (default ${default})."`
	Pages       int           `default:"2000" placeholder:"N" help:"Pages to ask for (default ${default})."`
	Data        string        `placeholder:"DIR" help:"Where to make the temporary data directory; choose the disk to measure."`
	Progress    bool          `help:"Show what is being measured even when stderr is not a terminal."`
	Cpuprofile  string        `hidden:"" placeholder:"DIR" help:"Write a CPU profile of every process into DIR."`
}

func (*benchChatCmd) Help() string {
	return `Starts a broker, an idworker and, for each part, a chat gateway as processes of their own with everything durable, and is itself all the people. One after the other: memory of idle connections; connections opened and joined a second; one room in which many listen and some talk, each message acknowledged once it is stored; the same with some readers stalled; pages of a long history. Every connection's messages are checked: each once, in order.

Examples:

    parley bench chat
    parley bench chat --only fanout --duration 1m --json
    parley bench chat --only history --messages 100000`
}

func (c *benchChatCmd) Validate() error {
	for _, n := range []struct {
		flag               string
		value, least, most int
	}{
		{"connections", c.Connections, 2, 100_000},
		{"from", c.From, 1, 100_000},
		{"rooms", c.Rooms, 1, 10_000},
		{"concurrency", c.Concurrency, 1, 4096},
		{"subscribers", c.Subscribers, 2, 100_000},
		{"rate", c.Rate, 1, 10_000},
		{"text", c.Text, 40, chatwire.MaxText},
		{"messages", c.Messages, 100, 100_000_000},
		{"pages", c.Pages, 10, 1_000_000},
	} {
		if n.value < n.least || n.value > n.most {
			return fmt.Errorf("--%s is %d, allowed is %d to %d", n.flag, n.value, n.least, n.most)
		}
	}
	switch {
	case c.From >= c.Connections:
		return fmt.Errorf("--from is %d, it must be below --connections, which is %d", c.From, c.Connections)
	case c.Duration < 100*time.Millisecond || c.Duration > time.Hour:
		return fmt.Errorf("--duration is %v, allowed is 100ms to 1h", c.Duration)
	case c.WarmUp < 0 || c.WarmUp > time.Hour:
		return fmt.Errorf("--warm-up is %v, allowed is 0s to 1h", c.WarmUp)
	case c.Settle < 0 || c.Settle > time.Hour:
		return fmt.Errorf("--settle is %v, allowed is 0s to 1h", c.Settle)
	case c.Stalled <= 0 || c.Stalled > 50:
		return fmt.Errorf("--stalled is %v, allowed is more than 0 and at most 50", c.Stalled)
	case c.talkers() > c.Subscribers:
		return fmt.Errorf("--rate is %d, which takes %d people: --subscribers is %d", c.Rate, c.talkers(), c.Subscribers)
	}
	return nil
}

// perTalker is how many messages a second one person says: fewer than the 5
// that a gateway allows by default.
const perTalker = 4

// talkers is how many of the subscribers talk.
func (c *benchChatCmd) talkers() int { return (c.Rate + perTalker - 1) / perTalker }

func (c *benchChatCmd) wants(part string) bool {
	return len(c.Only) == 0 || slices.Contains(c.Only, part)
}

// chatBench is a run.
type chatBench struct {
	*benchChatCmd
	app    *cli.App
	system *system
	report benchChatReport
	// gateways that were started, to name each.
}

func (c *benchChatCmd) Run(ctx context.Context, a *cli.App) (err error) {
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
	nc, err := natsFlags{NATS: s.url}.connect(ctx, "bench")
	if err != nil {
		return err
	}
	defer nc.Close()
	b := &chatBench{benchChatCmd: c, app: a, system: s}
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
	if a.JSON {
		a.PrintJSON(r)
	} else {
		r.print(a)
	}
	if bad := r.Lost + r.Duplicates + r.Unacknowledged; bad > 0 {
		return cli.Failed(fmt.Errorf("%d deliveries were lost, %d came twice, %d messages were not acknowledged", r.Lost, r.Duplicates, r.Unacknowledged), "this must never happen: please report it")
	}
	return nil
}

// enoughFiles reports whether this process and the gateway, which inherits its
// limit, may have as many connections as are asked for.
func (c *benchChatCmd) enoughFiles() error {
	const others = 200
	need := c.Subscribers
	if c.wants(partIdle) || c.wants(partJoins) {
		need = max(need, c.Connections)
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("reading the limit of open files: %w", err)
	}
	// Go has raised what counts to the highest that is allowed.
	if uint64(need+others) > limit.Cur {
		return cli.Wrong(fmt.Errorf("%d connections are asked for, this process may have %d files open", need, limit.Cur), "raise the limit with `ulimit -n`, or ask for fewer")
	}
	return nil
}

// say tells what is being measured.
func (b *chatBench) say(format string, args ...any) {
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
