package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"parley/idworker/snowflake"
	"parley/internal/catalog"
	"parley/internal/cli"
	"parley/internal/streams"
	"parley/wire/idwire"

	"github.com/nats-io/nats.go"
)

// ID is the configuration of the benchmark of IDs.
type ID struct {
	Duration time.Duration
	Inflight int
	Data     string
	Progress bool
}

// idReport is what --json prints.
type idReport struct {
	// HotPathNS is the time of one ID inside a lease, in nanoseconds, with the clock
	// read in advance; HotPathClockNS the same with the clock read for each.
	HotPathNS      float64 `json:"hot_path_ns"`
	HotPathClockNS float64 `json:"hot_path_clock_ns"`
	// RealtimeIDsPerS is the rate of one worker that does not run ahead of the clock,
	// and RealtimePercent its share of 4,096 a millisecond.
	RealtimeIDsPerS float64 `json:"realtime_ids_per_s"`
	RealtimePercent float64 `json:"realtime_percent"`
	// These are requests for single IDs, and to the echo, with Inflight concurrent ones.
	Inflight           int     `json:"inflight"`
	RequestIDsPerS     float64 `json:"request_ids_per_s"`
	EchoPerS           float64 `json:"echo_per_s"`
	RequestRatioToEcho float64 `json:"request_ratio_to_echo"`
	// These are the median latencies of the same requests one by one.
	RequestP50US     float64 `json:"request_p50_us"`
	EchoP50US        float64 `json:"echo_p50_us"`
	OneRatioToEcho   float64 `json:"one_request_ratio_to_echo"`
	BlockIDsPerS     float64 `json:"block_ids_per_s"`
	BlockNextNS      float64 `json:"block_next_ns"`
	Durability       string  `json:"durability"`
	CPUs             int     `json:"cpus"`
	StealPercent     float64 `json:"steal_percent"`
	DurationSeconds  float64 `json:"duration_s"`
	DuplicatesOfThis int64   `json:"duplicates"`
}

// Run measures and prints the report.
func (c ID) Run(ctx context.Context, a *cli.App) (err error) {
	r := idReport{Inflight: c.Inflight, CPUs: runtime.NumCPU(), DurationSeconds: c.Duration.Seconds()}
	before := readCPU()
	c.progress(a, "inside a lease")
	r.HotPathNS, r.HotPathClockNS = hotPath(c.Duration)
	c.progress(a, "in real time")
	r.RealtimeIDsPerS = realTime(ctx, c.Duration)
	r.RealtimePercent = 100 * r.RealtimeIDsPerS / (1000 * (snowflake.MaxSequence + 1))

	c.progress(a, "starting a broker, an idworker and an echo")
	s, err := newSystem(ctx, c.Data, "")
	if err != nil {
		return cli.Failed(err, "")
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	if _, err := s.start(ctx, catalog.IDWorker, nil, "idworker", "--nats", s.url); err != nil {
		return cli.Failed(err, "")
	}
	if _, err := s.start(ctx, "echo", nil, "bench", "echo", "--nats", s.url); err != nil {
		return cli.Failed(err, "")
	}
	nc, err := cli.Connect(ctx, s.url, "", "bench")
	if err != nil {
		return err
	}
	defer nc.Close()
	r.Durability = string(streams.Verify(ctx, nc, idwire.LeaseStream().Name))
	if err := c.requests(ctx, a, nc, &r); err != nil {
		return cli.Failed(err, "")
	}
	c.progress(a, "by blocks")
	if err := byBlocks(ctx, nc, c.Duration, &r); err != nil {
		return cli.Failed(err, "")
	}
	r.StealPercent = readCPU().stealSince(before)
	a.Show(r, r.print)
	if r.DuplicatesOfThis > 0 {
		return cli.Failed(fmt.Errorf("%d IDs were issued twice", r.DuplicatesOfThis), "this must never happen: please report it")
	}
	if ctx.Err() != nil {
		return cli.Failed(errors.New("interrupted: the figures above are of a part of the run"), "")
	}
	return nil
}

func (c ID) progress(a *cli.App, what string) {
	if c.Progress || cli.IsTerminal(a.Err) {
		fmt.Fprintf(a.Err, "measuring: %s\n", what)
	}
}

// requests compares requests for single IDs with requests to a bare echo, in turns so
// that changes of the machine's speed affect both.
func (c ID) requests(ctx context.Context, a *cli.App, nc *nats.Conn, r *idReport) error {
	c.progress(a, "by request, and an echo")
	many := newDuel(nc, c.Inflight)
	one := newDuel(nc, 1)
	for _, d := range []*duel{many, one} {
		if err := d.run(ctx, c.Duration); err != nil {
			return err
		}
	}
	r.RequestIDsPerS, r.EchoPerS = many.id.perSecond(), many.echo.perSecond()
	r.RequestRatioToEcho = r.RequestIDsPerS / r.EchoPerS
	r.RequestP50US, r.EchoP50US = one.id.median(), one.echo.median()
	r.OneRatioToEcho = one.id.perSecond() / one.echo.perSecond()
	return nil
}

func (r *idReport) print(a *cli.App) {
	a.Facts(
		"inside a lease", fmt.Sprintf("%.1f ns an ID, %.1f ns with the clock read for each", r.HotPathNS, r.HotPathClockNS),
		"in real time", fmt.Sprintf("%.0f a second, %.2f %% of 4,096 a millisecond", r.RealtimeIDsPerS, r.RealtimePercent),
		"by request", fmt.Sprintf("%.0f a second with %d under way; a bare echo %.0f: ratio %.2f", r.RequestIDsPerS, r.Inflight, r.EchoPerS, r.RequestRatioToEcho),
		"one by one", fmt.Sprintf("median %.0f µs; a bare echo %.0f µs: ratio of rates %.2f", r.RequestP50US, r.EchoP50US, r.OneRatioToEcho),
		"by blocks", fmt.Sprintf("%.0f a second issued by one client, %.1f ns each", r.BlockIDsPerS, r.BlockNextNS),
		"machine", fmt.Sprintf("%d CPUs, %.1f %% steal, leases %s", r.CPUs, r.StealPercent, r.Durability),
	)
}
