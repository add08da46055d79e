package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/nats-io/nats.go"

	"parley/internal/cli"
	"parley/wire"
	"parley/wire/idwire"
)

// duel measures requests for IDs and requests to an echo alternately.
type duel struct {
	nc       *nats.Conn
	inflight int
	id, echo side
}

// side is one of the two services.
type side struct {
	subject string
	request []byte
	check   func([]byte) error

	took    time.Duration
	latency *hdrhistogram.Histogram // nanoseconds
}

// duelRound is the duration of one turn of one side.
const duelRound = 250 * time.Millisecond

func newDuel(nc *nats.Conn, inflight int) *duel {
	request := wire.Encode(idwire.Request{V: wire.Version, Count: 1})
	latency := func() *hdrhistogram.Histogram { return hdrhistogram.New(1, maxLatency*1000, 3) }
	return &duel{
		nc: nc, inflight: inflight,
		id:   side{subject: idwire.SubjectNext, request: request, check: isOneID, latency: latency()},
		echo: side{subject: subjectEcho, request: request, check: func([]byte) error { return nil }, latency: latency()},
	}
}

func isOneID(data []byte) error {
	m, err := wire.Decode[idwire.IDs](data)
	if err == nil && len(m.IDs) != 1 {
		err = fmt.Errorf("requested one ID, got %s", data)
	}
	return err
}

// run measures both sides in turns, each for about the given time in all. The first turn
// of each is a warm-up.
func (d *duel) run(ctx context.Context, each time.Duration) error {
	for _, s := range []*side{&d.id, &d.echo} {
		if err := d.turn(ctx, s); err != nil {
			return err
		}
		s.took = 0
		s.latency.Reset()
	}
	for d.echo.took < each && ctx.Err() == nil {
		if err := errors.Join(d.turn(ctx, &d.id), d.turn(ctx, &d.echo)); err != nil {
			return err
		}
	}
	return nil
}

func (d *duel) turn(ctx context.Context, s *side) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	errs := make([]error, d.inflight)
	took := make([][]time.Duration, d.inflight)
	start := time.Now()
	for i := range d.inflight {
		all.Go(func() {
			for ctx.Err() == nil && time.Since(start) < duelRound {
				began := time.Now()
				m, err := d.nc.Request(s.subject, s.request, cli.AskTimeout)
				took[i] = append(took[i], time.Since(began))
				if err == nil {
					err = s.check(m.Data)
				}
				if err != nil {
					errs[i] = fmt.Errorf("requesting %s: %w", s.subject, err)
					cancel()
					return
				}
			}
		})
	}
	all.Wait()
	s.took += time.Since(start)
	for _, latencies := range took {
		for _, l := range latencies {
			_ = s.latency.RecordValue(max(l.Nanoseconds(), 1)) // bounded by cli.AskTimeout
		}
	}
	return errors.Join(errs...)
}

func (s *side) perSecond() float64 { return perSecond(s.latency.TotalCount(), s.took) }

// median returns the median latency in microseconds.
func (s *side) median() float64 { return float64(s.latency.ValueAtQuantile(50)) / 1000 }
