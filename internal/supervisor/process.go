package supervisor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"parley/internal/child"
	"parley/internal/cluster"
)

// The pause before a process is started again doubles each time, and is the
// least one again after it has been ready for a while.
const (
	minPause = 250 * time.Millisecond
	maxPause = 15 * time.Second
	// healthy is how long it must have been ready for that.
	healthy = 10 * time.Second
)

// supervised is one process of the cluster. As a role it goes on while the
// process is dead: it starts it again. It fails only if the process does not
// start the first time, since then something is wrong that trying again will
// not mend.
//
// States: started -> ready -> ended -> (pause) -> started; a cancel drains.
type supervised struct {
	s       *Supervisor
	plan    cluster.Process
	address string
	// first is called when the process serves for the first time.
	first func()

	// Owned by Run.
	served bool // it was ready once
	starts int
	pause  time.Duration
}

// Run keeps the process running until ctx ends, and then drains it.
func (p *supervised) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := p.once(ctx)
		if err != nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(p.pause):
		}
		p.pause = min(2*p.pause, maxPause)
	}
	return nil
}

// once runs the process until it ends.
func (p *supervised) once(ctx context.Context) error {
	log, err := p.s.Logs.open(p.plan.Name)
	if err != nil {
		return p.notStarted(err)
	}
	defer log.Close()
	args := append(append([]string(nil), p.plan.Args...), p.s.Flags...)
	fmt.Fprintf(log, "\n%s parley %s\n", time.Now().Format(time.RFC3339), strings.Join(p.plan.Args, " "))
	c, err := child.StartLogged(p.plan.Name, p.s.Program, args, log)
	if err != nil {
		return p.notStarted(err)
	}
	defer p.s.Shutdown.Add(c)()
	event := eventStarted
	if p.starts++; p.starts > 1 {
		event = eventRestarted
	}
	p.say(c.Cmd.Process.Pid, event, fmt.Sprintf("process %d", c.Cmd.Process.Pid), 0)
	return p.follow(ctx, c)
}

// notStarted ends the cluster while it starts; later the process is tried again.
func (p *supervised) notStarted(err error) error {
	if !p.served {
		return err
	}
	p.say(0, eventEnded, fmt.Sprintf("%v, again in %v", err, p.pause), p.pause)
	return nil
}

// follow returns when the process has ended, and an error if it should not be
// started again.
func (p *supervised) follow(ctx context.Context, c *child.Process) error {
	var since time.Time
	trim := time.NewTicker(trimEvery)
	defer trim.Stop()
	for {
		select {
		case <-c.Ready:
			since = time.Now()
			p.say(c.Cmd.Process.Pid, eventReady, p.address, 0)
			if !p.served {
				p.served = true
				p.first()
			}
		case <-trim.C:
			p.s.Logs.trim(p.plan.Name)
		case <-c.Ended:
			if !since.IsZero() && time.Since(since) >= healthy {
				p.pause = minPause
			}
			if !p.served && c.Cmd.ProcessState.Exited() {
				return fmt.Errorf("%s does not start (%s), its log %s ends with: %s", p.plan.Name, c.How(), p.s.Logs.Path(p.plan.Name), c.Said())
			}
			p.say(c.Cmd.Process.Pid, eventEnded, fmt.Sprintf("%s, again in %v", c.How(), p.pause), p.pause)
			return nil
		case <-ctx.Done():
			return p.drain(c)
		}
	}
}

func (p *supervised) drain(c *child.Process) error {
	began := time.Now()
	p.say(c.Cmd.Process.Pid, eventDraining, "", 0)
	if err := c.Drain(); err != nil {
		p.say(c.Cmd.Process.Pid, eventEnded, err.Error(), 0)
		return err
	}
	p.say(c.Cmd.Process.Pid, eventDrained, fmt.Sprintf("in %v", time.Since(began).Round(time.Millisecond)), 0)
	return nil
}

func (p *supervised) say(pid int, event, detail string, again time.Duration) {
	p.s.Say(Event{Process: p.plan.Name, Role: p.plan.Role, Event: event, PID: pid, Address: p.address, Starts: p.starts, AgainMS: again.Milliseconds(), Detail: detail})
}

// together is a role that runs the processes of one stage at once: ready when all
// are, and ended when all have. The first one that fails stops the others.
type together struct {
	members []*supervised
	missing atomic.Int32 // how many have not been ready yet
	ready   chan struct{}
}

func newTogether() *together { return &together{ready: make(chan struct{})} }

func (t *together) add(s *Supervisor, p cluster.Process, address string) {
	t.members = append(t.members, &supervised{s: s, plan: p, address: address, pause: minPause, first: t.oneReady})
	t.missing.Add(1)
}

func (t *together) oneReady() {
	if t.missing.Add(-1) == 0 {
		close(t.ready)
	}
}

// Ready is closed when every process has served.
func (t *together) Ready() <-chan struct{} { return t.ready }

// Run runs all until ctx ends or one fails.
func (t *together) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, len(t.members))
	for _, p := range t.members {
		go func() { ended <- p.Run(ctx) }()
	}
	var errs []error
	for range t.members {
		if err := <-ended; err != nil {
			errs = append(errs, err)
			cancel()
		}
	}
	return errors.Join(errs...)
}
