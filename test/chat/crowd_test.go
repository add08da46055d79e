package chat

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"parley/test/chat/cluster"
	"parley/test/proc"
)

// crowd is all clients, and what they share.
type crowd struct {
	gateways []*cluster.Member
	members  []member
	raw      []*client

	// quiet: send nothing new.
	quiet atomic.Bool
	// over is closed when nothing is broken any more.
	over chan struct{}
	// acknowledged messages, refusals to be tried again, and clients that were
	// cut off while they did not read.
	acknowledged, refusals, stalled atomic.Int64

	work sync.WaitGroup
	stop context.CancelFunc
}

var roomNames = [4]string{"attic", "cellar", "kitchen", "lobby"}

// member is one client.
type member interface {
	run(ctx context.Context)
	// settled is nil when nothing is left to do.
	settled() error
	reached(ends map[string]uint64) error
	all() []Sent
	notebook() *notes
}

func (n *notes) notebook() *notes { return n }

// newCrowd makes n clients, of which one in six is the library's session. Each
// is in two rooms.
func newCrowd(gateways []*cluster.Member, n int, seed uint64) *crowd {
	c := &crowd{gateways: gateways, over: make(chan struct{})}
	for i := range n {
		rooms := []string{roomNames[i%4], roomNames[(i+1+i/4%3)%4]}
		if i%6 == 5 {
			c.members = append(c.members, newSessionClient(c, fmt.Sprint("session-", i), seed+uint64(i), rooms))
			continue
		}
		raw := newClient(c, fmt.Sprint("raw-", i), seed+uint64(i), rooms)
		c.raw = append(c.raw, raw)
		c.members = append(c.members, raw)
	}
	return c
}

func (c *crowd) start(ctx context.Context) {
	ctx, c.stop = context.WithCancel(ctx)
	for _, m := range c.members {
		c.work.Go(func() { m.run(ctx) })
	}
}

// end stops all clients.
func (c *crowd) end() {
	c.stop()
	c.work.Wait()
}

// await waits until n more messages were acknowledged.
func (c *crowd) await(t testing.TB, n int64) {
	t.Helper()
	goal := c.acknowledged.Load() + n
	proc.Eventually(t, proc.Patience, fmt.Sprintf("%d more messages", n), func() error {
		if at := c.acknowledged.Load(); at < goal {
			return fmt.Errorf("%d are missing", goal-at)
		}
		return nil
	})
}

// settle waits until every client has sent what it wanted to send and was shown
// its rooms up to the ends, which are returned.
func (c *crowd) settle(t testing.TB, ends func() (map[string]uint64, error)) (at map[string]uint64) {
	t.Helper()
	c.quiet.Store(true)
	close(c.over)
	proc.Eventually(t, proc.Patience, "everybody has sent what was begun", func() error { return first(c.members, member.settled) })
	proc.Eventually(t, proc.Patience, "reading the ends", func() (err error) {
		at, err = ends()
		return err
	})
	proc.Eventually(t, proc.Patience, "everybody was shown the end", func() error {
		return first(c.members, func(m member) error { return m.reached(at) })
	})
	return at
}

func first(members []member, f func(member) error) error {
	var errs []error
	for _, m := range members {
		errs = append(errs, f(m))
	}
	return errors.Join(errs...)
}
