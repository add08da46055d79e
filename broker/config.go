package broker

import (
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"strings"
)

// Defaults of [Config].
const (
	DefaultName        = "parley"
	DefaultListen      = "127.0.0.1:4222"
	DefaultClusterName = "parley"
)

// Config configures a broker: its addresses, its data directory, its cluster.
type Config struct {
	// Name is the server's name, [DefaultName] unless set. In a cluster it
	// must be set, different for each node, and stay the same over restarts.
	Name string
	// Listen is HOST:PORT for clients, [DefaultListen] unless set. Port 0
	// takes a free one, see [Broker.ClientURL].
	Listen string
	// StoreDir is the directory of JetStream's files. It is created when it
	// does not exist.
	StoreDir string
	// MaxStore bounds the disk space of all streams, in bytes. 0 means
	// three quarters of the space that is free when the broker starts.
	MaxStore int64
	// Cluster makes this broker one node of a cluster; nil runs it alone.
	Cluster *Cluster
	// MonitorListen is HOST:PORT of nats-server's HTTP monitor, off when
	// empty.
	MonitorListen string
	// Log receives the server's warnings and errors, and its notices at level
	// debug. nil means [slog.Default].
	Log *slog.Logger
}

// Cluster configures a broker as a node of a cluster.
type Cluster struct {
	// Name is the cluster's name, [DefaultClusterName] unless set.
	Name string
	// Listen is HOST:PORT where the other nodes connect. Port 0 is not allowed,
	// since the others have to know it.
	Listen string
	// Peers are the HOST:PORT of the nodes' Listen. All nodes may be given
	// the same list: a node recognises itself in it.
	Peers []string
}

// address is a HOST:PORT that was checked.
type address struct {
	host string
	port int
}

func (a address) String() string { return net.JoinHostPort(a.host, strconv.Itoa(a.port)) }

// checked is a valid Config, with defaults filled in.
type checked struct {
	Config
	client  address
	monitor *address
	route   *address
	peers   []address
}

// check fills in defaults and validates the configuration.
func (cfg Config) check() (c checked, err error) {
	if cfg.Name == "" && cfg.Cluster != nil {
		return c, fmt.Errorf("broker: Name is missing: in a cluster every node needs a different name that stays the same over restarts")
	}
	if cfg.Name == "" {
		cfg.Name = DefaultName
	}
	if err := checkName("Name", cfg.Name); err != nil {
		return c, err
	}
	if cfg.Listen == "" {
		cfg.Listen = DefaultListen
	}
	if cfg.StoreDir == "" {
		return c, fmt.Errorf("broker: StoreDir is missing: name a directory for the data")
	}
	if cfg.StoreDir, err = filepath.Abs(cfg.StoreDir); err != nil {
		return c, fmt.Errorf("broker: finding the absolute path of StoreDir: %w", err)
	}
	if cfg.MaxStore < 0 {
		return c, fmt.Errorf("broker: MaxStore is %d bytes, it must be 0 (three quarters of the free disk) or more", cfg.MaxStore)
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	c.Config = cfg
	if c.client, err = checkAddress("Listen", cfg.Listen, 0); err != nil {
		return c, err
	}
	if cfg.MonitorListen != "" {
		monitor, err := checkAddress("MonitorListen", cfg.MonitorListen, 0)
		if err != nil {
			return c, err
		}
		c.monitor = &monitor
	}
	if cfg.Cluster != nil {
		return c, c.checkCluster()
	}
	return c, nil
}

func (c *checked) checkCluster() error {
	cluster := *c.Cluster
	if cluster.Name == "" {
		cluster.Name = DefaultClusterName
	}
	if err := checkName("Cluster.Name", cluster.Name); err != nil {
		return err
	}
	route, err := checkAddress("Cluster.Listen", cluster.Listen, 1)
	if err != nil {
		return err
	}
	c.route, c.Cluster = &route, &cluster
	if len(cluster.Peers) == 0 {
		return fmt.Errorf("broker: Cluster.Peers is empty: name the route address of at least one other node")
	}
	for i, p := range cluster.Peers {
		peer, err := checkAddress(fmt.Sprintf("Cluster.Peers[%d]", i), p, 1)
		if err != nil {
			return err
		}
		c.peers = append(c.peers, peer)
	}
	return nil
}

// checkName refuses names that nats-server does not accept.
func checkName(field, name string) error {
	const limit = 64
	if len(name) > limit {
		return fmt.Errorf("broker: %s %.20q... has %d bytes, the limit is %d", field, name, len(name), limit)
	}
	if i := strings.IndexFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("*>/\\", r) }); i >= 0 {
		return fmt.Errorf("broker: %s %q has %q: allowed are printable ASCII characters without spaces, '*', '>', '/' and '\\'", field, name, name[i:i+1])
	}
	return nil
}

// checkAddress parses HOST:PORT with a port from minPort to 65535.
func checkAddress(field, s string, minPort int) (address, error) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return address{}, fmt.Errorf("broker: %s %.80q is not HOST:PORT, as in 127.0.0.1:4222", field, s)
	}
	if host == "" {
		return address{}, fmt.Errorf("broker: %s %.80q has no host: write 127.0.0.1 for this machine alone or 0.0.0.0 for every interface", field, s)
	}
	n, err := strconv.Atoi(port)
	if err != nil || n < minPort || n > 65535 {
		return address{}, fmt.Errorf("broker: %s %.80q has the port %.20q, allowed are %d to 65535", field, s, port, minPort)
	}
	return address{host: host, port: n}, nil
}
