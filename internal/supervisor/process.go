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

// The pause before a process is restarted doubles each time, and is reset to the
// shortest one after the process has been ready for a while.
const (
	minPause = 250 * time.Millisecond
	maxPause = 15 * time.Second
	// healthy is how long the process must have been ready for that.
	healthy = 10 * time.Second
)

// supervised is the role that keeps one process of the cluster running: it restarts the
// process when it ends. It fails only if the process does not start the first time,
// since then the cause is probably permanent.
//
// States: started -> ready -> ended -> (pause) -> started; a cancel drains.
type supervised struct {
	s       *Supervisor
	plan    cluster.Process
	address string
	// first is called when the process is ready for the first time.
	first func()

	// Owned by Run.
	served bool // whether it has been ready
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
	p.publishEvent(c.Cmd.Process.Pid, event, fmt.Sprintf("process %d", c.Cmd.Process.Pid), 0)
	return p.follow(ctx, c)
}

// notStarted fails while the cluster starts; later the process is only started again.
func (p *supervised) notStarted(err error) error {
	if !p.served {
		return err
	}
	p.publishEvent(0, eventEnded, fmt.Sprintf("%v, again in %v", err, p.pause), p.pause)
	return nil
}

// follow waits until the process has ended, and returns an error if it should not be
// restarted.
func (p *supervised) follow(ctx context.Context, c *child.Process) error {
	var since time.Time
	trim := time.NewTicker(trimEvery)
	defer trim.Stop()
	for {
		select {
		case <-c.Ready:
			since = time.Now()
			p.publishEvent(c.Cmd.Process.Pid, eventReady, p.address, 0)
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
				return fmt.Errorf("%s does not start (%s), its log %s ends with: %s", p.plan.Name, c.How(), p.s.Logs.Path(p.plan.Name), c.LastOutput())
			}
			p.publishEvent(c.Cmd.Process.Pid, eventEnded, fmt.Sprintf("%s, again in %v", c.How(), p.pause), p.pause)
			return nil
		case <-ctx.Done():
			return p.drain(c)
		}
	}
}

func (p *supervised) drain(c *child.Process) error {
	began := time.Now()
	p.publishEvent(c.Cmd.Process.Pid, eventDraining, "", 0)
	if err := c.Drain(); err != nil {
		p.publishEvent(c.Cmd.Process.Pid, eventEnded, err.Error(), 0)
		return err
	}
	p.publishEvent(c.Cmd.Process.Pid, eventDrained, fmt.Sprintf("in %v", time.Since(began).Round(time.Millisecond)), 0)
	return nil
}

func (p *supervised) publishEvent(pid int, event, detail string, again time.Duration) {
	p.s.OnEvent(Event{Process: p.plan.Name, Role: p.plan.Role, Event: event, PID: pid, Address: p.address, Starts: p.starts, AgainMS: again.Milliseconds(), Detail: detail})
}

// stage is a role that runs the processes of one stage concurrently: it is ready when
// all are, and ends when all have ended. The first one that fails stops the others.
type stage struct {
	members []*supervised
	missing atomic.Int32 // the number of processes that have not been ready yet
	ready   chan struct{}
}

func newStage() *stage { return &stage{ready: make(chan struct{})} }

func (t *stage) add(s *Supervisor, p cluster.Process, address string) {
	t.members = append(t.members, &supervised{s: s, plan: p, address: address, pause: minPause, first: t.oneReady})
	t.missing.Add(1)
}

func (t *stage) oneReady() {
	if t.missing.Add(-1) == 0 {
		close(t.ready)
	}
}

// Ready is closed when every process has been ready.
func (t *stage) Ready() <-chan struct{} { return t.ready }

// Run runs all processes until ctx ends or one fails.
func (t *stage) Run(ctx context.Context) error {
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
