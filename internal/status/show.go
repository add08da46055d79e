package status

import (
	"context"
	"slices"
	"strings"
	"time"

	"parley/internal/cli"

	"github.com/nats-io/nats.go"
)

// Show prints the state of the system that a connection leads to: once, with rates over
// an interval, or with watch after each interval until ctx ends. urls are the addresses
// that the connection was opened with.
func Show(ctx context.Context, a *cli.App, nc *nats.Conn, urls string, interval time.Duration, watch bool) error {
	samples, err := newSampler(nc, urls)
	if err != nil {
		return err
	}
	defer samples.close()
	screen := newScreen(a)
	defer screen.close()
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for first := true; ; first = false {
		s := samples.snapshot(ctx)
		if ctx.Err() != nil {
			return nil
		}
		// A rate needs two snapshots.
		if !first || watch && !a.JSON {
			if err := s.show(screen, watch); err != nil || !watch {
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

func (s *Report) show(screen *screen, watch bool) error {
	switch {
	case screen.app.JSON:
		screen.app.PrintJSON(s)
		return nil
	case !watch:
		s.print(screen.app)
		return nil
	default:
		return screen.draw(s.print)
	}
}

// Greeting returns the URLs of servers that sent a greeting, or all if none did. A
// connection to one that is paused takes seconds to fail.
func Greeting(urls string, probes []probe) string {
	var greet []string
	for _, one := range strings.Split(urls, ",") {
		at := AddressesOf(one)
		if slices.ContainsFunc(probes, func(p probe) bool { return p.err == nil && slices.Contains(at, p.address) }) {
			greet = append(greet, one)
		}
	}
	if len(greet) == 0 {
		return urls
	}
	return strings.Join(greet, ",")
}

// PrintBrokers prints the state of probed brokers.
func PrintBrokers(a *cli.App, probes []probe) {
	s := &Report{}
	s.addBrokers(&responses{probes: probes}, &memory{at: map[string]string{}})
	s.printProcesses(a)
	a.Printf("\n")
}
