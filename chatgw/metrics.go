package chatgw

import (
	"strconv"
	"sync"
	"sync/atomic"

	"parley/wire"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// counters are what sessions and posts count. Sockets and rooms have their own.
type counters struct {
	malformed, unwelcome, tooFast, lost atomic.Uint64

	mu sync.Mutex
	// refusals counts error frames by code, posts the answers to services by
	// code, "ok" without one.
	refusals, posts map[string]uint64
}

func (c *counters) refused(code wire.Code) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refusals == nil {
		c.refusals = map[string]uint64{}
	}
	c.refusals[string(code)]++
}

func (c *counters) posted(code wire.Code) {
	if code == "" {
		code = "ok"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.posts == nil {
		c.posts = map[string]uint64{}
	}
	c.posts[string(code)]++
}

// registry has everything that /metrics shows.
func (g *Gateway) registry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), newCollector(g))
	return r
}

// collector reads the numbers when they are scraped: counting costs an addition, and
// nothing is counted twice.
type collector struct {
	g       *Gateway
	simple  []metric
	labeled []labeled
}

type metric struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(*snapshot) float64
}

type labeled struct {
	desc *prometheus.Desc
	read func(*snapshot) map[string]uint64
}

func newCollector(g *Gateway) *collector {
	c := &collector{g: g}
	c.sockets()
	c.chat()
	return c
}

func (c *collector) gauge(name, help string, read func(*snapshot) float64) {
	c.simple = append(c.simple, metric{prometheus.NewDesc(name, help, nil, nil), prometheus.GaugeValue, read})
}

func (c *collector) counter(name, help string, read func(*snapshot) uint64) {
	c.simple = append(c.simple, metric{prometheus.NewDesc(name, help, nil, nil), prometheus.CounterValue, func(s *snapshot) float64 { return float64(read(s)) }})
}

func (c *collector) by(label, name, help string, read func(*snapshot) map[string]uint64) {
	c.labeled = append(c.labeled, labeled{prometheus.NewDesc(name, help, []string{label}, nil), read})
}

// Describe is of [prometheus.Collector].
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, m := range c.simple {
		out <- m.desc
	}
	for _, m := range c.labeled {
		out <- m.desc
	}
}

// Collect is of [prometheus.Collector].
func (c *collector) Collect(out chan<- prometheus.Metric) {
	s := c.g.snapshot()
	for _, m := range c.simple {
		out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.read(s))
	}
	for _, m := range c.labeled {
		for label, n := range m.read(s) {
			out <- prometheus.MustNewConstMetric(m.desc, prometheus.CounterValue, float64(n), label)
		}
	}
}

// closeLabel is a close code as a label. Clients choose codes too; those that
// are nobody's count as one.
func closeLabel(code int) string {
	if code >= 1000 && code <= 1015 || code >= 4000 && code <= 4005 || code >= 4500 && code <= 4503 {
		return strconv.Itoa(code)
	}
	return "other"
}
