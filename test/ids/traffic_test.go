package ids

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/idwire"

	"github.com/nats-io/nats.go"
)

// traffic asks for IDs, from some askers that each wait for their answers, and
// shows all of them to the census.
type traffic struct {
	nc     *nats.Conn
	census *Census
	// answered and refused count requests; by code.
	answered atomic.Int64
	mu       sync.Mutex
	refused  map[string]int
	wrong    []error
	// latest is the largest distance of an ID's time before and after the
	// moment its answer came.
	behind, ahead time.Duration
}

func newTraffic(nc *nats.Conn, c *Census) *traffic {
	return &traffic{nc: nc, census: c, refused: make(map[string]int)}
}

// maxWait bounds one request. What is asked of a process that stands still is
// never answered, or late: then it is not seen, and is lost as far as anybody
// is concerned.
const maxWait = 2 * time.Second

// run asks until ctx ends. Every tenth asker asks for single IDs, the others
// for the largest blocks.
func (tr *traffic) run(ctx context.Context, askers int) {
	var all sync.WaitGroup
	for i := range askers {
		all.Go(func() {
			order := NewOrder()
			for ctx.Err() == nil {
				var err error
				if i%4 == 3 {
					err = tr.ids(ctx, order)
				} else {
					err = tr.grant(ctx, order)
				}
				if err != nil {
					tr.mu.Lock()
					tr.wrong = append(tr.wrong, err)
					tr.mu.Unlock()
					return
				}
			}
		})
	}
	all.Wait()
}

func (tr *traffic) grant(ctx context.Context, order *Order) error {
	data, ok := tr.ask(ctx, idwire.SubjectGrant, wire.Encode(idwire.GrantRequest{V: wire.Version, Count: snowflake.MaxBlock}))
	if !ok {
		return nil
	}
	m, err := wire.Decode[idwire.Grant](data)
	if err != nil {
		return err
	}
	if m.Code != "" {
		tr.refusal(ctx, string(m.Code))
		return nil
	}
	b := m.Block()
	tr.distance(b.At(0))
	return errors.Join(order.Next(b.At(0), b.At(b.Count-1)), tr.census.Block(b))
}

func (tr *traffic) ids(ctx context.Context, order *Order) error {
	const count = 100
	data, ok := tr.ask(ctx, idwire.SubjectNext, wire.Encode(idwire.Request{V: wire.Version, Count: count}))
	if !ok {
		return nil
	}
	m, err := wire.Decode[idwire.IDs](data)
	if err != nil {
		return err
	}
	if m.Code != "" {
		tr.refusal(ctx, string(m.Code))
		return nil
	}
	if len(m.IDs) != count {
		return fmt.Errorf("asked for %d, got %d", count, len(m.IDs))
	}
	tr.distance(m.IDs[0])
	err = order.Next(m.IDs[0], m.IDs[count-1])
	for _, id := range m.IDs {
		err = errors.Join(err, tr.census.ID(id))
	}
	return err
}

func (tr *traffic) ask(ctx context.Context, subject string, request []byte) ([]byte, bool) {
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	m, err := tr.nc.RequestWithContext(ctx, subject, request)
	if err != nil {
		tr.refusal(ctx, err.Error())
		return nil, false
	}
	tr.answered.Add(1)
	return m.Data, true
}

// refusal notes one, and holds the asker back a little.
func (tr *traffic) refusal(ctx context.Context, why string) {
	tr.mu.Lock()
	tr.refused[why]++
	tr.mu.Unlock()
	select {
	case <-ctx.Done():
	case <-time.After(10 * time.Millisecond):
	}
}

// distance notes how far an ID's time is from now.
func (tr *traffic) distance(id snowflake.ID) {
	d := time.Since(id.Time())
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.behind, tr.ahead = max(tr.behind, d), max(tr.ahead, -d)
}

func (tr *traffic) failure() error {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return errors.Join(tr.wrong...)
}
