package main

import (
	"context"
	"fmt"
	"time"

	"parley/internal/bench"
	"parley/internal/cli"
	"parley/wire/chatwire"
)

type benchChatCmd struct {
	jsonFlag
	benchChatFlags
}

// benchChatFlags have the fields of [bench.Chat].
type benchChatFlags struct {
	Only        []string      `enum:"idle,joins,fanout,slow,history" placeholder:"PART" help:"Measure only idle, joins, fanout, slow or history; may be repeated (default: all)."`
	Connections int           `default:"5000" placeholder:"N" help:"Connections of the parts idle and joins (default ${default})."`
	From        int           `default:"1000" placeholder:"N" help:"Number of idle connections at the first measurement of memory (default ${default})."`
	Settle      time.Duration `default:"15s" placeholder:"DURATION" help:"Time between opening connections and measuring memory (default ${default})."`
	Rooms       int           `default:"100" placeholder:"N" help:"Rooms that those connections are spread over (default ${default})."`
	Concurrency int           `default:"64" placeholder:"N" help:"Connections that are opened at a time (default ${default})."`
	Subscribers int           `default:"1000" placeholder:"N" help:"People in the one room of the parts fanout and slow (default ${default})."`
	Rate        int           `default:"100" placeholder:"N" help:"Messages a second that they send, together (default ${default})."`
	Text        int           `default:"100" placeholder:"BYTES" help:"Length of a message's text (default ${default})."`
	Duration    time.Duration `default:"20s" placeholder:"DURATION" help:"How long the parts fanout and slow measure (default ${default})."`
	WarmUp      time.Duration `default:"3s" placeholder:"DURATION" help:"Load before that (default ${default})."`
	Stalled     float64       `default:"1" placeholder:"PERCENT" help:"Readers that stop reading in the part slow (default ${default})."`
	Messages    int           `default:"1000000" placeholder:"N" help:"Messages stored for the part history (default ${default})."`
	Pages       int           `default:"2000" placeholder:"N" help:"Pages to request (default ${default})."`
	Data        string        `placeholder:"DIR" help:"Where to create the temporary data directory; choose the disk to measure."`
	Progress    bool          `help:"Show what is being measured even when stderr is not a terminal."`
	Cpuprofile  string        `hidden:"" placeholder:"DIR" help:"Write a CPU profile of every process into DIR."`
}

func (*benchChatCmd) Help() string {
	return `Starts a broker, an idworker and, for each part, a chat gateway as separate processes with everything durable, and opens all connections itself. It measures one after the other: memory of idle connections; connections opened and joined a second; one room with many readers and some senders, each message acknowledged once it is stored; the same with some readers stalled; pages of a long history. Every connection's messages are checked: each once, in order.

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
	case bench.Chat(c.benchChatFlags).Senders() > c.Subscribers:
		return fmt.Errorf("--rate is %d, which takes %d people: --subscribers is %d", c.Rate, bench.Chat(c.benchChatFlags).Senders(), c.Subscribers)
	}
	return nil
}

func (c *benchChatCmd) Run(ctx context.Context, a *cli.App) error {
	return bench.Chat(c.benchChatFlags).Run(ctx, a)
}
