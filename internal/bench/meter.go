package bench

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"
)

// meter runs a load and measures the processes and the machine meanwhile.
type meter struct {
	system *system
	load   *load
	// progress receives a line each second, unless it is nil.
	progress io.Writer

	checkpoints []checkpoint
}

func newMeter(s *system, l *load) *meter { return &meter{system: s, load: l} }

// checkpoint is the state of a long run, to see that the cost of a transaction
// does not grow with the number already finished.
type checkpoint struct {
	Committed int64   `json:"committed"`
	AfterS    float64 `json:"after_s"`
	// CommittedPerS is the rate since the previous checkpoint.
	CommittedPerS float64 `json:"committed_per_s"`
	RSSBytes      int64   `json:"rss_bytes"`
	DiskBytes     int64   `json:"disk_bytes"`
}

// firstCheckpoint is the first number of commits with a checkpoint; the next ones are ten times as many each.
const firstCheckpoint = 10_000

func (m *meter) run(ctx context.Context, c Tx) (*TxReport, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var loading sync.WaitGroup
	loading.Go(func() { m.load.run(ctx) })
	defer loading.Wait()
	defer cancel()

	if err := m.wait(ctx, time.After(c.WarmUp)); err != nil {
		return nil, err
	}
	cpus, processes, start := readCPU(), m.system.usage(), time.Now()
	m.load.count(true)
	var end <-chan time.Time
	if c.Count == 0 {
		end = time.After(c.Duration)
	}
	err := m.watch(ctx, start, cpus, end)
	m.load.count(false)
	took := time.Since(start)
	if err != nil {
		return nil, err
	}
	steal, after := readCPU().stealSince(cpus), m.system.usage()
	m.checkpoint(took, after)
	cancel()
	loading.Wait()
	r := m.load.report(took)
	r.Inflight, r.StealPercent, r.CPUs = c.Inflight, steal, runtime.NumCPU()
	r.Processes, r.Checkpoints = usageBetween(processes, after), m.checkpoints
	return r, nil
}

// wait waits for the end of the warm-up.
func (m *meter) wait(ctx context.Context, d <-chan time.Time) error {
	select {
	case <-d:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case err := <-m.system.died:
		return err
	}
}

// watch returns when the measurement is over.
func (m *meter) watch(ctx context.Context, start time.Time, cpus cpuTimes, end <-chan time.Time) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	last, next := int64(0), int64(firstCheckpoint)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-end:
			return nil
		case <-m.load.done:
			return nil
		case err := <-m.system.died:
			return err
		case now := <-tick.C:
			committed, aborted, p50, p99 := m.load.progress()
			if m.progress != nil {
				fmt.Fprintf(m.progress, "%4.0f s  %7d committed/s  %9d committed  %d aborted  p50 %.2f ms  p99 %.2f ms  steal %.0f %%\n",
					now.Sub(start).Seconds(), committed-last, committed, aborted, p50, p99, readCPU().stealSince(cpus))
			}
			last = committed
			if committed >= next {
				m.checkpoint(now.Sub(start), m.system.usage())
				for next <= committed {
					next *= 10
				}
			}
		}
	}
}

func (m *meter) checkpoint(after time.Duration, now []usage) {
	committed, _, _, _ := m.load.progress()
	c := checkpoint{Committed: committed, AfterS: after.Seconds()}
	var before checkpoint
	if n := len(m.checkpoints); n > 0 {
		before = m.checkpoints[n-1]
	}
	c.CommittedPerS = perSecond(committed-before.Committed, after-time.Duration(before.AfterS*float64(time.Second)))
	for _, u := range now {
		c.RSSBytes += u.rss
		c.DiskBytes += u.disk
	}
	m.checkpoints = append(m.checkpoints, c)
}

func perSecond(n int64, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}
