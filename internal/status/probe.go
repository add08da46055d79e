package status

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"parley/internal/cli"
)

// probe is what somebody who connects to a NATS address sees first. It needs
// neither JetStream nor a quorum nor credentials, so it tells a dead server from
// a cluster that cannot decide.
type probe struct {
	address string
	// name and version are the server's own, empty when it did not say.
	name, version string
	// err is why there is none.
	err error
}

// probeTimeout bounds one probe.
const probeTimeout = 500 * time.Millisecond

// AddressesOf are the HOST:PORT in lists of NATS URLs, each once.
func AddressesOf(lists ...string) (all []string) {
	for _, list := range lists {
		for _, s := range strings.Split(list, ",") {
			s = strings.TrimSpace(s)
			if !strings.Contains(s, "://") {
				s = "nats://" + s
			}
			u, err := url.Parse(s)
			if err != nil || u.Hostname() == "" || u.Scheme != "nats" && u.Scheme != "tls" {
				continue // a WebSocket address greets in another way
			}
			port := u.Port()
			if port == "" {
				port = "4222"
			}
			all = append(all, net.JoinHostPort(u.Hostname(), port))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ProbeAll probes all addresses at once.
func ProbeAll(ctx context.Context, addresses []string) []probe {
	all := make([]probe, len(addresses))
	var probing sync.WaitGroup
	for i, address := range addresses {
		probing.Go(func() { all[i] = probeOne(ctx, address) })
	}
	probing.Wait()
	return all
}

func probeOne(ctx context.Context, address string) probe {
	p := probe{address: address}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		p.err = plainly(err)
		return p
	}
	defer conn.Close()
	if late, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(late) // a connection that is gone fails the read
	}
	line, err := bufio.NewReaderSize(conn, 32<<10).ReadSlice('\n')
	if err != nil {
		p.err = plainly(err)
		return p
	}
	var info struct {
		Name    string `json:"server_name"`
		Version string `json:"version"`
	}
	if err := json.Unmarshal([]byte(strings.TrimPrefix(string(line), "INFO ")), &info); err != nil {
		p.err = errors.New("what listens there is not NATS")
		return p
	}
	p.name, p.version = cli.Printable(info.Name), cli.Printable(info.Version)
	return p
}

// errNoListener: the address is there and no process listens.
var errNoListener = errors.New("nobody listens")

// plainly is a network error without the addresses that everybody knows.
func plainly(err error) error {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return errNoListener
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return errors.New("it does not greet: paused, or cut off")
	}
	return err
}
