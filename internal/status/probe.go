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

// probe is the INFO line that a NATS server sends to each new connection. It needs
// neither JetStream nor a quorum nor credentials, so it distinguishes a dead server
// from a cluster without a quorum.
type probe struct {
	address string
	// name and version are those of the server, empty if it did not send them.
	name, version string
	// err is why the probe failed.
	err error
}

// probeTimeout bounds one probe.
const probeTimeout = 500 * time.Millisecond

// AddressesOf returns the HOST:PORT in comma-separated lists of NATS URLs, sorted, each once.
func AddressesOf(lists ...string) (all []string) {
	for _, list := range lists {
		for _, s := range strings.Split(list, ",") {
			s = strings.TrimSpace(s)
			if !strings.Contains(s, "://") {
				s = "nats://" + s
			}
			u, err := url.Parse(s)
			if err != nil || u.Hostname() == "" || u.Scheme != "nats" && u.Scheme != "tls" {
				continue // a WebSocket address has another handshake
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

// ProbeAll probes all addresses concurrently.
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
		_ = conn.SetDeadline(late) // a closed connection fails the read
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
		p.err = errors.New("the listener is not a NATS server")
		return p
	}
	p.name, p.version = cli.Printable(info.Name), cli.Printable(info.Version)
	return p
}

// errNoListener is the error of an address that refuses connections.
var errNoListener = errors.New("no process listens")

// plainly returns a network error without the addresses, which the report shows anyway.
func plainly(err error) error {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return errNoListener
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return errors.New("no greeting from the server: it is paused or cut off")
	}
	return err
}
