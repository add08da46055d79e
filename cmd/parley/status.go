package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/internal/cli"

	"github.com/nats-io/nats.go"
)

type statusCmd struct {
	natsFlags
	jsonFlag
	Watch    bool          `help:"Go on until Ctrl-C: redraw on a terminal, append elsewhere."`
	Interval time.Duration `default:"1s" placeholder:"DURATION" help:"Time over which rates are measured, and between two looks (default ${default}, at least ${min_interval})."`
}

// minInterval is longer than one look takes when everybody answers.
const minInterval = 500 * time.Millisecond

func (*statusCmd) Help() string {
	return `Shows every process that answers, every broker, the streams, who holds which worker number, what is in doubt, and how fast it goes. What does not answer within a second is shown as such, so that it is of use when half of the cluster is dead. With --watch a process that was seen before and is gone is shown too.

A stream is "synced" when every server that holds it and answers declares that it syncs before it acknowledges; "replicated" and "unverified" can lose acknowledged transactions when the power fails.

Examples:

    parley status
    parley status --watch --interval 2s
    parley status --json`
}

func (c *statusCmd) Validate() error {
	if c.Interval < minInterval {
		return fmt.Errorf("--interval is %v, it must be at least %v", c.Interval, minInterval)
	}
	return nil
}

func (c *statusCmd) Run(ctx context.Context, a *cli.App) error {
	probes := probeAll(ctx, addressesOf(c.NATS))
	nc, err := c.alive(probes).connect(ctx, "status")
	if err != nil {
		return c.unreachable(a, probes, err)
	}
	defer nc.Close()
	looks, err := newLooks(nc, c.NATS)
	if err != nil {
		return err
	}
	defer looks.close()
	screen := newScreen(a)
	defer screen.close()
	tick := time.NewTicker(c.Interval)
	defer tick.Stop()
	for first := true; ; first = false {
		s := looks.look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		// A rate needs two looks.
		if !first {
			if err := c.show(screen, s); err != nil || !c.Watch {
				return err
			}
		} else if c.Watch && !a.JSON {
			if err := c.show(screen, s); err != nil {
				return err
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (c *statusCmd) show(screen *screen, s *statusJSON) error {
	if screen.app.JSON {
		screen.app.PrintJSON(s)
		return nil
	}
	if !c.Watch {
		s.print(screen.app)
		return nil
	}
	return screen.draw(s.print)
}

// alive are the flags without the addresses where nobody greets, if others do:
// a connection to one that is paused takes seconds to fail.
func (c *statusCmd) alive(probes []probe) natsFlags {
	f := c.natsFlags
	var greet []string
	for _, one := range strings.Split(f.NATS, ",") {
		at := addressesOf(one)
		if slices.ContainsFunc(probes, func(p probe) bool { return p.err == nil && slices.Contains(at, p.address) }) {
			greet = append(greet, one)
		}
	}
	if len(greet) > 0 {
		f.NATS = strings.Join(greet, ",")
	}
	return f
}

// unreachable still says what there is at the addresses it was given.
func (c *statusCmd) unreachable(a *cli.App, probes []probe, err error) error {
	if a.JSON || len(probes) < 2 {
		return err
	}
	s := &statusJSON{}
	s.addBrokers(&answers{probes: probes}, &memory{at: map[string]string{}})
	s.printProcesses(a)
	a.Printf("\n")
	return err
}

// errDisconnected: nobody can be asked now.
var errDisconnected = errors.New("not connected to any broker")

func connected(nc *nats.Conn) error {
	if !nc.IsConnected() {
		return errDisconnected
	}
	return nil
}
