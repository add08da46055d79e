package bench

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"parley/coordinator/txclient"
	"parley/wire"
	"parley/wire/txwire"
)

// load submits orders from a fixed number of goroutines, each the next one as soon as
// the last is answered, and counts the outcomes during the measurement.
type load struct {
	client *txclient.Client
	cmd    Tx
	next   atomic.Int64
	// done is closed when --count is reached.
	done chan struct{}

	mu       sync.Mutex
	counting bool
	counts
}

// counts are the outcomes during the measurement.
type counts struct {
	committed, aborted, unknown, failed int64
	lastError                           error
	// commit and abort are latencies in microseconds.
	commit, abort *hdrhistogram.Histogram
}

const (
	// orderTimeout bounds one order; beyond it its outcome is unknown.
	orderTimeout = 30 * time.Second
	// maxLatency is the largest value of the histograms, in microseconds.
	maxLatency = 60_000_000
)

func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, maxLatency, 3) }

func newLoad(client *txclient.Client, cmd Tx) *load {
	return &load{client: client, cmd: cmd, done: make(chan struct{}), counts: counts{commit: newHistogram(), abort: newHistogram()}}
}

// run submits until ctx ends, and then waits for the pending answers.
func (l *load) run(ctx context.Context) {
	var workers sync.WaitGroup
	for range l.cmd.Inflight {
		workers.Go(func() {
			for ctx.Err() == nil {
				l.one(context.WithoutCancel(ctx))
			}
		})
	}
	workers.Wait()
}

func (l *load) one(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, orderTimeout)
	defer cancel()
	r := l.cmd.order(l.next.Add(1) - 1)
	start := time.Now()
	o, err := l.client.Submit(ctx, r)
	took := min(time.Since(start).Microseconds(), maxLatency)

	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.counting {
		return
	}
	switch {
	case errors.Is(err, txclient.ErrUnknown):
		l.unknown++
	case err != nil:
		l.failed++
		l.lastError = err
	case o.Status == txwire.StatusCommitted:
		l.committed++
		_ = l.commit.RecordValue(max(took, 1)) // within bounds, see above
		if l.committed == l.cmd.Count {
			l.counting = false
			close(l.done)
		}
	default:
		l.aborted++
		_ = l.abort.RecordValue(max(took, 1))
		if o.Code != wire.CodeRefused {
			// Not an intended abort.
			l.lastError = &wire.Error{Code: o.Code, Text: o.Reason}
		}
	}
}

// count starts or ends the measurement.
func (l *load) count(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counting = on
}

// progress returns the counts so far, and latencies in milliseconds.
func (l *load) progress() (committed, aborted int64, p50, p99 float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.committed, l.aborted, ms(l.commit, 50), ms(l.commit, 99)
}

// ms returns a percentile in milliseconds.
func ms(h *hdrhistogram.Histogram, percentile float64) float64 {
	return float64(h.ValueAtQuantile(percentile)) / 1000
}
