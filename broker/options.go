package broker

import (
	"net/url"

	"parley/internal/streams"

	"github.com/nats-io/nats-server/v2/server"
)

// TagSynced is the server tag of a server that syncs before it acknowledges. A
// Parley broker always has it. An operator of a separate nats-server may set it
// together with `sync_interval: always`.
const TagSynced = streams.TagSynced

// maxMemoryStreams bounds memory streams. Parley has none; nats-server would
// reserve three quarters of the machine's memory for them.
const maxMemoryStreams = 64 << 20

// routeReports is the number of failed attempts to reach another node, about a second
// apart, of which one is logged.
const routeReports = 60

// options translates the configuration for nats-server.
func (b *Broker) options() *server.Options {
	c := b.cfg
	o := &server.Options{
		ServerName: c.Name,
		Host:       c.client.host,
		Port:       port(c.client.port),
		Tags:       []string{TagSynced},
		// The process around this one owns signals and the log.
		NoSigs: true,
		NoLog:  true,
		// An unavailable node is logged about once a minute, not once a second for
		// each connection to it.
		ReconnectErrorReports: routeReports,

		JetStream:          true,
		StoreDir:           c.StoreDir,
		SyncAlways:         true,
		JetStreamMaxMemory: maxMemoryStreams,
		JetStreamMaxStore:  maxStore(c.MaxStore),
	}
	if c.monitor != nil {
		o.HTTPHost, o.HTTPPort = c.monitor.host, port(c.monitor.port)
	}
	if c.Cluster != nil {
		o.Cluster.Name = c.Cluster.Name
		o.Cluster.Host, o.Cluster.Port = c.route.host, c.route.port
		for _, p := range c.peers {
			o.Routes = append(o.Routes, &url.URL{Scheme: "nats-route", Host: p.String()})
		}
	}
	return o
}

// port translates 0, a free port, to nats-server's value for that.
func port(p int) int {
	if p == 0 {
		return server.RANDOM_PORT
	}
	return p
}

// maxStore translates 0 to -1, for which nats-server takes three quarters of the free
// space.
func maxStore(n int64) int64 {
	if n == 0 {
		return -1
	}
	return n
}
