package chaos

import (
	"context"
	"fmt"
	"sync"
	"time"

	"parley/participants/food"
	"parley/test/model"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

const (
	lookEvery = 100 * time.Millisecond
	// lookFor bounds one question to a participant, which may be dead, so that the
	// next one is not late. A question waits askWithin for its answer.
	lookFor   = 500 * time.Millisecond
	askWithin = 5 * time.Second
)

// doubts measures what is in doubt, again and again.
type doubts struct {
	// conns are connections to all brokers: one of them can reach a participant
	// if anybody can.
	conns []*nats.Conn

	mu      sync.Mutex
	samples []model.Sample
}

var participantNames = [...]string{food.Inventory, food.Delivery}

// look asks both participants, for a while.
func (d *doubts) look(ctx context.Context, within time.Duration) model.Sample {
	s := model.Sample{At: time.Now()}
	for _, name := range participantNames {
		b, err := d.ask(ctx, name, within)
		if err != nil {
			s.Silent++
			continue
		}
		s.Doubt += b.Prepared
		for _, branch := range b.Branches {
			if branch.State == txwire.BranchPrepared {
				s.Oldest = max(s.Oldest, s.At.Sub(time.UnixMilli(branch.At)))
			}
		}
	}
	return s
}

// ask asks over every connection, and takes the first answer.
func (d *doubts) ask(ctx context.Context, name string, within time.Duration) (txwire.Branches, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	var asking sync.WaitGroup
	defer asking.Wait()
	defer cancel()
	answers := make(chan *nats.Msg, len(d.conns))
	for _, nc := range d.conns {
		asking.Go(func() {
			m, err := nc.RequestWithContext(ctx, txwire.BranchSubject(name), wire.Encode(txwire.BranchQuery{V: wire.Version}))
			if err != nil {
				m = nil // nobody listens, or not in time
			}
			answers <- m
		})
	}
	for range d.conns {
		if m := <-answers; m != nil {
			b, err := wire.Decode[txwire.Branches](m.Data)
			if err == nil && b.Code != "" {
				err = fmt.Errorf("%s cannot answer: %s: %s", name, b.Code, b.Reason)
			}
			return b, err
		}
	}
	return txwire.Branches{}, fmt.Errorf("%s does not answer", name)
}

// run looks until ctx ends.
func (d *doubts) run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		s := d.look(ctx, lookFor)
		if ctx.Err() != nil {
			return
		}
		d.mu.Lock()
		d.samples = append(d.samples, s)
		d.mu.Unlock()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (d *doubts) all() []model.Sample {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.samples
}

// cleared is nil when both participants answer and nothing is in doubt since
// before a moment.
func (d *doubts) cleared(ctx context.Context, since time.Time) error {
	s := d.look(ctx, askWithin)
	switch {
	case s.Silent > 0:
		return fmt.Errorf("%d participants do not answer", s.Silent)
	case s.Oldest > s.At.Sub(since):
		return fmt.Errorf("a branch has been in doubt for %v", s.Oldest)
	default:
		return nil
	}
}
