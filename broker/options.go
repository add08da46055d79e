package broker

import (
	"net/url"

	"parley/internal/streams"

	"github.com/nats-io/nats-server/v2/server"
)

// TagSynced is the server tag that says "this server syncs before it
// acknowledges". A Parley broker always carries it. Who runs nats-server
// themselves may set it beside `sync_interval: always`, as a promise.
const TagSynced = streams.TagSynced

// maxMemoryStreams bounds memory streams. Parley has none; nats-server would
// reserve three quarters of the machine's memory for them.
const maxMemoryStreams = 64 << 20

// routeReports: every how many failed attempts to reach another node, about a
// second apart, one is logged.
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
		// A node that is away is worth a line now and then, not one a second
		// for each connection to it.
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

// port translates "a free one", which nats-server writes as -1.
func port(p int) int {
	if p == 0 {
		return server.RANDOM_PORT
	}
	return p
}

// maxStore translates "what is free", which nats-server writes as -1 and takes
// three quarters of.
func maxStore(n int64) int64 {
	if n == 0 {
		return -1
	}
	return n
}
