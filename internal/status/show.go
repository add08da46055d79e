package status

import (
	"context"
	"slices"
	"strings"
	"time"

	"parley/internal/cli"

	"github.com/nats-io/nats.go"
)

// Show looks at the system of a connection and shows it once, with rates over an
// interval, or with watch again and again until ctx ends. urls are the addresses that
// the connection was given.
func Show(ctx context.Context, a *cli.App, nc *nats.Conn, urls string, interval time.Duration, watch bool) error {
	looks, err := newLooks(nc, urls)
	if err != nil {
		return err
	}
	defer looks.close()
	screen := newScreen(a)
	defer screen.close()
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for first := true; ; first = false {
		s := looks.look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		// A rate needs two looks.
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

// Greeting are the addresses without those where nobody greets, if others do: a
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

// PrintBrokers says what there is at the addresses of brokers.
func PrintBrokers(a *cli.App, probes []probe) {
	s := &Report{}
	s.addBrokers(&answers{probes: probes}, &memory{at: map[string]string{}})
	s.printProcesses(a)
	a.Printf("\n")
}
