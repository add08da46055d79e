package proc

import (
	"fmt"
	"strings"
	"testing"

	"parley/internal/cluster"
)

// Broker is the process of one broker that has every stream.
type Broker struct {
	*Process
	t     testing.TB
	url   string
	start func(listen string) *Process
}

// StartBroker starts a broker on a directory and creates the streams.
func (p Program) StartBroker(t testing.TB, data string) *Broker {
	t.Helper()
	return p.StartBrokerBy(t, func(listen string) *Process {
		return p.Start(t, "broker", "--data", data, "--listen", listen)
	})
}

// StartBrokerBy is [Program.StartBroker] with a function that starts the process on an
// address.
func (p Program) StartBrokerBy(t testing.TB, start func(listen string) *Process) *Broker {
	t.Helper()
	b := &Broker{Process: start("127.0.0.1:0"), t: t, start: start}
	b.url = b.Process.URL()
	p.Init(t, "init", "--nats", b.url)
	return b
}

// URL returns where the broker listens, also when it is stopped.
func (b *Broker) URL() string { return b.url }

// Restart starts the broker again at its address, which a connection that is about
// to end may have taken meanwhile.
func (b *Broker) Restart() {
	b.t.Helper()
	Eventually(b.t, Patience, "starting the broker again", func() error {
		b.Process = b.start(strings.TrimPrefix(b.url, "nats://"))
		for {
			switch out := b.Output(); {
			case strings.Contains(out, "NATS listens on"):
				return nil
			case b.Ended() && strings.Contains(out, "in use"):
				return fmt.Errorf("the port is taken: %s", out)
			case b.Ended():
				b.t.Fatalf("the broker does not start:\n%s", out)
			}
			b.OneMore()
		}
	})
}

// StartCluster starts the processes of a plan, one stage after another, and creates the
// streams with the command init when the brokers are ready. start starts a process and
// returns what waits until it is ready.
func (p Program) StartCluster(t testing.TB, plan []cluster.Process, init []string, start func(cluster.Process) (await func())) {
	t.Helper()
	for stage := cluster.StageBrokers; stage <= cluster.StageEdge; stage++ {
		var ready []func()
		for _, m := range plan {
			if m.Stage == stage {
				ready = append(ready, start(m))
			}
		}
		for _, await := range ready {
			await()
		}
		if stage == cluster.StageBrokers {
			p.Init(t, init...)
		}
	}
}

// Init runs the init command with args until it succeeds.
func (p Program) Init(t testing.TB, args ...string) {
	t.Helper()
	Eventually(t, Patience, "creating the streams", func() error {
		if out, errs, code := p.Run(t, args...); code != ExitOK {
			return fmt.Errorf("init: exit %d\n%s%s", code, out, errs)
		}
		return nil
	})
}
