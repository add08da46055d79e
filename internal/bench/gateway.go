package bench

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"parley/internal/catalog"
	"parley/internal/child"
)

// gateway is a chat gateway that a benchmark started, a separate process.
type gateway struct {
	child *child.Process
	addr  string
}

// gateway starts a gateway with its default limits, except those of connections: here
// all connections are from one address.
func (b *chatBench) gateway(ctx context.Context, part string, flags ...string) (*gateway, error) {
	most := strconv.Itoa(max(b.Connections, b.Subscribers) + 100)
	args := append([]string{catalog.Gateway, "--nats", b.system.url, "--http", "127.0.0.1:0", "--no-orders", "--max-connections", most, "--max-per-address", most}, flags...)
	ready, err := b.system.start(ctx, "gateway-"+part, nil, args...)
	if err != nil {
		return nil, err
	}
	g := &gateway{child: b.system.children[len(b.system.children)-1]}
	if found := regexp.MustCompile(`http://([^/]+)/`).FindStringSubmatch(ready); found != nil {
		g.addr = found[1]
		return g, nil
	}
	return nil, fmt.Errorf("the gateway does not print its address: %q", ready)
}

func (g *gateway) usage() usage { return usageOf(g.child.Name, g.child.Cmd.Process.Pid, nil) }

// serverCPU returns the CPU time of gateway, broker and idworker, in seconds.
func (b *chatBench) serverCPU(g *gateway) (gateway, all float64) {
	gateway = g.usage().cpu
	all = gateway
	for _, c := range b.system.children {
		if c.Name == "broker" || c.Name == catalog.IDWorker {
			all += usageOf(c.Name, c.Cmd.Process.Pid, nil).cpu
		}
	}
	return gateway, all
}

// metric reads one number of the gateway's metrics.
func (g *gateway) metric(ctx context.Context, name string) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+g.addr+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("reading the gateway's metrics: %w", err)
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, fmt.Errorf("the gateway has no metric %s", name)
}
